import { setTimeout as delay } from "node:timers/promises";
import { callSocket } from "../../../../scripts/support/socket-request.ts";
import type { Health } from "../../../../src/lib/protocol/health.ts";
import { DeployedMachine, packProgram } from "../../../../test/support/deploy/deployed-machine.ts";
import { Machine } from "../../../../test/support/systemd/machine.ts";
import type { Line } from "../../record.ts";

export const UNIT = "combot-enhanced.service";
const LIMIT_MS = 120_000;

/** A throw-away machine, on which the packed program is deployed where `isDeployed`. */
export async function* onMachine(
  isDeployed: boolean,
  part: (it: DeployedMachine) => AsyncGenerator<Line>,
): AsyncGenerator<Line> {
  const packed = packProgram();
  let machine: Machine | undefined;
  try {
    machine = await Machine.boot();
    const it = new DeployedMachine(machine, packed.folder);
    if (isDeployed) {
      const { status, stderr } = await it.deploy();
      if (status !== 0) throw new Error(`the deploy failed: ${stderr}`);
    }
    yield* part(it);
  } finally {
    await machine?.stop();
    packed.remove();
  }
}

/** The sockets as this machine reaches them. */
export function socketsOf({ machine }: DeployedMachine): { readonly user: string; readonly control: string } {
  return { user: machine.path("/run/combot/combot.sock"), control: machine.path("/run/combot/control.sock") };
}

export async function mainPid({ machine }: DeployedMachine): Promise<string> {
  return machine.property(UNIT, "MainPID");
}

/** Milliseconds until a text that no cache has is classified, by another process than `notBy`. */
export async function untilServing(it: DeployedMachine, notBy: string): Promise<number> {
  const from = performance.now();
  for (let call = 0; performance.now() - from < LIMIT_MS; call++) {
    const body = { text: `where is my parcel ${call}`, noCache: true };
    const signal = AbortSignal.timeout(2000);
    const ask = { socketPath: socketsOf(it).user, method: "POST", path: "/api/classify/", body, signal };
    const reply = await callSocket(ask).catch(() => undefined);
    const tookMs = performance.now() - from;
    if (reply?.status === 200 && (await mainPid(it)) !== notBy) return tookMs;
    await delay(20);
  }
  throw new Error("it does not serve again");
}

/** What a worker of this machine takes to load the model, as the daemon measured it last, in ms. */
export async function loadMs({ machine }: DeployedMachine): Promise<number> {
  const births = [...(await machine.journal(UNIT)).matchAll(/"tookMs":([\d.]+),"msg":"worker ready"/g)];
  return Number(births.at(-1)?.[1] ?? NaN);
}

export async function untilHealthy(it: DeployedMachine): Promise<void> {
  for (const limit = performance.now() + LIMIT_MS; performance.now() < limit; await delay(50)) {
    const reply = await callSocket({ socketPath: socketsOf(it).user, path: "/api/health/" }).catch(() => undefined);
    if (reply?.status === 200 && (JSON.parse(reply.text) as Health).status === "ok") return;
  }
  throw new Error("it does not get healthy");
}

/** @param measured null: nothing, as the exit status of what was killed. */
export function equals(what: string, measured: Line["measured"] | null, wanted: Line["measured"]): Line {
  return { what, measured: measured ?? "none", target: String(wanted), pass: measured === wanted };
}
