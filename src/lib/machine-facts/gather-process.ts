// Prints what this machine is, one JSON object a line for each part, as soon as it is known. Started by gather.ts.
import { blockDevices, cpu, diskLayout, dockerInfo, fsSize, mem, memLayout, osInfo, system } from "systeminformation";
import type { MachineFacts } from "../protocol/machine.ts";

/** Firmware's words for nothing. */
const NOTHING = /^(?:|-|unknown|none|not specified|to be filled by o\.e\.m\.?|default string|system product name)$/i;
const MOST = 32;

function word(text: string | undefined): string | null {
  const trimmed = text?.trim() ?? "";
  return NOTHING.test(trimmed) ? null : trimmed;
}

function words(...texts: (string | undefined)[]): string | null {
  return texts.map(word).filter(Boolean).join(" ") || null;
}

function whole(value: number | null | undefined): number {
  return Number.isFinite(value) ? Math.max(0, Math.round(value!)) : 0;
}

/** A size that is not known is 0 there, or no number. */
function size(value: number | null | undefined): number | null {
  return whole(value) || null;
}

/** No serial number, no name of a host: what is told may end in an issue. */
const PARTS: readonly (() => Promise<Partial<MachineFacts>>)[] = [
  async () => {
    const { distro, release, codename, kernel, arch } = await osInfo();
    const code = word(codename);
    return { distribution: words(distro, release, code === null ? "" : `(${code})`), kernel: words(kernel, arch) };
  },
  async () => {
    const { manufacturer, model, virtual, virtualHost } = await system();
    const told = words(manufacturer, model);
    const isContainer = told !== null && /container/i.test(told);
    return { model: told, virtual: isContainer ? "container" : virtual ? (word(virtualHost) ?? "yes") : null };
  },
  async () => {
    const { manufacturer, brand, cores, physicalCores, cache } = await cpu();
    const cacheBytes = { l1d: size(cache.l1d), l2: size(cache.l2), l3: size(cache.l3) };
    const name = words(manufacturer, brand) ?? "unknown";
    return { cpu: { name, cores: whole(cores), physicalCores: whole(physicalCores), cacheBytes } };
  },
  async () => {
    const [{ total, swaptotal }, banks] = await Promise.all([mem(), memLayout()]);
    const told = banks
      .filter(({ size, type }) => size > 0 && word(type) !== null)
      .map(({ size, type, clockSpeed }) => ({ bytes: whole(size), type, megahertz: whole(clockSpeed) || null }));
    return { memory: { bytes: whole(total), swapBytes: whole(swaptotal), banks: told.slice(0, MOST) } };
  },
  async () => {
    const disks = (await diskLayout()).map(({ device, name, type, size }) => {
      return { name: words(name) ?? device, type, bytes: whole(size) };
    });
    if (disks.length > 0) return { disks: disks.slice(0, MOST) };
    const blocks = (await blockDevices()).filter(({ type, size }) => type === "disk" && size > 0);
    return {
      disks: blocks.slice(0, MOST).map(({ name, physical, size }) => ({ name, type: physical, bytes: whole(size) })),
    };
  },
  async () => {
    const mounted = (await fsSize()).slice(0, MOST);
    return {
      fileSystems: mounted.map(({ mount, type, size, available, rw }) => {
        return { mount, type, bytes: whole(size), freeBytes: whole(available), writable: rw ?? true };
      }),
    };
  },
  async () => {
    const { serverVersion, containersRunning } = await dockerInfo();
    const version = word(serverVersion);
    return { docker: version === null ? null : { version, running: whole(containersRunning) } };
  },
];

async function tell(part: (typeof PARTS)[number]): Promise<void> {
  const told = await part().catch(() => ({}));
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

await Promise.all(PARTS.map(tell));
process.exit();
