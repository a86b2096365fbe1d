import type { JournalReport } from "../../lib/protocol/metrics.ts";

type Register = (
  name: string,
  help: string,
  value: (readings: { readonly journal: JournalReport | null }) => number,
) => void;

/** What the journal tells of itself; 0 where there is none. */
export function journalGauges(register: Register): void {
  const gauge = (name: string, help: string, value: (journal: JournalReport) => number | undefined): void =>
    register(name, help, ({ journal }) => (journal && value(journal)) ?? 0);
  gauge("combot_journal_waiting_events", "Events that wait to be written.", ({ waiting }) => waiting);
  gauge("combot_journal_written_events", "Events written since the start.", ({ written }) => written);
  gauge("combot_journal_dropped_events", "Events given up since the start.", ({ dropped }) => dropped);
  gauge("combot_database_connections", "Connections to the database.", ({ pool }) => pool?.total);
  gauge("combot_database_connections_idle", "Of these, those that nobody uses.", ({ pool }) => pool?.idle);
  gauge("combot_database_waiting", "Who waits for a connection.", ({ pool }) => pool?.waiting);
  gauge(
    "combot_database_held_longest_seconds",
    "How long the connection that was taken first has been in use.",
    ({ pool }) => (pool?.heldLongest?.ms ?? 0) / 1000,
  );
}
