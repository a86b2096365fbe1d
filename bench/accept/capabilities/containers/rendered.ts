import { spawnSync } from "node:child_process";
import { parseAllDocuments, stringify } from "yaml";
import { packageFile } from "../../../../src/lib/package-files.ts";

const OVERLAY = "deploy/kubernetes/overlays/production";
const RENDERERS = [
  ["kustomize", "build"],
  ["kubectl", "kustomize"],
];

interface Manifest {
  readonly kind: string;
  readonly metadata: { name: string };
}

interface Deployment extends Manifest {
  readonly spec: { readonly template: { readonly spec: PodSpec } };
}

interface PodSpec {
  readonly containers: {
    ports?: unknown;
    livenessProbe?: unknown;
    startupProbe?: unknown;
    readonly volumeMounts: { name: string }[];
  }[];
  readonly volumes: { name: string; readonly emptyDir?: unknown }[];
}

/** Made by hand, as the README has it. */
export const SECRET = "combot-token";

export function secretOf(token: string): string {
  const data = { [SECRET]: Buffer.from(token).toString("base64") };
  return stringify({ apiVersion: "v1", kind: "Secret", metadata: { name: SECRET }, data });
}

/** The overlay as kustomize makes it, one YAML of many documents; undefined where there is no kustomize. */
export function renderOverlay(): string | undefined {
  for (const [command, verb] of RENDERERS) {
    const { status, stdout } = spawnSync(command!, [verb!, packageFile(OVERLAY)], { encoding: "utf8" });
    if (status === 0) return stdout;
  }
  return undefined;
}

/**
 * The overlay's Deployment under a name of its own with its settings, as `podman kube play` takes them. What is taken out
 * or renamed is what Podman makes something else of than Kubernetes (deploy/kubernetes/README.md, Podman).
 */
export function forPodman(overlay: string, name: string): string {
  const manifests = parseAllDocuments(overlay).map((document) => document.toJS() as Manifest);
  const played = manifests.filter(({ kind }) => kind === "ConfigMap" || kind === "Deployment");
  for (const manifest of played) if (manifest.kind === "Deployment") change(manifest as Deployment, name);
  return played.map((manifest) => stringify(manifest)).join("---\n");
}

function change({ metadata, spec }: Deployment, name: string): void {
  metadata.name = name;
  const pod = spec.template.spec;
  for (const container of pod.containers) {
    // Podman 4.3 publishes each port of a container's on all of the machine's addresses.
    delete container.ports;
    // These it asks by curl, inside of the container.
    delete container.livenessProbe;
    delete container.startupProbe;
  }
  // Podman makes an emptyDir the volume of that name, which all pods would share.
  const own = `${name}-state`;
  const used = [...pod.volumes, ...pod.containers.flatMap(({ volumeMounts }) => volumeMounts)];
  for (const volume of used) if (volume.name === "state") volume.name = own;
}
