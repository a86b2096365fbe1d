/** Writes docs/doctor.md from the table of checks; with --check, exits 1 where the file differs from it. */
import { readFileSync, writeFileSync } from "node:fs";
import { format } from "prettier";
import { CHECKS } from "../src/lib/doctor/examination.ts";

const DOCTOR_DOCS = new URL("../docs/doctor.md", import.meta.url);

const INTRODUCTION = `# Doctor

<!-- Written by scripts/doctor-docs.ts from src/lib/doctor/checks/: change it there. -->

\`sudo combot doctor\` examines the machine and the service, with and without a daemon. All checks run at once, each for at
most ten seconds. Each is \`ok\`, \`warn\` or \`fail\`, with what was found; one that is not \`ok\` names the command that mends
it. Exit status 4 if one fails; \`--json\` gives it all as one document. A check that can't be made is a warning.

`;

/** The whole page, formatted as prettier would. */
export function doctorDocs(): Promise<string> {
  const sections = CHECKS.map(({ name, meaning, cause }) => `## ${name}\n\n${meaning}\n\nCause: ${cause}\n`);
  return format(`${INTRODUCTION}${sections.join("\n")}`, { parser: "markdown", printWidth: 120, proseWrap: "always" });
}

async function main(isCheck: boolean): Promise<void> {
  const page = await doctorDocs();
  if (!isCheck) return writeFileSync(DOCTOR_DOCS, page);
  if (readFileSync(DOCTOR_DOCS, "utf8") === page) return;
  process.stderr.write("docs/doctor.md differs from the table of checks: node scripts/doctor-docs.ts\n");
  process.exitCode = 1;
}

if (import.meta.main) await main(process.argv.includes("--check"));
