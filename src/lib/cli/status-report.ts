import type { CallOptions, Client } from "../client.ts";
import { CombotError } from "../errors.ts";
import type { MemoryReport } from "../protocol/memory.ts";
import type { StatusReport, UnitState } from "../render/status.ts";
import { hangLimitMs } from "../slowness.ts";
import { VERSION } from "../version.ts";
import type { UnitsFound } from "./systemd-state.ts";

/** Seconds that a reply may take where nothing else is said. */
export const STATUS_TIMEOUT_SECONDS = 10;

const EXIT_UNHEALTHY = 4;

/** On a slow machine they are more. */
export function statusTimeoutMs(): number {
  return hangLimitMs(STATUS_TIMEOUT_SECONDS * 1000);
}

/** What the command ends with. */
export function exitOf({ health }: StatusReport): number {
  return health.status === "unhealthy" ? EXIT_UNHEALTHY : 0;
}

/** Text alone needs the tables and the colours. */
export async function statusText(report: StatusReport): Promise<string> {
  const [{ renderStatus }, { glyphsFor }, { terminalPaint }] = await Promise.all([
    import("../render/status.ts"),
    import("../render/glyphs.ts"),
    import("./terminal-paint.ts"),
  ]);
  const paint = await terminalPaint(process.stdout, process.env);
  return renderStatus(report, paint, glyphsFor(process.env), process.stdout.columns);
}

/** The health first: it waits for a daemon that is restarting, and the others need not. */
export async function askStatus(
  client: Client,
  timeoutMs: number | undefined,
  found: Promise<UnitsFound>,
): Promise<StatusReport> {
  const health = await client.call("health", { timeoutMs }).catch(async (thrown: unknown) => {
    throw withSystemd(thrown, (await found).units);
  });
  const [metrics, models, cache, control, { units: systemd, detail: systemdDetail }] = await Promise.all([
    client.call("metrics", { timeoutMs }),
    askModels(client, timeoutMs),
    client.call("cacheStats", { timeoutMs }),
    askControl(client, timeoutMs),
    found,
  ]);
  return {
    health,
    cliVersion: VERSION,
    metrics,
    cache,
    ...control,
    ...(models.length > 1 && { models }),
    systemd,
    ...(systemdDetail !== undefined && { systemdDetail }),
  };
}

/** As in a sample; a daemon of an earlier version has one and no name for it. */
async function askModels(client: Client, timeoutMs: number | undefined): Promise<NonNullable<StatusReport["models"]>> {
  try {
    const { models } = await client.call("models", { timeoutMs });
    return models.map(({ labels: _labels, dir: _dir, ...row }) => row);
  } catch (thrown) {
    if (thrown instanceof CombotError && thrown.code === "NOT_FOUND") return [];
    throw thrown;
  }
}

type ControlPart = Pick<StatusReport, "memory" | "process" | "redis" | "alerts" | "controlDetail">;

async function askControl(client: Client, timeoutMs: number | undefined): Promise<ControlPart> {
  const options = { timeoutMs, absenceMs: 0 };
  try {
    const [{ memory, controlDetail }, process, redis, { firing: alerts }] = await Promise.all([
      askMemory(client, options),
      client.call("processStatus", options),
      client.call("redisStatus", options),
      client.call("alerts", options),
    ]);
    return { memory, process, redis, alerts, ...(controlDetail !== undefined && { controlDetail }) };
  } catch (thrown) {
    const isClosed = thrown instanceof CombotError && ["DAEMON_UNREACHABLE", "CONTROL_ONLY"].includes(thrown.code);
    if (!isClosed) throw thrown;
    return { memory: null, process: null, redis: null, alerts: null, controlDetail: thrown.message };
  }
}

/** Where it can't be measured, the others are all the more wanted. */
async function askMemory(
  client: Client,
  options: CallOptions<"memory">,
): Promise<{ memory: MemoryReport | null; controlDetail?: string }> {
  try {
    return { memory: await client.call("memory", options) };
  } catch (thrown) {
    if (!(thrown instanceof CombotError) || thrown.code !== "MEMORY_UNMEASURED") throw thrown;
    return { memory: null, controlDetail: thrown.message };
  }
}

/** Where nobody listens, systemd may know why. */
function withSystemd(thrown: unknown, units: readonly UnitState[] | null): unknown {
  if (!(thrown instanceof CombotError) || thrown.code !== "DAEMON_UNREACHABLE" || !units) return thrown;
  const said = `systemd says: ${units.map(({ unit, active, sub }) => `${unit} ${active} (${sub})`).join(", ")}.`;
  return new CombotError(thrown.code, `${thrown.message} ${said}`, { cause: thrown.cause });
}
