import type { Disabled } from "./facts.ts";

/** One thing that a deploy does. Each is whole by itself: killed after any of them, the next run converges. */
export type Step =
  | { readonly do: "save-generation"; readonly restart: readonly string[]; readonly disable: Disabled }
  | { readonly do: "install-program" | "switch-program"; readonly release: string }
  | { readonly do: "write" | "remove"; readonly path: string }
  | { readonly do: "start" | "restart" | "stop" | "disable" | "unlink"; readonly unit: string }
  | { readonly do: "enable"; readonly units: readonly string[] }
  | { readonly do: PlainStep };

/** Those that have no more to say than their name. */
export type PlainStep =
  | "try-redis"
  | "make-users"
  | "make-folders"
  | "label"
  | "verify-units"
  | "reload-systemd"
  | "clear-model-choice"
  | "save-database"
  | "wait-healthy"
  | "smoke-test"
  | "audit"
  | "write-manifest"
  | "prune"
  | "finish";

const WORDS: Readonly<Record<PlainStep, string>> = {
  "try-redis": "try Redis' configuration on a scratch instance",
  "make-users": "make users and groups",
  "make-folders": "make folders",
  label: "have SELinux label what was written",
  "verify-units": "have systemd verify the units",
  "reload-systemd": "have systemd read them",
  "clear-model-choice": "forget the model chosen by hand",
  "save-database": "save the journal's database",
  "wait-healthy": "wait until it is healthy",
  "smoke-test": "classify a text",
  audit: "leave a line in the journal",
  "write-manifest": "write the manifest",
  prune: "remove old releases and generations",
  finish: "finish",
};

/** The step in words, for the progress and for the failure that names it. */
export function stepInWords(step: Step): string {
  if (step.do === "save-generation") return "save the present generation";
  if ("release" in step) return `${step.do === "install-program" ? "install" : "switch to"} release ${step.release}`;
  if ("path" in step) return `${step.do} ${step.path}`;
  if ("unit" in step) return `${step.do} ${step.unit}`;
  if ("units" in step) return `enable ${step.units.join(", ")}`;
  return WORDS[step.do];
}
