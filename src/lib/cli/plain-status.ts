import { Client } from "../client.ts";
import { jsonText } from "../harmless.ts";
import { socketsOf, tellingOfWaits } from "./daemon-place.ts";
import { endAsAskedTo } from "./ends.ts";
import { reportFailure } from "./failure.ts";
import { readPlainFlags } from "./plain-flags.ts";
import { askStatus, exitOf, statusText, statusTimeoutMs } from "./status-report.ts";
import { readUnitStates } from "./systemd-state.ts";

/** With one of these it is more than a question to this machine's daemon; oclif reads the last two. */
const NOT_PLAIN = ["COMBOT_URL", "COMBOT_TOKEN_FILE", "COMBOT_CONTENT_TYPE", "DEBUG"];

/**
 * `combot status`, with `--json` and `--socket` or without, past oclif: what is looked at most often, and asked for by
 * scripts, would spend half of its time with that one's start.
 *
 * @returns false where the command has to be asked.
 */
export async function tellStatusPlainly(args: readonly string[]): Promise<boolean> {
  const plain = readPlainFlags(args, (name) => name === "socket");
  if (plain === undefined) return false;
  const { flags, json } = plain;
  if (NOT_PLAIN.some((name) => process.env[name] !== undefined)) return false;
  endAsAskedTo();
  const tell = (text: string): void => void (json || process.stderr.write(`${text}\n`));
  const timeoutMs = statusTimeoutMs();
  const found = readUnitStates(timeoutMs);
  let client: Client | undefined;
  try {
    client = new Client(socketsOf(flags["socket"]), tellingOfWaits(tell));
    const report = await askStatus(client, timeoutMs, found);
    process.exitCode = exitOf(report);
    process.stdout.write(`${json ? jsonText(report, 2) : await statusText(report)}\n`);
  } catch (thrown) {
    reportFailure(thrown, process.argv);
  } finally {
    client?.close();
  }
  return true;
}
