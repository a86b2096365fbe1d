import { readFileSync, writeFileSync } from "node:fs";
import { format } from "prettier";
import { ERRORS } from "../src/lib/error-table.ts";

// Writes docs/errors.md from the table of errors. Usage: node scripts/errors-docs.ts [--check]
// With --check nothing is written: exit 1 where the page is not what the table makes of it.

const PAGE = new URL("../docs/errors.md", import.meta.url);

const HEAD = `# Errors

Generated from \`src/lib/errors.ts\` by \`node scripts/errors-docs.ts\`; change the table, not this page.

A failed call of the HTTP API is answered with \`application/problem+json\` (RFC 9457): \`type\`, \`title\`, \`status\`,
\`detail\`, \`code\`, and \`index\` where one text of the call is at fault. Of several models asked at once with \`partial\` the
same document stands in the place of what one of them would have said. A failed command prints the same code and ends
with the exit status. A request that is no HTTP the daemon can read is \`INVALID_REQUEST\` with the status that HTTP has
for it (400, 408, 413, 417, 431).

| code | HTTP | exit | what it means | what to do |
| --- | --- | --- | --- | --- |
`;

/** The whole page, formatted as prettier would. */
export function errorsPage(): Promise<string> {
  const rows = Object.entries(ERRORS).map(
    ([code, { http, exit, title, help }]) => `| \`${code}\` | ${http} | ${exit} | ${title} | ${help} |\n`,
  );
  return format(HEAD + rows.join(""), { parser: "markdown", printWidth: 120 });
}

async function main(isCheck: boolean): Promise<void> {
  const page = await errorsPage();
  if (!isCheck) return writeFileSync(PAGE, page);
  if (readFileSync(PAGE, "utf8") === page) return;
  process.stderr.write("docs/errors.md differs from src/lib/errors.ts: node scripts/errors-docs.ts\n");
  process.exitCode = 1;
}

if (import.meta.main) await main(process.argv.includes("--check"));
