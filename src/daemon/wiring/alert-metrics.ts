import { ALERTS } from "../../lib/protocol/alerts.ts";
import { DEFAULT_MODEL } from "../../lib/protocol/models.ts";
import type { Watch } from "../alerts/watch.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { AlertReading } from "../policy/alerts/reading.ts";
import { ALERT_RULES } from "../policy/alerts/rules.ts";

type Value = number | boolean | null;

/** Puts what alerts go by, and which fire, on the Prometheus page. What can't be told is NaN, past no threshold. */
export function publishWatch(metrics: Metrics, watch: Watch): void {
  const gauge = (name: string, help: string, read: (reading: AlertReading) => Value): void =>
    metrics.watch(name, help, () => {
      const value = watch.reading && read(watch.reading);
      return Number(value ?? NaN);
    });
  gauge("combot_memory_usage_ratio", "Share of the memory limit in use.", ({ memoryUsage }) => memoryUsage);
  gauge("combot_memory_unmeasured", "1 while memory can't be measured.", ({ memoryUnmeasured }) => memoryUnmeasured);
  gauge("combot_memory_held", "1 while recycling for memory is no longer tried.", ({ hold }) => hold === "hold");
  gauge("combot_memory_pressure_foreign", "1 while others fill the memory.", ({ hold }) => hold === "not ours");
  gauge("combot_workers_wanted", "Workers that should serve.", ({ workersWanted }) => workersWanted);
  gauge(
    "combot_workers_held",
    "1 while workers do not come to serve, try after try, or do not fit.",
    ({ workersHeld }) => workersHeld,
  );
  gauge("combot_weights_unshared", "1 while workers can't share prepared weights.", (now) => now.weightsUnshared);
  gauge("combot_model_folder_changed", "1 while the model's folder is not what serves.", (now) => now.modelChanged);
  gauge("combot_models_failed", "Models beside the default one that can't be served.", (now) => now.modelsFailed);
  metrics.watchEach("combot_model_reload_seconds", "Time that a model was loading after it was ended for others.", () =>
    Object.entries(watch.reading?.reloadMs ?? { [DEFAULT_MODEL]: 0 }).map(([model, ms]) => ({
      labels: { model },
      value: ms / 1000,
    })),
  );
  gauge(
    "combot_unsure_deviation",
    "How far the share of answers not accepted is from its baseline of two weeks, in its own noise; NaN: too little to tell.",
    ({ unsureDeviation }) => unsureDeviation,
  );
  gauge("combot_disk_free_ratio", "Free share of the disk that holds the state.", ({ diskFree }) => diskFree);
  gauge(
    "combot_cpu_stolen_ratio",
    "Share of the machine's CPU time of the last minute that the hypervisor gave to others.",
    ({ cpuStolen }) => cpuStolen,
  );
  gauge("combot_journal_up", "1 while the journal can be written; NaN without one.", ({ journalUp }) => journalUp);
  const firing = new Map(ALERTS.map((alert) => [alert, { alert, severity: ALERT_RULES[alert].severity }]));
  metrics.watchEach("combot_alert_firing", "1 while the alert fires.", () =>
    ALERTS.map((alert) => ({ labels: firing.get(alert)!, value: Number(watch.firing.has(alert)) })),
  );
  metrics.watchEach("combot_alert_threshold", "From where the alert fires.", () =>
    ALERTS.map((alert) => ({ labels: { alert }, value: ALERT_RULES[alert].threshold(watch.thresholds) })),
  );
}
