import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  chooseSocket,
  makePrivateFolder,
  socketForClient,
  socketForDaemon,
  type SocketSurroundings,
  socketSurroundings,
} from "../../../src/lib/config/socket-path.ts";

const uid = process.geteuid?.() ?? 0;
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "combot-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A machine of its own inside the test's folder. */
function around(more: Partial<SocketSurroundings> = {}): SocketSurroundings {
  return { env: {}, uid, temporaryFolder: folder, systemFolder: join(folder, "run-combot"), ...more };
}

function withRuntime(): Partial<SocketSurroundings> {
  mkdirSync(join(folder, "runtime"), { mode: 0o700 });
  return { env: { XDG_RUNTIME_DIR: join(folder, "runtime") } };
}

describe("the choice", () => {
  const env = { XDG_RUNTIME_DIR: "/run/user/7" };
  const machine = { env, uid: 7, temporaryFolder: "/tmp" };

  test.each([
    ["configured", { ...machine, configured: "/x/y.sock" }, true, "/x/y.sock", "/x/control.sock"],
    ["configured", { ...machine, configured: "y.sock" }, true, resolve("y.sock"), resolve("control.sock")],
    ["system", machine, true, "/run/combot/combot.sock", "/run/combot/control.sock"],
    ["runtime", machine, false, "/run/user/7/combot/combot.sock", "/run/user/7/combot/control.sock"],
    ["temporary", { ...machine, env: {} }, false, "/tmp/combot-7/combot.sock", "/tmp/combot-7/control.sock"],
    [
      "temporary",
      { ...machine, env: { XDG_RUNTIME_DIR: "x" } },
      false,
      "/tmp/combot-7/combot.sock",
      "/tmp/combot-7/control.sock",
    ],
  ])("%s: %#", (from, surroundings, hasSystemFolder, path, controlPath) => {
    expect(chooseSocket(surroundings, hasSystemFolder)).toEqual({ path, controlPath, from });
  });
});

describe("for the daemon", () => {
  test("the system folder, where it is there and may be written", () => {
    mkdirSync(join(folder, "run-combot"));
    expect(socketForDaemon(around(withRuntime())).from).toBe("system");
  });

  test("else the runtime folder, else one of our own, made 0700", () => {
    for (const more of [withRuntime(), {}]) {
      const { path } = socketForDaemon(around(more));
      expect(lstatSync(join(path, "..")).mode & 0o777).toBe(0o700);
    }
    expect(existsSync(join(folder, `combot-${uid}`))).toBe(true);
  });

  test("the folder of a socket that was configured is not ours to make", () => {
    socketForDaemon(around({ configured: join(folder, "mine", "c.sock") }));
    expect(existsSync(join(folder, "mine"))).toBe(false);
  });
});

describe("for a client", () => {
  test("the system's socket where it is there", () => {
    mkdirSync(join(folder, "run-combot"));
    writeFileSync(join(folder, "run-combot", "combot.sock"), "");
    expect(socketForClient(around(withRuntime())).from).toBe("system");
  });

  test("the user's own where a daemon made it, even on a machine with a system folder", () => {
    mkdirSync(join(folder, "run-combot"));
    const own = around(withRuntime());
    mkdirSync(join(folder, "runtime", "combot"));
    writeFileSync(join(folder, "runtime", "combot", "combot.sock"), "");
    expect(socketForClient(own).from).toBe("runtime");
  });

  test("the system's where none is there, so that the message names the right one", () => {
    mkdirSync(join(folder, "run-combot"));
    expect(socketForClient(around(withRuntime())).from).toBe("system");
  });

  test("it makes nothing", () => {
    expect(socketForClient(around()).from).toBe("temporary");
    expect(existsSync(join(folder, `combot-${uid}`))).toBe(false);
  });

  test("it trusts no folder that somebody else could have put there", () => {
    mkdirSync(join(folder, `combot-${uid}`), { mode: 0o755 });
    chmodSync(join(folder, `combot-${uid}`), 0o755);
    expect(() => socketForClient(around())).toThrow(expect.objectContaining({ code: "SOCKET_UNSAFE" }));
  });
});

describe("our folder in the temporary folder", () => {
  const unsafe = (why: RegExp) =>
    expect.objectContaining({ code: "SOCKET_UNSAFE", message: expect.stringMatching(why) });
  const place = () => join(folder, "combot-own");

  test("is made once and taken again", () => {
    makePrivateFolder(place(), uid);
    makePrivateFolder(place(), uid);
    expect(lstatSync(place()).mode & 0o777).toBe(0o700);
  });

  test.each([0o755, 0o770, 0o701, 0o500])("is refused with mode %o", (mode) => {
    mkdirSync(place());
    chmodSync(place(), mode);
    expect(() => makePrivateFolder(place(), uid)).toThrow(unsafe(/mode 0\d+, not 0700/));
  });

  test("is refused where it is a link, even to a folder that would do", () => {
    mkdirSync(join(folder, "elsewhere"), { mode: 0o700 });
    symlinkSync(join(folder, "elsewhere"), place());
    expect(() => makePrivateFolder(place(), uid)).toThrow(unsafe(/not a directory/));
  });

  test("is refused where the link leads nowhere, or it is a file", () => {
    symlinkSync(join(folder, "nowhere"), place());
    expect(() => makePrivateFolder(place(), uid)).toThrow(unsafe(/not a directory/));
    writeFileSync(join(folder, "file"), "");
    expect(() => makePrivateFolder(join(folder, "file"), uid)).toThrow(unsafe(/not a directory/));
  });

  test("is refused where it belongs to another", () => {
    mkdirSync(place(), { mode: 0o700 });
    // Only root can give a folder away; for others, claiming to be somebody else comes to the same.
    if (uid === 0) chownSync(place(), 12_345, 12_345);
    expect(() => makePrivateFolder(place(), uid === 0 ? 0 : uid + 1)).toThrow(unsafe(/belongs to uid/));
  });

  test("is refused with the reason where it can't be made", () => {
    expect(() => makePrivateFolder(join(folder, "none", "x"), uid)).toThrow(
      expect.objectContaining({ code: "SOCKET_UNAVAILABLE", message: expect.stringMatching(/ENOENT/) }),
    );
  });
});

test("a path too long for a socket is told, not cut", () => {
  const configured = `/${"x".repeat(100)}/c.sock`;
  expect(() => socketForClient(around({ configured }))).toThrow(expect.objectContaining({ code: "USAGE" }));
});

test("the surroundings of this process are real", () => {
  expect(socketSurroundings("/x.sock")).toMatchObject({ configured: "/x.sock", uid, temporaryFolder: tmpdir() });
});
