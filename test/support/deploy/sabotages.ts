import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { DeployedMachine } from "./deployed-machine.ts";

/** A deploy that can't succeed. */
export interface Sabotage {
  readonly what: string;
  /** Makes the program that is to be deployed another one: below these paths of it, one text in the place of another. */
  readonly program?: readonly (readonly [below: string, from: string, to: string])[];
  /** Done to the machine before; undone by `after`. */
  readonly before?: (machine: DeployedMachine) => Promise<unknown> | void;
  readonly after?: (machine: DeployedMachine) => Promise<unknown> | void;
  readonly args?: readonly string[];
  /** What the failure says: the step, and the reason of whoever refused. */
  readonly says: readonly string[];
  /** Few of them are tested each time; all of them are for acceptance. */
  readonly isTested?: boolean;
}

const REDIS_DROP_IN = "/etc/systemd/system/combot-redis.service.d";
const RELEASES = "/opt/combot/releases";
const SMALL = "/mnt/small";
const PORT = "7711";

const NEWER_SCHEMA = [
  "dist/daemon",
  "{\n\t\tversion: 5,",
  '{ version: 6, readableFrom: 6, sqlite: "CREATE TABLE combot_later (id text)", postgres: "" },\n{\n\t\tversion: 5,',
] as const;

const WORKERS_THAT_END = ["dist/daemon/workers/child.js", "offerToOomKiller();", "process.exit(1);"] as const;

export const SABOTAGES: readonly Sabotage[] = [
  {
    what: "a line of redis.conf broken by hand, in the program's template",
    program: [["templates/redis.conf.eta", "maxmemory-policy allkeys-lru", "maxmemory-policy allkeys-lru-ish"]],
    says: ["try Redis' configuration on a scratch instance", "maxmemory-policy allkeys-lru-ish"],
    isTested: true,
  },
  {
    what: "a Redis that refuses to start on what is new in its configuration",
    before: (it) =>
      dropIn(
        it,
        `ExecStartPre=/bin/sh -c 'echo nothing but ${PORT} will do; ! grep -q "^port 7712" /etc/combot/redis.conf'`,
      ),
    after: forgetDropIn,
    args: ["--redis-port", "7712"],
    says: ['Step "restart combot-redis.service" failed', `nothing but ${PORT} will do`],
    isTested: true,
  },
  {
    what: "a port that somebody holds",
    before: (it) => it.machine.sh("systemd-run", "--unit=thief", ...thief()),
    after: (it) => it.machine.sh("systemctl", "stop", "thief"),
    args: ["--redis-port", PORT],
    says: [`port ${PORT} is held by thief.service`, "combot deploy --redis-port 0"],
  },
  {
    what: "a port that somebody takes at the last moment",
    before: (it) => dropIn(it, `ExecStartPre=-+systemd-run --unit=thief ${thief().join(" ")}`),
    after: async (it) => {
      await forgetDropIn(it);
      await it.machine.sh("systemctl", "stop", "thief");
    },
    args: ["--redis-port", PORT],
    says: ['Step "restart combot-redis.service" failed', "Address already in use"],
  },
  {
    what: "a model that can't be loaded",
    before: (it) => {
      cpSync(join(it.program, "models/shop-intents"), it.machine.path("/srv/half"), { recursive: true });
      truncateSync(it.machine.path("/srv/half/model.onnx"), 100_000);
    },
    args: ["--model", "/srv/half"],
    says: ["model: ", "combot model check /srv/half"],
  },
  {
    what: "a disk that is full",
    program: [["package.json", '"keywords"', '"wordkeys"']],
    before: (it) => smallDisk(it, 20),
    after: (it) => it.machine.sh("umount", "-l", RELEASES, SMALL),
    says: [`disk: ${RELEASES}, where ${RELEASES} is, has `, `make room on the disk: df -h ${RELEASES}`],
  },
  {
    what: "a disk that somebody fills meanwhile",
    program: [["package.json", '"keywords"', '"keyworts"']],
    before: async (it) => {
      await smallDisk(it, 400);
      const fill = `until ls -d ${RELEASES}/.building-*; do sleep 0.01; done; dd if=/dev/zero of=${SMALL}/full bs=1M`;
      await it.machine.sh("systemd-run", "--collect", "--unit=filler", "sh", "-c", fill);
    },
    after: (it) => it.machine.sh("umount", "-l", RELEASES, SMALL),
    says: ['Step "install release', "ENOSPC"],
    isTested: true,
  },
  {
    what: "a new version that ends right after its start, and had migrated the journal",
    program: [
      NEWER_SCHEMA,
      WORKERS_THAT_END,
      ["dist/daemon", "async ready() {", "async ready() { setTimeout(() => process.exit(1), 50);"],
    ],
    says: ["combot-enhanced.service has failed", "Start request repeated too quickly"],
    isTested: true,
  },
  {
    what: "a new version that never gets healthy, and had migrated the journal",
    program: [NEWER_SCHEMA, WORKERS_THAT_END],
    before: async (it) => {
      const settings = it.machine.path("/etc/combot/combot.env");
      writeFileSync(settings, `${readFileSync(settings, "utf8")}MODEL_LOAD_TIMEOUT=5\n`);
      // Else it is an edit that nobody has read, and makes way for what ran.
      await it.machine.sh("systemctl", "restart", "combot-enhanced");
    },
    says: ['Step "wait until it is healthy" failed', "it is not healthy: model unhealthy"],
  },
];

/** The releases on a file system with so many MiB more than they take. */
function smallDisk({ machine }: DeployedMachine, spareMib: number): Promise<string> {
  const script = `mkdir -p ${SMALL}; mount -t tmpfs -o size=$(($(du -sm ${RELEASES} | cut -f1) + ${spareMib}))m small ${SMALL}
    cp -a ${RELEASES} ${SMALL}/; mount --bind ${SMALL}/releases ${RELEASES}`;
  return machine.sh("sh", "-ec", script);
}

/** A stranger that listens on the port. */
function thief(): readonly string[] {
  return ["redis-server", "--port", PORT, "--bind", "127.0.0.1", "--save", '""'];
}

async function dropIn({ machine }: DeployedMachine, line: string): Promise<void> {
  machine.write(`${REDIS_DROP_IN}/sabotage.conf`, `[Service]\n${line}\n`);
  await machine.sh("systemctl", "daemon-reload");
}

async function forgetDropIn({ machine }: DeployedMachine): Promise<void> {
  rmSync(machine.path(REDIS_DROP_IN), { recursive: true });
  await machine.sh("systemctl", "daemon-reload");
}

/** A version that differs in the journal's schema alone. */
export const NEWER_VERSION: Sabotage = { what: "a newer schema", program: [NEWER_SCHEMA], says: [] };

/** The program with the sabotage in it, beside the one that is sound. */
export function sabotagedProgram(program: string, { program: edits }: Sabotage): string {
  if (!edits) return program;
  // Each has a folder of its own: what a machine has read once it does not see change.
  const folder = join(mkdtempSync(join(dirname(program), "sabotaged-")), "package");
  chmodSync(dirname(folder), 0o755);
  execFileSync("cp", ["-al", program, folder]);
  for (const [below, from, to] of edits) {
    const path = filesBelow(join(folder, below)).find((file) => readFileSync(file, "utf8").includes(from));
    if (!path) throw new Error(`${below} has no ${from}`);
    const before = readFileSync(path, "utf8");
    // Removed first: it is a hard link to the sound one's.
    rmSync(path);
    writeFileSync(path, before.replace(from, to));
  }
  return folder;
}

/** Of the path itself where it is a file. */
function filesBelow(path: string): readonly string[] {
  if (statSync(path).isFile()) return [path];
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

export interface Outcome {
  /** What it ought to have said and did not. */
  readonly unsaid: readonly string[];
  readonly status: number | null;
  readonly said: string;
  readonly before: string;
  readonly after: string;
  /** What the machine answers afterwards. */
  readonly answers: string;
}

/** Deploys what can't be deployed, and looks at what is left of it. */
export async function deploySabotaged(it: DeployedMachine, sabotage: Sabotage): Promise<Outcome> {
  await sabotage.before?.(it);
  const before = await fullFingerprint(it);
  const { status, stderr } = await it.deployFrom(sabotagedProgram(it.program, sabotage), ...(sabotage.args ?? []));
  const after = await fullFingerprint(it);
  const { stdout: answers } = await it.combot("classify", "where is my parcel");
  await sabotage.after?.(it);
  return {
    unsaid: sabotage.says.filter((words) => !stderr.includes(words)),
    status,
    said: stderr,
    before,
    after,
    answers,
  };
}

const SCHEMA = `const { DatabaseSync } = require("node:sqlite");
console.log(new DatabaseSync("/var/lib/combot/journal.db", { readOnly: true })
  .prepare("SELECT max(version) AS v FROM combot_schema").get().v)`;

/** Of the journal's database. */
export async function schemaOf({ machine }: DeployedMachine): Promise<number> {
  return Number(await machine.sh(process.execPath, "-e", SCHEMA));
}

/** Managed files and program, what half a release leaves behind, the journal's schema, and the units' states. */
async function fullFingerprint(it: DeployedMachine): Promise<string> {
  const states =
    "systemctl is-active combot.target combot-redis combot-enhanced.service combot-enhanced.socket; ls -A /opt/combot/releases; ls /var/lib/combot/deploy/generations";
  const { stdout } = await it.machine.run(["sh", "-c", states]);
  return [await it.fingerprint(), stdout, `schema ${await schemaOf(it)}`].join("\n");
}
