import { join } from "node:path";
import { zoo } from "./entries/index.ts";
import { writeZooFolder } from "./folder.ts";

const USAGE = `npm run bench:zoo -- OUT NAME…   writes the folders OUT/NAME; without a name it lists them\n`;

/** Makes models of the zoo, to be tried by hand. */
async function main([out, ...names]: readonly string[]): Promise<number> {
  if (out === undefined || out.startsWith("-")) {
    process.stderr.write(USAGE);
    return 2;
  }
  const unknown = names.filter((name) => !zoo.some((entry) => entry.name === name));
  if (unknown.length > 0) {
    process.stderr.write(`bench:zoo: there is no ${unknown.join(", ")} in the zoo\n${USAGE}`);
    return 2;
  }
  if (names.length === 0) for (const { name, layout } of zoo) console.log(`${name.padEnd(32)}${layout}`);
  for (const name of names) {
    await writeZooFolder(
      join(out, name),
      zoo.find((entry) => entry.name === name)!,
    );
    console.log(join(out, name));
  }
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
