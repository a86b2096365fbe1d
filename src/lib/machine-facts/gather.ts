import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { programFile } from "../package-files.ts";
import { machineFacts, type MachineFacts } from "../protocol/machine.ts";
import { tetheredNode } from "../tether.ts";

const PROGRAM = programFile("lib/machine-facts/gather-process");
const LIMIT_MS = 5000;

/** Nothing is known. */
const NO_FACTS: MachineFacts = {
  distribution: null,
  kernel: null,
  model: null,
  virtual: null,
  cpu: null,
  memory: null,
  disks: null,
  fileSystems: null,
  docker: null,
};

/**
 * What this machine is, as far as it can be found out within the limit. systeminformation runs some dozen programs for
 * it, any of which may hang with a mount that does, so it does so in a process of its own, which is ended with all that
 * it started. For what is read once: never while a request waits, and in no loop.
 */
export async function gatherMachineFacts(limitMs = LIMIT_MS): Promise<MachineFacts> {
  const { execPath, execArgv } = tetheredNode();
  const child = spawn(execPath, [...execArgv, PROGRAM], { detached: true, stdio: ["ignore", "pipe", "ignore"] });
  const over = Promise.withResolvers<void>();
  child.once("error", () => over.resolve());
  const facts: Record<string, unknown> = { ...NO_FACTS };
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => Object.assign(facts, parsed(line)));
  const read = new Promise<void>((resolve) => void lines.once("close", resolve));
  const timer = setTimeout(over.resolve, limitMs);
  await Promise.race([over.promise, read]);
  clearTimeout(timer);
  endGroup(child.pid);
  lines.close();
  child.stdout.destroy();
  child.unref();
  return machineFacts.parse(facts, { jitless: true });
}

/** A line that was cut off, or that does not fit, tells nothing. */
function parsed(line: string): Partial<MachineFacts> {
  try {
    return machineFacts.partial().parse(JSON.parse(line), { jitless: true }) as Partial<MachineFacts>;
  } catch {
    return {};
  }
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended, and all that it started.
  }
}
