import { defineConfig } from "oxlint";

/**
 * Every place an import may lead to, as a regular expression over the specifier. The linter has no look-ahead, so a
 * layer's rule is made of what it may *not* name: all of these but its own list.
 */
const PLACES = {
  node: "^node:",
  // Not node:…, which is a place of its own.
  packages: "^(@|[a-mo-z]|n[^o]|no[^d]|nod[^e]|node[^:])",
  zod: "^zod$",
  config: "/config/",
  protocol: "/protocol/",
  client: "/client(/|\\.ts$)",
  render: "/render/",
  monitor: "/monitor/",
  cli: "/cli/",
  machineFacts: "/machine-facts/",
  deploy: "/deploy/",
  hosts: "/hosts/",
  doctor: "/doctor/",
  perf: "/perf/",
  issueReport: "/issue-report/",
  evaluation: "/evaluation/",
  training: "/training/",
  onnx: "/onnx/",
  planning: "/planning/",
  commands: "/commands/",
  main: "/daemon/main\\.ts$",
  policy: "/policy/",
  text: "/text/",
  model: "/model/",
  workers: "/workers/",
  cache: "/cache/",
  journal: "/journal/",
  backup: "/backup/",
  memory: "/memory/",
  prepared: "/prepared/",
  metrics: "/metrics/",
  sockets: "/sockets/",
  systemd: "/systemd/",
  tracing: "/tracing/",
  queue: "/queue/",
  pool: "/pool/",
  classifier: "/classifier/",
  governor: "/governor/",
  alerts: "/alerts/",
  log: "/log/",
  residency: "/residency/",
  reports: "/reports/",
  jobs: "/jobs/",
  alone: "/alone/",
  simulation: "/simulation/",
  http: "/http/",
  wiring: "/wiring/",
  onnxruntime: "^onnxruntime-node$",
} as const;

type Place = keyof typeof PLACES;

interface Layer {
  readonly files: readonly string[];
  readonly may: readonly Place[];
}

const LIB: readonly Place[] = ["config", "protocol"];

function daemon(name: Place, ...may: Place[]): Layer {
  return { files: [`src/daemon/${name}/**`], may: [name, ...LIB, ...may] };
}

/** Lowest first. Imports go down only; a sibling is named where it may be used. */
const LAYERS: readonly Layer[] = [
  { files: ["src/lib/*.ts"], may: ["node"] },
  { files: ["src/lib/protocol/**"], may: ["protocol", "zod"] },
  { files: ["src/lib/config/**"], may: ["config", "node", "zod"] },
  // Never what runs while requests wait, nor what looks once a second (docs/decisions/0027).
  { files: ["src/lib/machine-facts/**"], may: ["machineFacts", "protocol", "node", "packages"] },
  { files: ["src/lib/monitor/**"], may: ["monitor", "client", "protocol", "node"] },
  { files: ["src/lib/render/**"], may: ["render", "monitor", "machineFacts", "config", "protocol", "packages"] },
  { files: ["src/lib/client.ts", "src/lib/client/**"], may: ["client", "config", "protocol", "node", "zod"] },
  {
    files: ["src/lib/perf/**"],
    may: ["perf", "machineFacts", "client", "config", "protocol", "node", "packages", "zod"],
  },
  { files: ["src/lib/evaluation/**"], may: ["evaluation", "protocol", "node", "packages"] },
  { files: ["src/lib/onnx/**"], may: ["onnx"] },
  { files: ["src/lib/planning/**"], may: ["planning", "config", "protocol", "node"] },
  { files: ["src/lib/training/**"], may: ["training", "evaluation", "onnx", "protocol", "node", "packages"] },
  { files: ["src/lib/deploy/**"], may: ["deploy", "machineFacts", "client", "config", "protocol", "node", "packages"] },
  { files: ["src/lib/doctor/**"], may: ["doctor", "machineFacts", "client", "config", "protocol", "node", "packages"] },
  {
    files: ["src/lib/issue-report/**"],
    may: ["issueReport", "machineFacts", "doctor", "client", "config", "protocol", "node", "packages"],
  },
  { files: ["src/lib/hosts/**"], may: ["hosts", "node", "packages"] },
  {
    files: ["src/lib/cli/**"],
    may: ["cli", "machineFacts", "hosts", "client", "render", "monitor", "config", "protocol", "node", "packages"],
  },
  daemon("log", "node", "packages"),
  daemon("policy", "alerts"),
  daemon("text", "node", "packages"),
  daemon("model", "node", "text", "zod"),
  daemon("workers", "node", "onnxruntime"),
  daemon("sockets", "node"),
  daemon("systemd", "node"),
  daemon("tracing", "node"),
  daemon("memory", "node"),
  daemon("prepared", "node", "zod", "policy", "workers"),
  daemon("metrics", "node", "packages"),
  daemon("journal", "node", "packages"),
  daemon("cache", "node", "packages"),
  daemon("backup", "node"),
  daemon("queue", "node", "policy", "text"),
  daemon("pool", "node", "policy", "workers", "prepared"),
  daemon("classifier", "node", "policy", "text", "model", "cache"),
  daemon("governor", "node", "policy"),
  daemon("alerts", "node", "policy"),
  daemon("residency", "node", "zod", "log", "policy", "model", "prepared", "queue", "pool", "classifier", "governor"),
  daemon(
    "reports",
    "node",
    "policy",
    "memory",
    "metrics",
    "model",
    "journal",
    "cache",
    "pool",
    "governor",
    "residency",
  ),
  daemon(
    "jobs",
    "node",
    "policy",
    "text",
    "backup",
    "journal",
    "cache",
    "classifier",
    "governor",
    "residency",
    "reports",
  ),
  daemon("http", "node", "packages", "zod", "sockets", "policy"),
  daemon(
    "wiring",
    "node",
    "packages",
    "log",
    "policy",
    "text",
    "model",
    "systemd",
    "tracing",
    "sockets",
    "memory",
    "prepared",
    "metrics",
    "journal",
    "cache",
    "queue",
    "pool",
    "classifier",
    "governor",
    "alerts",
    "residency",
    "reports",
    "jobs",
    "http",
  ),
  {
    files: ["src/daemon/main.ts"],
    may: [...LIB, "node", "log", "systemd", "wiring"],
  },
  daemon(
    "alone",
    "node",
    "evaluation",
    "text",
    "model",
    "workers",
    "memory",
    "prepared",
    "cache",
    "classifier",
    "residency",
  ),
  // What decides is the daemon's own: policy, governor, memory tier and how processors are shared.
  daemon("simulation", "policy", "cache", "pool", "governor"),
  { files: ["src/daemon/plan.ts"], may: [...LIB, "perf", "node", "alone", "simulation"] },
  { files: ["src/daemon/model-eval.ts"], may: [...LIB, "evaluation", "node", "model", "alone"] },
  {
    files: ["src/daemon/model-check.ts"],
    may: [
      ...LIB,
      "node",
      "text",
      "model",
      "workers",
      "memory",
      "prepared",
      "cache",
      "classifier",
      "residency",
      "alone",
    ],
  },
  {
    files: ["src/commands/**"],
    may: [
      ...LIB,
      "client",
      "machineFacts",
      "render",
      "monitor",
      "cli",
      "deploy",
      "hosts",
      "doctor",
      "perf",
      "planning",
      "issueReport",
      "node",
      "packages",
      "main",
    ],
  },
];

function forbid({ files, may }: Layer) {
  // A package that a layer may use by name is let through by letting packages through, less those with a place of their own.
  const named = may.includes("zod") || may.includes("onnxruntime") ? [...may, "packages" as const] : may;
  const forbidden = (Object.keys(PLACES) as Place[]).filter((place) => !named.includes(place));
  const patterns = forbidden.map((place) => ({
    regex: PLACES[place],
    message: `${files[0]} may not import from ${place}: the order of imports is in docs/design.md.`,
  }));
  const rule: ["error", { patterns: typeof patterns }] = ["error", { patterns }];
  return { files: [...files], rules: { "no-restricted-imports": rule } };
}

export default defineConfig({
  plugins: ["typescript", "unicorn", "oxc", "import", "promise", "node", "vitest"],
  categories: { correctness: "error", suspicious: "error", perf: "error" },
  options: { typeAware: true },
  ignorePatterns: ["dist", "coverage", "node_modules"],
  rules: {
    "import/no-cycle": ["error", { ignoreTypes: false }],
    "import/no-unassigned-import": "off",
    "no-await-in-loop": "off",
    "eslint/max-lines": ["error", { max: 300 }],
    "eslint/max-lines-per-function": ["error", { max: 60, skipComments: true }],
    "typescript/no-explicit-any": "error",
    "typescript/no-floating-promises": "error",
    "typescript/no-misused-promises": "error",
    "typescript/switch-exhaustiveness-check": "error",
    "typescript/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
    "typescript/no-unsafe-type-assertion": "off",
    "eslint/no-shadow": "off",
    "eslint/no-new": "off",
    // A flag that another client's callback turns is modified where the rule does not look.
    "eslint/no-unmodified-loop-condition": "off",
    "import/no-named-as-default-member": "off",
    "promise/no-promise-in-callback": "off",
    "unicorn/no-new-array": "off",
    // Takes a thread for a window of a browser.
    "unicorn/require-post-message-target-origin": "off",
    "unicorn/prefer-set-has": "off",
    "vitest/expect-expect": ["error", { assertFunctionNames: ["expect*", "fc.assert"] }],
    "vitest/valid-expect": ["error", { maxArgs: 2 }],
    "vitest/no-conditional-expect": "off",
    "oxc/no-map-spread": "off",
    "unicorn/consistent-function-scoping": "off",
  },
  overrides: [
    ...LAYERS.map(forbid),
    {
      files: ["test/**", "bench/**", "scripts/**"],
      rules: { "eslint/max-lines-per-function": "off" },
    },
  ],
});
