import { kernelFiles } from "../../kernel-files.ts";

/** Of every architecture that Node runs on here. */
const PAGE_BYTES = 4096;

/** Bytes that the machine has swapped in and out since it was started (proc_vmstat(5)); null where it is not told. */
export function swappedBytes(text = kernelFiles.read("/proc/vmstat")): number | null {
  const [inward, outward] = ["pswpin", "pswpout"].map(
    (name) => new RegExp(`^${name} (\\d+)$`, "m").exec(text ?? "")?.[1],
  );
  return inward === undefined || outward === undefined ? null : (Number(inward) + Number(outward)) * PAGE_BYTES;
}
