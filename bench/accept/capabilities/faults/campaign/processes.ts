import { readFileSync } from "node:fs";

/** What the kernel tells of a process, for whoever looks for the cause when it has long gone. */
export function toldOf(pid: number): string {
  try {
    const read = (name: string): string => readFileSync(`/proc/${pid}/${name}`, "latin1");
    const status = read("status");
    const names = ["State", "PPid", "Threads", "VmRSS", "SigQ", "ShdPnd"];
    const facts = names.map((name) => `${name} ${new RegExp(`^${name}:\\s+(.*)$`, "mu").exec(status)?.[1]}`);
    const program = read("cmdline")
      .split("\0")
      .findLast((word) => word !== "");
    return `${pid} ${program} (${facts.join(", ")}, ${read("wchan")}, ${read("cgroup")
      .match(/[^\n]*(?:memory|pids):[^\n]*/gu)
      ?.join(" ")})`;
  } catch {
    return `${pid}, which has just ended`;
  }
}
