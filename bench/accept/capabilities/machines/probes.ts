import { setTimeout as delay } from "node:timers/promises";
import type { VirtualMachine } from "../../../../test/support/vm/virtual-machine.ts";
import type { Line } from "../../record.ts";
import { equals } from "../deploy/on-machine.ts";

export { equals };

export const UNITS = [
  "combot-enhanced.service",
  "combot-enhanced.socket",
  "combot-redis.service",
  "combot-backup.timer",
  "combot-check.timer",
  "combot.target",
];
/** Flags of the first deploy: of a machine of this size, on which the packaged Redis holds the port. */
export const FIRST = ["--profile", "auto", "--disable-packaged-redis"];

/** A host that is busy with other things gives a machine a tenth of a core: what takes longer than this hangs. */
const HEALTHY_LIMIT_MS = 1_800_000;

export function forTheRecord(what: string, measured: Line["measured"]): Line {
  return { what, measured, target: "for the record", pass: true };
}

export function holds(what: string, measured: string, pattern: RegExp): Line {
  return { what, measured: short(measured), target: String(pattern), pass: pattern.test(measured) };
}

/** What a record can hold of a program's words. */
export function short(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim().slice(0, 400);
}

export function deploy(machine: VirtualMachine, ...flags: readonly string[]) {
  return machine.guest.run(`sudo combot deploy --yes ${flags.join(" ")}`, { user: "ops" });
}

/** The states of those units that are not active. */
export async function notActive(machine: VirtualMachine): Promise<string> {
  const { stdout } = await machine.guest.run(`systemctl is-active ${UNITS.join(" ")}`);
  const states = stdout.trim().split("\n");
  const odd = UNITS.flatMap((unit, index) => (states[index] === "active" ? [] : [`${unit} ${states[index] ?? "?"}`]));
  return odd.join(", ") || "none";
}

export function property(machine: VirtualMachine, unit: string, name: string): Promise<string> {
  return machine.guest.sh(`systemctl show --property ${name} --value ${unit}`);
}

/** Seconds until the daemon says that it is well; throws with what it says instead. */
export async function untilHealthy(machine: VirtualMachine): Promise<number> {
  const from = performance.now();
  const ask = "curl -s --max-time 20 --unix-socket /run/combot/combot.sock http://combot/api/health/";
  let said = "";
  while (performance.now() - from < HEALTHY_LIMIT_MS) {
    said = (await machine.guest.run(ask)).stdout;
    if (said.includes('"status":"ok"') && said.startsWith('{"status":"ok"'))
      return Math.round((performance.now() - from) / 1000);
    await delay(1000);
  }
  throw new Error(`it does not get healthy: ${said}`);
}

/** That all of it runs, and answers. */
export async function* serves(machine: VirtualMachine, when: string): AsyncGenerator<Line> {
  await untilHealthy(machine);
  yield equals(`${when}: units that are not active`, await notActive(machine), "none");
  const { stdout, stderr } = await machine.guest.run("combot classify 'where is my parcel'");
  yield holds(`${when}: a text is classified`, stdout || stderr, /^\w+\t0\.\d+/);
}

/** Lines of what a script finds, joined; "none" for nothing. */
export async function found(machine: VirtualMachine, script: string): Promise<string> {
  const { stdout, stderr } = await machine.guest.run(script);
  return short(`${stdout}${stderr}`) || "none";
}
