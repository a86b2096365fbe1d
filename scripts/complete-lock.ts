import { readFileSync, writeFileSync } from "node:fs";

/**
 * Puts the entries of other platforms' optional packages into package-lock.json where npm left them out: it does so
 * when node_modules was there already (npm/cli#4828), or when the registry in use does not carry them, and npm 11 then
 * refuses the lock in `npm ci`. Run it after `npm install`. The entries carry no checksum; this platform never fetches
 * them.
 */
interface Entry {
  readonly dev?: boolean;
  readonly engines?: { readonly node?: string };
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const SYSTEMS = ["android", "darwin", "freebsd", "linux", "openharmony", "win32"];
const PROCESSORS = ["arm", "arm64", "x64", "ia32", "ppc64", "riscv64", "s390x", "loong64", "wasm32"];
const PATH = "package-lock.json";

function entryFor(name: string, version: string, parent: Entry): object {
  const parts = (name.split("/").at(-1) ?? "").split("-");
  const os = SYSTEMS.find((system) => parts.includes(system));
  const cpu = PROCESSORS.find((processor) => parts.includes(processor));
  if (!os || !cpu) throw new Error(`${name}: its name tells no platform; add it by npm install on a clean folder`);
  const libc = parts.some((part) => part.startsWith("musl"))
    ? "musl"
    : parts.some((part) => part.startsWith("gnu")) && "glibc";
  return {
    version,
    cpu: [cpu],
    ...(parent.dev && { dev: true }),
    ...(os === "linux" && libc && { libc: [libc] }),
    optional: true,
    os: [os],
    ...(parent.engines?.node && { engines: { node: parent.engines.node } }),
  };
}

const lock = JSON.parse(readFileSync(PATH, "utf8")) as { packages: Record<string, Entry> };
let added = 0;
for (const [where, parent] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(parent.optionalDependencies ?? {})) {
    if (lock.packages[`node_modules/${name}`] || lock.packages[`${where}/node_modules/${name}`]) continue;
    lock.packages[`node_modules/${name}`] = entryFor(name, range.replace(/^[\^~]/, ""), parent);
    added++;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(PATH, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`${added} entries of other platforms added\n`);
