import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AskedHost, standingOf, type Standing } from "../../../../src/lib/monitor/host-standing.ts";
import { ASCII_GLYPHS, UNICODE_GLYPHS } from "../../../../src/lib/render/glyphs.ts";
import { renderHostsScreen, type HostsScreenOptions } from "../../../../src/lib/render/hosts-monitor/screen.ts";
import { paintLine, widthOf } from "../../../../src/lib/render/line.ts";
import { PLAIN } from "../../../../src/lib/render/paint.ts";

const CLOCK = new Date("2026-01-02T03:04:10.000Z");
const PATIENCE_MS = 8000;
const NOW_MS = 100_000;

/** As `combot monitor --once --json` has it, as far as it is read here. */
function document(change: Record<string, unknown> = {}, health: Record<string, unknown> = {}) {
  return {
    daemon: { state: "up", detail: "" },
    sample: {
      health: {
        status: "ok",
        version: "0.3.0",
        model: { name: "shop-intents", digest: "sha256:3893c6c4aa11" },
        checks: { model: { status: "ok", detail: "serves" } },
        ...health,
      },
      memory: { level: "normal", usage: 0.61 },
      metrics: { throughput: 12.34, queue: { waiting: 7 } },
      recentLatencyMs: { p99: 42.4 },
      cache: { hitRate5m: 0.9 },
      alerts: [],
      ...change,
    },
  };
}

function asked(host: string, change: Partial<AskedHost> = {}): AskedHost {
  const times = { firstAskedAtMs: 0, answeredAtMs: NOW_MS - 1000, askedAtMs: null };
  return { host, answer: { document: document() }, failure: null, ...times, ...change };
}

const ALERT = { alert: "memory-critical", severity: "critical", summary: "Memory is at 93% of 8 GB." };
const REDIS = { status: "degraded", detail: "Redis does not answer." };

const HOSTS: readonly AskedHost[] = [
  asked("web1.example.net"),
  asked("web2.example.net", {
    answer: {
      document: document(
        { alerts: [ALERT], memory: { level: "critical", usage: 0.93 } },
        { status: "degraded", checks: { redis: REDIS } },
      ),
    },
  }),
  asked("ops@web3", { askedAtMs: NOW_MS - 9000, answeredAtMs: NOW_MS - 42_000 }),
  asked("web4", {
    answer: null,
    answeredAtMs: null,
    failure: { kind: "unreachable", why: "ssh: connect to host web4 port 22: Connection refused" },
  }),
  asked("web5", { answer: { document: { daemon: { state: "down", detail: "There is no control socket." } } } }),
];

function standings(hosts: readonly AskedHost[]): Standing[] {
  return hosts.map((one) => standingOf(one, NOW_MS, PATIENCE_MS));
}

function textOf(hosts: readonly AskedHost[], options: Partial<HostsScreenOptions> = {}): string[] {
  const all = { width: 80, glyphs: UNICODE_GLYPHS, clock: CLOCK, ...options };
  return renderHostsScreen(standings(hosts), all).map((line) => paintLine(line, PLAIN).trimEnd());
}

describe("the table of several hosts", () => {
  test("at 120 columns it has all of them", () => {
    expect(textOf(HOSTS, { width: 120, intervalMs: 5000 })).toEqual([
      "combot 5 hosts: 1 ok, 1 degraded, 1 silent, 1 unreachable, 1 down                                    every 5s  03:04:10Z",
      "",
      "HOST             STATE    MEM LEVEL    REQ/S P99MS HIT QUEUE ALERTS VERSION DIGEST   MODEL",
      "web1.example.net ok       61% normal      12    42 90%     7      0 0.3.0   3893c6c4 shop-intents",
      "web2.example.net degraded 93% critical    12    42 90%     7      1 0.3.0   3893c6c4 shop-intents",
      "ops@web3         silent no answer for 42s",
      "web4             unreachable for 1m 40s: ssh: connect to host web4 port 22: Connection refused",
      "web5             down There is no control socket.",
      "",
      "web2.example.net degraded redis: Redis does not answer.",
      "web2.example.net critical memory-critical: Memory is at 93% of 8 GB.",
    ]);
  });

  test("at 80 columns the model's name gives way to its digest", () => {
    expect(textOf(HOSTS).slice(2, 7)).toEqual([
      "HOST             STATE    MEM LEVEL    REQ/S P99MS HIT QUEUE ALERTS VERSION",
      "web1.example.net ok       61% normal      12    42 90%     7      0 0.3.0",
      "web2.example.net degraded 93% critical    12    42 90%     7      1 0.3.0",
      "ops@web3         silent no answer for 42s",
      "web4             unreachable for 1m 40s: ssh: connect to host web4 port 22:…",
    ]);
    const short = [asked("web1"), asked("web2")];
    expect(textOf(short)[2]).toBe("HOST STATE MEM LEVEL  REQ/S P99MS HIT QUEUE ALERTS VERSION DIGEST   MODEL");
  });

  test("at 60 columns what matters least goes first, and long names are cut", () => {
    expect(textOf(HOSTS, { width: 60, glyphs: ASCII_GLYPHS }).slice(2)).toEqual([
      "HOST            STATE    MEM LEVEL    REQ/S P99MS HIT ALERTS",
      "web1.example... ok       61% normal      12    42 90%      0",
      "web2.example... degraded 93% critical    12    42 90%      1",
      "ops@web3        silent no answer for 42s",
      "web4            unreachable for 1m 40s: ssh: connect to...",
      "web5            down There is no control socket.",
      "",
      "web2.example... degraded redis: Redis does not answer.",
      "web2.example... critical memory-critical: Memory is at...",
    ]);
  });

  test("the worst first: those that are gone, then alerts, then the rest in their order", () => {
    const names = textOf(HOSTS, { isWorstFirst: true })
      .slice(3, 8)
      .map((line) => line.split(" ")[0]);
    expect(names).toEqual(["ops@web3", "web4", "web5", "web2.example.net", "web1.example.net"]);
  });

  test("a hundred on 24 lines: as many as fit from where it was scrolled to, the rest counted", () => {
    const hundred = Array.from({ length: 100 }, (_, at) => asked(`web${at}`));
    const top = textOf(hundred, { height: 24 });
    expect(top).toHaveLength(24);
    expect(top[3]).toMatch(/^web0 /);
    expect(top[22]).toBe("0 hosts above, 81 below");
    expect(top[23]).toBe("q quit  ↑ ↓ PgUp PgDn scroll  s worst first");
    const end = textOf(hundred, { height: 24, from: 1000 });
    expect([end[3]?.split(" ")[0], end[21]?.split(" ")[0], end[22]]).toEqual([
      "web81",
      "web99",
      "81 hosts above, 0 below",
    ]);
  });

  test("what is wrong is told beside a hundred hosts too", () => {
    const hundred = Array.from({ length: 100 }, (_, at) => ({ ...HOSTS[1]!, host: `web${at}` }));
    const screen = textOf(hundred, { height: 24 });
    expect(screen.filter((line) => /^web\d+ +critical memory-critical: /.test(line)).length).toBeGreaterThan(1);
    expect(screen[22]).toBe("196 more");
  });
});

const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  // What every object of JavaScript has.
  fc.constantFrom("toString", "constructor", "__proto__", "hasOwnProperty"),
  fc.constant("\u001B]0;owned\u0007\u202E\u009B31m" + "x".repeat(200)),
);

test("whatever a host says, no line is longer than the screen or has what a terminal obeys", () => {
  const any = fc.record({ words: hostile, figure: fc.anything(), width: fc.integer({ min: 40, max: 200 }) });
  fc.assert(
    fc.property(any, ({ words, figure, width }) => {
      const said = {
        daemon: { state: "up", detail: words },
        sample: {
          ...document().sample,
          health: { status: words, version: words, model: { name: words, digest: words }, checks: { [words]: REDIS } },
          memory: { level: words, usage: figure },
          metrics: { throughput: figure, queue: figure },
          alerts: [{ alert: words, severity: words, summary: words }, figure],
        },
      };
      const failure = { kind: "refused" as const, why: words };
      const hosts = [
        asked("a", { answer: { document: said } }),
        asked("b", { failure }),
        asked("c", { answer: { document: { daemon: { state: words, detail: words } } } }),
      ];
      const lines = renderHostsScreen(standings(hosts), { width, height: 24, glyphs: ASCII_GLYPHS, clock: CLOCK });
      for (const line of lines) {
        expect(widthOf(line)).toBeLessThanOrEqual(width);
        expect(paintLine(line, PLAIN)).toMatch(/^[ -~]*$/);
      }
    }),
  );
});
