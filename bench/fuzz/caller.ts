import { FuzzConnection } from "./connection.ts";
import type { Address } from "./connection.ts";
import type { FuzzContext } from "./context.ts";
import type { Fault } from "./replies.ts";
import { sessionOf } from "./session.ts";
import { judge } from "./verdict.ts";

export interface CallerOrder {
  readonly seed: number;
  /** Which of the callers it is. */
  readonly caller: number;
  readonly address: Address;
  readonly context: FuzzContext;
  /** How many to send, of sessions that begin with this one. */
  readonly requests: number;
  readonly from: number;
  readonly connections: number;
}

/** A session that got what nobody should get. */
export interface Failure {
  readonly caller: number;
  readonly index: number;
  readonly what: string;
}

export interface CallerReport {
  /** Requests begun. */
  sent: number;
  /** Sessions begun, from the first one on. */
  index: number;
  readonly statuses: Map<number, number>;
  /** Replies of 500 and above that are right, by code. */
  readonly full: Map<string, { count: number; readonly why: string }>;
  /** The first ones; all are counted. */
  readonly failures: Failure[];
  failed: number;
  bytes: number;
  refused: number;
}

const MOST_REFUSED = 200;
const MOST_FAILURES = 50;

/** Sends what its order says on several connections at once; the report grows meanwhile. */
export function startCaller(order: CallerOrder): { readonly report: CallerReport; readonly done: Promise<void> } {
  const report: CallerReport = {
    sent: 0,
    index: order.from,
    statuses: new Map(),
    full: new Map(),
    failures: [],
    failed: 0,
    bytes: 0,
    refused: 0,
  };
  const lines = Array.from({ length: order.connections }, () => keepCalling(order, report));
  return { report, done: Promise.all(lines).then(() => undefined) };
}

async function keepCalling(order: CallerOrder, report: CallerReport): Promise<void> {
  const { seed, caller, context, address, requests } = order;
  let connection: FuzzConnection | undefined;
  while (report.sent < requests) {
    if (connection?.isUsable !== true) connection = await open(address, report);
    if (!connection) continue;
    const index = report.index++;
    const session = sessionOf(seed, caller, index, context);
    report.sent += session.requests.length;
    report.bytes += session.bytes.length;
    const { faults, missing } = await connection.send(session);
    const told = [
      ...(missing > 0 ? [`${missing} of ${session.requests.length} unanswered`] : []),
      ...faults.flatMap((fault) => wrongOf(fault, report)),
    ];
    report.failed += told.length;
    const room = MOST_FAILURES - report.failures.length;
    report.failures.push(...told.slice(0, room).map((what) => ({ caller, index, what })));
  }
  connection?.end();
}

/** What is wrong about it; where nothing is, it is counted. */
function wrongOf(fault: Fault, { full }: CallerReport): string[] {
  const { name, why } = judge(fault);
  if (why === undefined) return [`${fault.status} ${name}: ${fault.told.slice(0, 600)}`];
  const known = full.get(name);
  if (known) known.count += 1;
  else full.set(name, { count: 1, why });
  return [];
}

/** @throws where it is refused again and again: nobody is there any more. */
async function open(address: Address, report: CallerReport): Promise<FuzzConnection | undefined> {
  try {
    return await FuzzConnection.open(address, report.statuses);
  } catch (error) {
    report.refused += 1;
    if (report.refused > MOST_REFUSED) throw error;
    return undefined;
  }
}
