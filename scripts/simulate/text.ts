import { renderTable } from "../../src/lib/render/table.ts";
import { percent, shortMs } from "../../src/lib/render/words.ts";
import type { FleetFigures, FleetReport, FleetRow } from "./fleet.ts";

const HEADS = [
  "hosts",
  "users",
  "requests/s",
  "p50 ms",
  "p99 ms",
  "memory",
  "Redis",
  "Redis ops/s",
  "CPU",
  "thread",
  "master",
  "balancer",
];

/** The report for people: at the users asked for, at the most that hold, and where the figures are from. */
export function renderFleet({ request, rows, figures, assumptions, targets }: FleetReport): string {
  const { model, variant, masters, users } = request;
  const columns = HEADS.map((head) => ({ head, align: "right" as const }));
  const measured = figures.map(({ what, value, source }) => [what, String(Math.round(value * 1000) / 1000), source]);
  return [
    `${model} on ${variant.name}, ${masters} Redis masters. memory and Redis: hit rates; CPU, thread, master, balancer: how busy.`,
    "",
    `With ${users.toLocaleString("en")} users`,
    renderTable(
      [...columns, { head: "" }],
      rows.map((row) => [...cells(row.hosts, row.asked), failedOf(row.asked)]),
    ),
    "",
    `With the most that hold (p99 ${targets.p99Ms} ms, ${targets.failed * 100}% failed)`,
    renderTable([...columns, { head: "first" }], rows.map(capacityCells)),
    "",
    renderTable([{ head: "measured" }, { head: "", align: "right" }, { head: "in" }], measured),
    "",
    ...assumptions,
  ].join("\n");
}

function capacityCells({ hosts, capacity, first }: FleetRow): string[] {
  if (capacity === null) return [String(hosts), "0"];
  return [...cells(hosts, capacity), first.join(", ")];
}

function cells(hosts: number, one: FleetFigures): string[] {
  return [
    String(hosts),
    one.users.toLocaleString("en"),
    Math.round(one.perSecond).toLocaleString("en"),
    shortMs(one.p50Ms),
    shortMs(one.p99Ms),
    percent(one.memoryHitRate),
    percent(one.redisHitRate),
    Math.round(one.redisPerSecond).toLocaleString("en"),
    percent(one.cpu),
    percent(one.thread),
    percent(one.redis),
    one.balancer === null ? "-" : percent(one.balancer),
  ];
}

function failedOf({ failed }: FleetFigures): string {
  return failed === 0 ? "" : `${percent(failed)} failed`;
}
