import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { createServer as createNetServer } from "node:net";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { prepareSocketFolder } from "../../../src/daemon/sockets/folder.ts";
import { listenOnPath } from "../../../src/daemon/sockets/listener.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { startApi } from "./support/api.ts";
import { startListening } from "./support/children.ts";
import { ask } from "./support/wire.ts";

const ownUid = process.getuid?.() ?? 0;

function testServer(answer = "ours"): Server {
  const server = createServer((_request, response) => response.end(answer));
  onTestFinished(() => void server.close());
  return server;
}

async function close(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, "close");
}

/** A socket file that nobody listens on. */
async function leaveStale(path: string): Promise<void> {
  const child = await startListening(path);
  await child.kill("SIGKILL");
  expect(lstatSync(path).isSocket()).toBe(true);
}

describe("the socket file", () => {
  test("has the mode asked for, in a folder made 0750, and goes with its server", async () => {
    const path = join(temporaryFolder(), "run", "combot.sock");
    const umask = process.umask();
    const server = testServer();
    await listenOnPath(server, path, { mode: 0o600 });
    expect([statSync(path).mode & 0o777, statSync(dirname(path)).mode & 0o777]).toEqual([0o600, 0o750]);
    expect(process.umask()).toBe(umask);
    expect((await ask(path, { path: "/" })).body).toBe("ours");
    await close(server);
    expect(readdirSync(dirname(path))).toEqual([]);

    const second = testServer();
    await listenOnPath(second, path);
    expect(statSync(path).mode & 0o777).toBe(0o660);
  });

  test("is its owner's alone from the moment it is bound until its mode is set", async () => {
    const path = join(temporaryFolder(), "combot.sock");
    const server = testServer();
    const listen = server.listen.bind(server) as (...args: unknown[]) => Server;
    const modes: number[] = [];
    server.listen = (...args: unknown[]) => {
      listen(...args);
      modes.push(statSync(path).mode & 0o777);
      return server;
    };
    await listenOnPath(server, path);
    expect([...modes, statSync(path).mode & 0o777]).toEqual([0o700, 0o660]);
  });

  test("is bound again right after a close", async () => {
    const path = join(temporaryFolder(), "combot.sock");
    for (let round = 0; round < 5; round++) {
      const server = testServer();
      await listenOnPath(server, path);
      await close(server);
    }
    expect(existsSync(path)).toBe(false);
  });

  test("that was left behind by a killed process is taken over", async () => {
    const path = join(temporaryFolder(), "combot.sock");
    await leaveStale(path);
    await listenOnPath(testServer(), path);
    expect((await ask(path, { path: "/" })).body).toBe("ours");
  });

  test("is never made in the place of something else, which stays", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "file"), "kept");
    mkdirSync(join(folder, "folder"));
    symlinkSync("/nowhere", join(folder, "link"));
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      await expect(listenOnPath(testServer(), path)).rejects.toMatchObject({
        code: "SOCKET_UNSAFE",
        message: `${path} is there and is not a socket; remove it`,
      });
    }
    expect(readdirSync(folder).toSorted()).toEqual(["file", "folder", "link"]);
  });
});

describe("a socket that is in use", () => {
  test("is left alone, and the refusal names pid and command of its process", async () => {
    const path = join(temporaryFolder(), "combot.sock");
    const child = await startListening(path);
    await expect(listenOnPath(testServer(), path)).rejects.toMatchObject({
      code: "INSTANCE_RUNNING",
      message: expect.stringMatching(
        new RegExp(`^${path} is held by pid ${child.pid} \\(.*listening-child\\.ts`),
      ) as string,
    });
    expect((await ask(path, { path: "/" })).body).toBe(String(child.pid));
  });

  test("counts as in use while its process is stopped", async () => {
    const path = join(temporaryFolder(), "combot.sock");
    const child = await startListening(path);
    child.process.kill("SIGSTOP");
    await expect(listenOnPath(testServer(), path)).rejects.toMatchObject({ code: "INSTANCE_RUNNING" });
  });

  test("is asked who it is where the kernel's table does not tell", async () => {
    // Bound under another name than it has now: what a bind mount or another mount namespace looks like.
    const { path } = await startApi();
    const folder = temporaryFolder();
    renameSync(path, join(folder, "control.sock"));
    await expect(listenOnPath(testServer(), join(folder, "control.sock"))).rejects.toMatchObject({
      code: "INSTANCE_RUNNING",
      message: expect.stringMatching(/is held by pid 1201/) as string,
    });
  });

  test("may be held by something that is no combot and says nothing", async () => {
    const folder = temporaryFolder();
    const mute = createNetServer().listen(join(folder, "bound.sock"));
    await once(mute, "listening");
    onTestFinished(() => void mute.close());
    renameSync(join(folder, "bound.sock"), join(folder, "control.sock"));
    await expect(listenOnPath(testServer(), join(folder, "control.sock"))).rejects.toMatchObject({
      code: "INSTANCE_RUNNING",
      message: expect.stringContaining("a process that does not say which it is") as string,
    });
  });
});

describe("the end of a server whose file was replaced", () => {
  test("leaves the socket of the one that came after it", async () => {
    const path = join(temporaryFolder(), "combot.sock");
    const first = testServer("first");
    await listenOnPath(first, path);
    renameSync(path, `${path}.old`);
    const second = testServer("second");
    await listenOnPath(second, path);
    await close(first);
    expect((await ask(path, { path: "/" })).body).toBe("second");
    expect(readdirSync(dirname(path)).toSorted()).toEqual(["combot.sock", "combot.sock.old"]);
    await close(second);
    expect(existsSync(path)).toBe(false);
  });

  test("does not mind that the file is gone", async () => {
    const path = join(temporaryFolder(), "combot.sock");
    const server = testServer();
    await listenOnPath(server, path);
    renameSync(path, `${path}.old`);
    await close(server);
    expect(server.listening).toBe(false);
  });
});

describe("the folder", () => {
  test.each([0o700, 0o755, 0o2775])("of mode 0%o is taken as it is: others can't write to it", (mode) => {
    const folder = temporaryFolder();
    chmodSync(folder, mode);
    prepareSocketFolder(folder, ownUid);
    expect(statSync(folder).mode & 0o7777).toBe(mode);
  });

  test.each([0o777, 0o1777, 0o702])("of mode 0%o is refused: everybody can write to it", (mode) => {
    const folder = temporaryFolder();
    chmodSync(folder, mode);
    expect(() => prepareSocketFolder(folder, ownUid)).toThrow(
      expect.objectContaining({
        code: "SOCKET_UNSAFE",
        message: `${folder} can be written to by everybody (mode 0${mode.toString(8)}): use a folder inside it`,
      }),
    );
    expect(statSync(folder).mode & 0o7777).toBe(mode);
  });

  test("of root's or of one's own is taken", () => {
    expect(() => prepareSocketFolder(temporaryFolder(), ownUid)).not.toThrow();
    expect(() => prepareSocketFolder("/usr", ownUid + 1)).not.toThrow();
  });

  test.runIf(ownUid === 0)("of another user's is refused", () => {
    const folder = temporaryFolder();
    chownSync(folder, 4711, 4711);
    expect(() => prepareSocketFolder(folder, 4712)).toThrow(
      `${folder} belongs to uid 4711, neither to root nor to uid 4712`,
    );
  });

  test("that is a file is refused with the reason", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "file"), "");
    await expect(listenOnPath(testServer(), join(folder, "file", "combot.sock"))).rejects.toMatchObject({
      code: "SOCKET_UNAVAILABLE",
      message: `${join(folder, "file")} can't be made: EEXIST`,
    });
  });
});
