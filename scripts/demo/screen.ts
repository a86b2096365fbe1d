import Table from "cli-table3";

const BAR_WIDTH = 30;

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A bar that is drawn over on a terminal, and a line now and then elsewhere. */
export function drawProgress(share: number, text: string): void {
  const filled = Math.round(share * BAR_WIDTH);
  const line = `  [${"#".repeat(filled)}${".".repeat(BAR_WIDTH - filled)}] ${text}`;
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[2K${line}${share >= 1 ? "\n" : ""}`);
  else if (filled % 10 === 0) process.stdout.write(`${line}\n`);
}

export function printTable(title: string, rows: readonly (readonly [string, string])[]): void {
  const table = new Table({ head: [title, ""], style: { head: [], border: [] }, colAligns: ["left", "right"] });
  table.push(...rows.map((row) => [...row]));
  say(`\n${table.toString()}\n`);
}
