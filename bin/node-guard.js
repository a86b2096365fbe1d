// For Nodes that can't run combot: in words that Node 12 reads, so no `node:`, `?.`, `??` or await at the top here, nor in
// the files that import this one.
import { readFileSync } from "fs";

/** Of the table of exit statuses: wrong usage, for the user to mend. */
const EXIT_USAGE = 2;
const DOWNLOAD = "https://nodejs.org/en/download";

/** Of the package's `engines`: "^22.13.0 || >=24.0.0" is 22.13 and what follows it in 22, and all from 24.0 on. */
function readRanges() {
  const { engines } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return engines.node.split("||").map((range) => {
    const [, sign, major, minor] = /(\^|>=)(\d+)\.(\d+)/.exec(range);
    return { isOneMajor: sign === "^", major: Number(major), minor: Number(minor) };
  });
}

function includes(range, [major, minor]) {
  return major === range.major ? minor >= range.minor : major > range.major && !range.isOneMajor;
}

function wordsOf({ isOneMajor, major, minor }) {
  return isOneMajor ? `${major}.${minor} or a later ${major}` : `${major}${minor > 0 ? `.${minor}` : ""} or later`;
}

function tell(detail) {
  process.exitCode = EXIT_USAGE;
  const error = { code: "USAGE", title: "Wrong usage", detail, help: DOWNLOAD };
  if (process.argv.includes("--json")) process.stdout.write(`${JSON.stringify({ error }, null, 2)}\n`);
  else process.stderr.write(`${detail} ${DOWNLOAD}\n`);
}

/** Whether this Node can't run combot, which is then told. */
export function refuseNode() {
  const ranges = readRanges();
  const version = process.versions.node.split(".").map(Number);
  if (ranges.some((range) => includes(range, version))) return false;
  tell(`combot needs Node ${ranges.map(wordsOf).join(", or ")}, and ${process.execPath} is ${process.version}.`);
  return true;
}
