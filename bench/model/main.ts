import { megabytes, writeFolder } from "./folder.ts";
import { readOptions, usage, UsageError } from "./options.ts";

/** The story on stderr, so that a script can read the one line of result. */
function report(doing: string): void {
  process.stderr.write(`${process.uptime().toFixed(1).padStart(5)} s  ${doing}\n`);
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options) {
    const { parameters, files } = writeFolder(options.out, options.spec, options.externalData, report);
    const sizes = Object.entries(files).map(([name, bytes]) => `${name} ${megabytes(bytes)}`);
    const kind = `${options.spec.type}${options.spec.int8 ? " int8" : ""}`;
    console.log(`${options.out}: ${kind}, ${(parameters / 1e6).toFixed(1)} million parameters; ${sizes.join(", ")}`);
  } else {
    console.log(usage);
  }
} catch (error) {
  const isUsage = error instanceof UsageError;
  const isSystem = error instanceof Error && "syscall" in error;
  if (!isUsage && !isSystem) throw error;
  process.stderr.write(`bench:model: ${error.message}\n`);
  if (isUsage) process.stderr.write("See npm run bench:model -- --help\n");
  process.exitCode = isUsage ? 2 : 1;
}
