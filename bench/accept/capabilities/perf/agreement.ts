import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Line } from "../../record.ts";
import { median, round } from "../../statistics.ts";
import { perfTest } from "./command.ts";
import { startKnownServer } from "./known-server.ts";

const DELAY_MS = 20;
const SECONDS = 8;
const ROUNDS = 3;
const CLIENTS = 50;
const BODY = '{"text":"where is my parcel"}';
const AUTOCANNON = fileURLToPath(new URL("../../../../node_modules/.bin/autocannon", import.meta.url));

interface Told {
  readonly perSecond: number;
  readonly meanMs: number;
}

/** A closed loop of 50 over one server, by three generators in turn. */
export async function* agreesWithOthers(say: (progress: string) => void): AsyncGenerator<Line> {
  const folder = mkdtempSync(join(tmpdir(), "perf-accept-"));
  const server = await startKnownServer(DELAY_MS);
  try {
    const tools: Record<string, () => Promise<Told | undefined>> = {
      combot: () => byCombot(server.url),
      autocannon: async () => byAutocannon(server.url),
      wrk: async () => byWrk(server.url, folder),
    };
    const told = new Map<string, (Told | undefined)[]>(Object.keys(tools).map((name) => [name, []]));
    for (let round = 1; round <= ROUNDS; round++) {
      for (const [name, run] of Object.entries(tools)) {
        say(`round ${round} of ${ROUNDS}: ${name}`);
        told.get(name)!.push(await run());
      }
    }
    for (const other of ["autocannon", "wrk"])
      for (const figure of ["perSecond", "meanMs"] as const) yield compared(told, other, figure);
  } finally {
    server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function compared(told: ReadonlyMap<string, (Told | undefined)[]>, other: string, figure: keyof Told): Line {
  const of = (name: string): number => median(told.get(name)!.map((one) => one?.[figure] ?? NaN));
  const ratio = of("combot") / of(other);
  const what = `${figure === "perSecond" ? "requests/s" : "mean latency"} of a closed loop over ${other}'s`;
  if (Number.isNaN(ratio)) return { what, measured: `${other} is not installed`, target: "0.95 to 1.05", pass: false };
  const figures = `${round(of("combot"), 1)} against ${round(of(other), 1)}`;
  return {
    what: `${what} (${figures})`,
    measured: round(ratio, 3),
    target: "0.95 to 1.05",
    pass: Math.abs(ratio - 1) <= 0.05,
  };
}

async function byCombot(url: string): Promise<Told> {
  const args = ["--url", url, "-c", String(CLIENTS), "-d", `${SECONDS}s`, "--warm-up", "1s", "--target", "cpu=off"];
  const { requests, latencyMs } = await perfTest(...args);
  return { perSecond: requests.perSecond, meanMs: latencyMs.all.mean ?? NaN };
}

function byAutocannon(url: string): Told {
  const load = ["-c", String(CLIENTS), "-d", String(SECONDS), "-m", "POST", "-b", BODY];
  const args = [...load, "-H", "content-type=application/json", "--json", `${url}/api/classify/`];
  const { stdout, stderr } = spawnSync(AUTOCANNON, args, { encoding: "utf8" });
  if (stdout === "") throw new Error(`autocannon said nothing: ${stderr}`);
  const { requests, latency } = JSON.parse(stdout) as { requests: { average: number }; latency: { average: number } };
  return { perSecond: requests.average, meanMs: latency.average };
}

function byWrk(url: string, folder: string): Told | undefined {
  const script = join(folder, "post.lua");
  writeFileSync(
    script,
    `wrk.method = "POST"\nwrk.body = '${BODY}'\nwrk.headers["content-type"] = "application/json"\n`,
  );
  const args = ["-c", String(CLIENTS), "-t", "1", "-d", `${SECONDS}s`, "-s", script, `${url}/api/classify/`];
  const { stdout, error } = spawnSync("wrk", args, { encoding: "utf8" });
  if (error) return undefined;
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
  const [, mean, unit = ""] = /Latency\s+([\d.]+)(us|ms|s)/.exec(stdout) ?? [];
  return { perSecond, meanMs: Number(mean) * { us: 0.001, ms: 1, s: 1000 }[unit as "us" | "ms" | "s"] };
}
