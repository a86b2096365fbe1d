import { formatDuration } from "../../units.ts";
import type { Line } from "../line.ts";
import { printable } from "../line.ts";
import { shortCount } from "../words.ts";
import { bytesOf, row, shareOf } from "./cells.ts";
import { ownDecisions } from "./detail-blocks.ts";
import type { DetailParts } from "./options.ts";
import { journalRows } from "./service-rows.ts";

/** All about the daemon itself: what it takes, whom it replaced and why, what failed, what it decided about all. */
export function daemonDetail({ width, height, glyphs, view, sample }: DetailParts): Line[] {
  const space = { width, glyphs, maxLines: 2 };
  const { daemon, recycles } = sample.process;
  const memory = sample.memory.processes.find(({ pid }) => pid === daemon.pid);
  const counted = (counts: Readonly<Record<string, number>>): string[] => {
    const some = Object.entries(counts).filter(([, count]) => count > 0);
    return some.length === 0 ? ["none"] : some.map(([name, count]) => `${name} ${shortCount(count)}`);
  };
  const facts = [
    ...row(
      "daemon",
      [
        `pid ${daemon.pid}`,
        `version ${printable(daemon.version)}`,
        `up ${formatDuration(daemon.uptimeSeconds * 1000)}`,
        `CPU ${shareOf(view.derived.processCpu.get(daemon.pid))}`,
      ],
      space,
    ),
    ...row(
      "memory",
      [
        `RSS ${bytesOf(daemon.rssBytes)}`,
        ...(memory ? [`PSS ${bytesOf(memory.pssBytes)}`, `private ${bytesOf(memory.privateBytes)}`] : []),
      ],
      space,
    ),
    ...row("recycles", counted(recycles.byReason), space),
    ...row("failures", counted(sample.metrics.errors), space),
    ...journalRows(sample.metrics.journal, space),
  ];
  const own = view.decisions.filter(({ slot }) => slot === undefined);
  return [...facts, [], ...ownDecisions(own, height - facts.length - 1, space)];
}
