import { fileURLToPath } from "node:url";
import type { Machine } from "./machine.ts";

const LAUNCHER = fileURLToPath(new URL("../../../bin/daemon.js", import.meta.url));

export const SOCKET = "/run/combot/combot.sock";
export const CONTROL_SOCKET = "/run/combot/control.sock";
export const SETTINGS_FILE = "/etc/combot/combot.env";

export interface UnitOptions {
  /** Lines of settings, in the file that a reload reads again. */
  readonly settings?: readonly string[];
  /** Lines of the unit's [Service] section. */
  readonly service?: readonly string[];
}

/** Writes combot-enhanced.service for the built program, and lets systemd read it. It is not started. */
export async function writeDaemonUnit(machine: Machine, { settings = [], service = [] }: UnitOptions): Promise<void> {
  writeSettings(machine, settings);
  const flags = [
    "--max-semi-space-size=8",
    "--heap-growing-percent=10",
    "--no-allocation-site-pretenuring",
    "--v8-pool-size=1",
    "--bytecode-old-age=1",
    "--flush-baseline-code",
  ];
  const start = [process.execPath, ...flags, LAUNCHER];
  const lines = [
    "[Unit]",
    "StartLimitIntervalSec=300",
    "StartLimitBurst=5",
    "[Service]",
    "Type=notify",
    "NotifyAccess=all",
    `ExecStart=${start.join(" ")} '{"envFile":"${SETTINGS_FILE}"}'`,
    "ExecReload=/bin/kill -HUP $MAINPID",
    "RuntimeDirectory=combot",
    "StateDirectory=combot",
    "Restart=on-failure",
    "RestartSec=200ms",
    "KillMode=mixed",
    ...service,
    "[Install]",
    "WantedBy=multi-user.target",
  ];
  machine.write("/etc/systemd/system/combot-enhanced.service", `${lines.join("\n")}\n`);
  await machine.sh("systemctl", "daemon-reload");
}

export function writeSettings(machine: Machine, settings: readonly string[]): void {
  const own = [`COMBOT_SOCKET=${SOCKET}`, "COMBOT_STATE_DIR=/var/lib/combot", "REDIS_URL=off", "DATABASE_URL=off"];
  machine.write(SETTINGS_FILE, `${[...own, ...settings].join("\n")}\n`, 0o640);
}
