import { once } from "node:events";
import { closeSync, linkSync, lstatSync, openSync, renameSync } from "node:fs";
import { Agent, request } from "node:http";
import type { IncomingMessage } from "node:http";
import { createServer } from "node:net";
import type { Server } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { inheritedSockets } from "../../../src/daemon/sockets/inherited.ts";
import { ENDPOINTS } from "../../../src/lib/protocol/endpoints.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { Child } from "./support/children.ts";
import { ask } from "./support/wire.ts";

const SCRIPT = fileURLToPath(new URL("support/inheriting-child.ts", import.meta.url));

interface Told {
  readonly sockets?: Readonly<Record<string, number>>;
  readonly left?: readonly string[];
  readonly childHasSocket?: boolean;
  readonly code?: string;
  readonly message?: string;
}

/** What systemd is to the daemon: it binds sockets, passes them on as descriptors 3, 4, … and never accepts. */
class SocketUnit {
  readonly #servers: Server[] = [];
  readonly #paths: string[] = [];

  async bind(path: string): Promise<void> {
    const server = createServer().listen(path);
    await once(server, "listening");
    this.#servers.push(server);
    this.#paths.push(path);
  }

  start(env: Readonly<Record<string, string>>, ...args: string[]): Child {
    const fds = this.#servers.map((server) => (Reflect.get(server, "_handle") as { fd: number }).fd);
    return startWith(fds, { LISTEN_FDS: String(fds.length), ...env }, ...args);
  }

  /** Lets go of its own handles and leaves the files, which Node would take away with them. */
  async release(): Promise<void> {
    for (const [index, server] of this.#servers.entries()) {
      const path = this.#paths[index] ?? "";
      linkSync(path, `${path}~`);
      server.close();
      await once(server, "close");
      renameSync(`${path}~`, path);
    }
  }
}

/** Only the shell knows the pid before the program runs, as systemd does. */
function startWith(fds: readonly number[], env: Readonly<Record<string, string>>, ...args: string[]): Child {
  const script = 'export LISTEN_PID=${LISTEN_PID:-$$}; exec "$@"';
  return new Child("sh", ["-c", script, "sh", process.execPath, SCRIPT, ...args], {
    stdio: ["pipe", "pipe", "inherit", ...fds],
    env: { PATH: process.env["PATH"], ...env },
  });
}

async function unitWith(...names: string[]): Promise<{ unit: SocketUnit; folder: string }> {
  const folder = temporaryFolder();
  const unit = new SocketUnit();
  for (const name of names) await unit.bind(join(folder, name));
  return { unit, folder };
}

describe("sockets that were passed on", () => {
  test.each([
    ["by FileDescriptorName=", { LISTEN_FDNAMES: "control:user" }, ["a.sock", "b.sock"], { control: 3, user: 4 }],
    [
      "by the files' names as names",
      { LISTEN_FDNAMES: "control.sock:combot.sock" },
      ["a", "b"],
      { control: 3, user: 4 },
    ],
    [
      "by path, where one unit gives both its own name",
      { LISTEN_FDNAMES: "combot-enhanced.socket:combot-enhanced.socket" },
      ["combot.sock", "control.sock"],
      { user: 3, control: 4 },
    ],
    ["by path, without names", {}, ["control.sock"], { control: 3 }],
  ])("are told apart %s", async (_how, env, names, expected) => {
    const { unit, folder } = await unitWith(...names);
    const child = unit.start(env);
    expect(await child.says<Told>()).toEqual({ sockets: expected, left: [], childHasSocket: false });
    await unit.release();
    const [role, fd] = Object.entries(expected)[0] ?? [];
    const reply = await ask(join(folder, names[(fd ?? 0) - 3] ?? ""), { path: ENDPOINTS.config.path });
    expect(reply.status).toBe(role === "control" ? 200 : 403);
  });

  test("may be one for TCP, known by its address or by its name", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const { fd } = Reflect.get(server, "_handle") as { fd: number };
    for (const env of [{}, { LISTEN_FDNAMES: "combot-enhanced.socket" }, { LISTEN_FDNAMES: "tcp" }]) {
      const child = startWith([fd], { LISTEN_FDS: "1", ...env });
      expect((await child.says<Told>()).sockets).toEqual({ tcp: 3 });
      await child.kill();
    }
  });

  test("are told apart by the configured path of the user socket", async () => {
    const { unit, folder } = await unitWith("bot.sock", "control.sock");
    const child = unit.start({}, join(folder, "bot.sock"));
    expect((await child.says<Told>()).sockets).toEqual({ user: 3, control: 4 });
    await unit.release();
  });

  test("keep their file when the daemon ends", async () => {
    const { unit, folder } = await unitWith("combot.sock");
    const path = join(folder, "combot.sock");
    const { ino } = lstatSync(path);
    const child = unit.start({});
    await child.says<Told>();
    await unit.release();
    expect((await ask(path, { path: ENDPOINTS.health.path })).status).toBe(200);
    const exited = once(child.process, "exit");
    child.process.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
    expect(lstatSync(path).ino).toBe(ino);
  });

  test("lose no request when one daemon hands over to the next", async () => {
    const { unit, folder } = await unitWith("combot.sock");
    const path = join(folder, "combot.sock");
    const old = unit.start({});
    await old.says<Told>();
    const next = unit.start({});
    await next.says<Told>();
    // Until its time comes it must not take a connection: both wait on one socket, and either may be the quicker.
    next.process.kill("SIGSTOP");
    await unit.release();

    const answeredBy = new Map<string, number>();
    const failures: string[] = [];
    const over = new AbortController();
    const warm = Promise.withResolvers<void>();
    const clients = Array.from({ length: 16 }, async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      while (!over.signal.aborted) {
        const pid = await healthFrom(path, agent).catch((error: Error) => void failures.push(error.message));
        if (pid) answeredBy.set(pid, (answeredBy.get(pid) ?? 0) + 1);
        if ((answeredBy.get(String(old.pid)) ?? 0) > 100) warm.resolve();
      }
      agent.destroy();
    });
    await warm.promise;
    const exited = once(old.process, "exit");
    next.process.kill("SIGCONT");
    old.process.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
    over.abort();
    await Promise.all(clients);
    expect(failures).toEqual([]);
    expect([...answeredBy.keys()].toSorted()).toEqual([String(old.pid), String(next.pid)].toSorted());
  });
});

describe("descriptors that can't be right", () => {
  test.each([
    [
      "an unknown name",
      ["other.sock"],
      /descriptor 3 \(bound to .*other\.sock\) is neither combot\.sock nor control\.sock/,
    ],
    ["one too many", ["combot.sock", "control.sock", "third.sock"], /descriptor 5 .* is neither/],
  ])("are refused: %s", async (_what, names, message) => {
    const { unit } = await unitWith(...names);
    expect(await unit.start({}).says<Told>()).toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(message) as string,
    });
  });

  test("are refused: two for one role", async () => {
    const { unit } = await unitWith("a.sock", "b.sock");
    expect(await unit.start({ LISTEN_FDNAMES: "user:user" }).says<Told>()).toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(
        /descriptor 4 \(named user, bound to .*b\.sock\) is a second user socket/,
      ) as string,
    });
  });

  test("are refused: no socket, or none at all", async () => {
    const fd = openSync("/dev/null", "r");
    onTestFinished(() => closeSync(fd));
    for (const count of ["1", "2"]) {
      const told = await startWith([fd], { LISTEN_FDS: count }).says<Told>();
      expect(told).toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringContaining("descriptor 3 is not a listening socket") as string,
      });
    }
  });
});

describe("variables", () => {
  test.each([
    ["for another process", { LISTEN_PID: "1", LISTEN_FDS: "1", LISTEN_FDNAMES: "user" }],
    ["without LISTEN_PID", { LISTEN_FDS: "1" }],
    ["of no sockets", { LISTEN_PID: "4711", LISTEN_FDS: "0" }],
    ["that are not there", {}],
  ])("%s mean no socket, and are taken away", (_what, variables) => {
    const env: NodeJS.ProcessEnv = { ...variables, PATH: "/bin" };
    expect(inheritedSockets(env, 4711)).toEqual({});
    expect(env).toEqual({ PATH: "/bin" });
  });

  test("that are no number are refused", () => {
    expect(() => inheritedSockets({ LISTEN_PID: "4711", LISTEN_FDS: "many" }, 4711)).toThrow(/LISTEN_FDS is not/);
  });
});

/** The version that health tells. */
async function healthFrom(socketPath: string, agent: Agent): Promise<string> {
  const outgoing = request({ socketPath, agent, path: ENDPOINTS.health.path }).end();
  const [reply] = (await once(outgoing, "response")) as [IncomingMessage];
  const chunks = (await reply.toArray()) as Buffer[];
  return (JSON.parse(Buffer.concat(chunks).toString()) as { version: string }).version;
}
