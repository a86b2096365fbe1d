type Part = Readonly<Record<string, unknown>>;

/** Something that is not as it should be, in a host's own words. */
export interface Trouble {
  readonly name: string;
  /** Of an alert its severity, of a check its status. */
  readonly severity: string;
  readonly words: string;
  readonly isAlert: boolean;
}

/** What a host's monitor says, as far as it is known here: a host may have any version. Null for what it did not say. */
export interface HostFigures {
  /** `up`, or how its daemon is instead. */
  readonly link: string;
  readonly detail: string;
  readonly health: string | null;
  readonly version: string | null;
  readonly model: string | null;
  readonly digest: string | null;
  readonly level: string | null;
  readonly usage: number | null;
  /** Over the last minute. */
  readonly perSecond: number | null;
  /** Of the last 5 to 10 s. */
  readonly p99Ms: number | null;
  /** Over the last 5 minutes. */
  readonly hitRate: number | null;
  readonly waiting: number | null;
  readonly troubles: readonly Trouble[];
}

/** Null for whatever is no record of combot's monitor. */
export function figuresIn(document: Part): HostFigures | null {
  const daemon = part(document, "daemon");
  const link = text(daemon["state"]);
  if (link === null) return null;
  const sample = part(document, "sample");
  const [health, memory, metrics] = [part(sample, "health"), part(sample, "memory"), part(sample, "metrics")];
  const model = part(health, "model");
  return {
    link,
    detail: text(daemon["detail"]) ?? "",
    health: text(health["status"]),
    version: text(health["version"]),
    model: text(model["name"]),
    digest: text(model["digest"]),
    level: text(memory["level"]),
    usage: figure(memory["usage"]),
    perSecond: figure(metrics["throughput"]),
    p99Ms: figure(part(sample, "recentLatencyMs")["p99"]),
    hitRate: figure(part(sample, "cache")["hitRate5m"]),
    waiting: figure(part(metrics, "queue")["waiting"]),
    troubles: [...checksIn(part(health, "checks")), ...alertsIn(sample["alerts"])],
  };
}

function checksIn(checks: Part): Trouble[] {
  return Object.keys(checks).flatMap((name) => {
    const { status, detail } = part(checks, name);
    if (status !== "degraded" && status !== "unhealthy") return [];
    return [{ name, severity: status, words: text(detail) ?? "", isAlert: false }];
  });
}

function alertsIn(alerts: unknown): Trouble[] {
  if (!Array.isArray(alerts)) return [];
  return (alerts as readonly unknown[]).flatMap((one) => {
    const { alert, severity, summary } = asPart(one);
    const name = text(alert);
    if (name === null) return [];
    return [{ name, severity: text(severity) ?? "warning", words: text(summary) ?? "", isAlert: true }];
  });
}

function part(of: Part, name: string): Part {
  return asPart(of[name]);
}

function asPart(value: unknown): Part {
  return typeof value === "object" && value !== null ? (value as Part) : {};
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function figure(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
