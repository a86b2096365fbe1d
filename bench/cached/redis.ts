import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** GETs a second, 50 clients, one command at a time each, by redis-benchmark. */
export async function getsPerSecond(socketPath: string, requests: number): Promise<number> {
  const args = ["-s", socketPath, "-t", "get", "-c", "50", "-n", String(requests), "--csv"];
  const { stdout } = await promisify(execFile)("redis-benchmark", args);
  return Number(/^"GET[^"]*","([\d.]+)"/m.exec(stdout)?.[1] ?? NaN);
}
