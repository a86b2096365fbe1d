import { z } from "zod";

const bytes = z.int().min(0);
const count = z.int().min(0);
const known = z.string().nullable();

/** What a machine is, read once: nothing in it changes while it runs but the room on its disks. Names nobody's machine. */
export const machineFacts = z.object({
  distribution: known.describe("Debian GNU/Linux 12 (bookworm)"),
  kernel: known,
  model: known.describe("maker and model; on a cloud machine its instance type"),
  virtual: known.describe("what it runs in, if it is no machine of metal: kvm, amazon, docker"),
  cpu: z
    .object({
      name: z.string(),
      cores: count.describe("logical"),
      physicalCores: count,
      cacheBytes: z.object({ l1d: bytes.nullable(), l2: bytes.nullable(), l3: bytes.nullable() }),
    })
    .nullable(),
  memory: z
    .object({
      bytes,
      swapBytes: bytes,
      banks: z.array(z.object({ bytes, type: z.string(), megahertz: z.number().nullable() })),
    })
    .nullable(),
  disks: z.array(z.object({ name: z.string(), type: z.string(), bytes })).nullable(),
  fileSystems: z
    .array(z.object({ mount: z.string(), type: z.string(), bytes, freeBytes: bytes, writable: z.boolean() }))
    .nullable(),
  docker: z.object({ version: z.string(), running: count }).nullable().describe("null: none here, or closed to us"),
});

export type MachineFacts = z.infer<typeof machineFacts>;
