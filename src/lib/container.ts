import type { KernelFiles } from "./kernel-files.ts";

/**
 * Left by Podman and by Docker. Sources: podman-run(1) (`/run/.containerenv`); Docker's `/.dockerenv` is not documented,
 * systemd-detect-virt(1) goes by it as well.
 */
const MARKS = ["/run/.containerenv", "/.dockerenv"];

/**
 * Whether this process lives in a container, as the interface that systemd documents (`container`), Kubernetes
 * (`KUBERNETES_SERVICE_HOST`) and the engines' own marks tell.
 */
export function isInContainer(env: NodeJS.ProcessEnv, { exists }: Pick<KernelFiles, "exists">): boolean {
  return Boolean(env["container"] ?? env["KUBERNETES_SERVICE_HOST"]) || MARKS.some((mark) => exists(mark));
}
