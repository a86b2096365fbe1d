import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Client } from "../client.ts";
import { messageOf, systemCodeOf } from "../errors.ts";
import type { Health } from "../protocol/health.ts";
import { hangLimitMs } from "../slowness.ts";
import { isAbsence } from "../system-errors.ts";

export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type UnitProperties = Readonly<Record<string, string>>;

const COMMAND_LIMIT_MS = hangLimitMs(4000);
const ASK_LIMIT_MS = hangLimitMs(4000);

/** The machine as the checks see it. What several of them want to know is asked once. */
export class Probe {
  readonly client: Client;
  readonly socketPath: string;
  readonly controlPath: string;
  readonly #units = new Map<string, Promise<UnitProperties | null>>();
  #health: Promise<Health> | undefined;

  constructor(client: Client, sockets: { readonly path: string; readonly controlPath: string }) {
    this.client = client;
    this.socketPath = sockets.path;
    this.controlPath = sockets.controlPath;
  }

  get hasSystemd(): boolean {
    return existsSync("/run/systemd/system");
  }

  /** Rejects where nobody answers in time. */
  health(): Promise<Health> {
    this.#health ??= this.client.call("health", { timeoutMs: ASK_LIMIT_MS, absenceMs: 0 });
    return this.#health;
  }

  /** Null without systemd, and where systemd has no such unit. */
  unit(name: string): Promise<UnitProperties | null> {
    const known = this.#units.get(name);
    if (known) return known;
    const asked = this.#show(name);
    this.#units.set(name, asked);
    return asked;
  }

  /** Its failure is a result; 127 where there is no such command. */
  run(command: string, args: readonly string[]): Promise<CommandResult> {
    const options = { timeout: COMMAND_LIMIT_MS, env: { ...process.env, LC_ALL: "C.UTF-8" } };
    return new Promise((resolve) => {
      execFile(command, [...args], options, (error, stdout, stderr) => {
        const missing = systemCodeOf(error) === "ENOENT" ? 127 : 1;
        const status = error === null ? 0 : typeof error.code === "number" ? error.code : missing;
        resolve({ status, stdout, stderr });
      });
    });
  }

  /** Undefined where it can't be read. */
  async read(path: string): Promise<string | undefined> {
    return readFile(path, "utf8").catch(() => undefined);
  }

  /** Undefined where it is not there. @throws where it is, or may be, and can't be read: then nothing is known. */
  async readIfThere(path: string): Promise<string | undefined> {
    return readFile(path, "utf8").catch((thrown: unknown) => onlyIfAbsent(path, thrown));
  }

  async #show(name: string): Promise<UnitProperties | null> {
    if (!this.hasSystemd) return null;
    const { status, stdout, stderr } = await this.run("systemctl", ["show", "--all", name]);
    // A unit that it doesn't know is no failure of systemctl's, so this is none of a machine without combot.
    if (status !== 0) throw new Error(`systemctl show ${name}: ${stderr.trim() || "no answer in time"}`);
    const properties = Object.fromEntries(
      stdout.split("\n").map((line) => {
        const at = line.indexOf("=");
        return [line.slice(0, at), line.slice(at + 1)];
      }),
    ) as UnitProperties;
    return properties["LoadState"] === "not-found" ? null : properties;
  }
}

/** @returns undefined for what is not there. @throws what keeps it from being read. */
export function onlyIfAbsent(path: string, thrown: unknown): undefined {
  if (isAbsence(thrown)) return undefined;
  throw new Error(`${path} can't be read: ${systemCodeOf(thrown) ?? messageOf(thrown)}`, { cause: thrown });
}

/**
 * What has to stand before a start of these units: one that failed too often is refused until that is forgotten, and
 * systemd refuses to forget what it has not loaded.
 */
export async function forgetFailures(probe: Probe, units: readonly string[]): Promise<string> {
  const states = await Promise.all(units.map(async (name) => [name, await probe.unit(name)] as const));
  const failed = states.filter(([, unit]) => unit?.["ActiveState"] === "failed").map(([name]) => name);
  return failed.length > 0 ? `systemctl reset-failed ${failed.join(" ")} && ` : "";
}
