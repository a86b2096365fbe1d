import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PackageCopy } from "../../../src/lib/hosts/package-copy.ts";
import { Remote } from "../../../src/lib/hosts/remote.ts";
import { Ssh } from "../../../src/lib/hosts/ssh.ts";
import { LoopbackSshd } from "../../support/ssh/loopback-sshd.ts";
import { hasSsh, sayIfNoSsh } from "../../support/ssh/requirements.ts";

sayIfNoSsh("hosts over ssh");

const LIMIT = { timeoutMs: 60_000 };

describe.skipIf(!hasSsh)("a host over ssh", { timeout: 60_000 }, () => {
  let sshd: LoopbackSshd;
  let ssh: Ssh;

  beforeAll(async () => {
    sshd = await LoopbackSshd.start();
    ssh = new Ssh(sshd.config);
  });

  afterAll(async () => {
    await ssh?.close();
    await sshd?.stop();
  });

  /** A package like combot's, packed by npm, which writes its version and arguments as JSON. */
  function packed(version: string): string {
    const folder = join(sshd.folder, `package-${version}`);
    mkdirSync(folder);
    const manifest = { name: "combot", version, bin: { combot: "run.js" } };
    writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
    const lines = `console.log(JSON.stringify({ version: "${version}", args: process.argv.slice(2) }));`;
    writeFileSync(join(folder, "run.js"), `#!/usr/bin/env node\n${lines}\n`, { mode: 0o755 });
    execFileSync("npm", ["pack", "--silent", "--pack-destination", sshd.folder], { cwd: folder });
    return join(sshd.folder, `combot-${version}.tgz`);
  }

  test("words, status and both outputs come through as they were, over one login", async () => {
    const words = ["it's", "$HOME", "", "a\nb", "-x"];
    const script = String.raw`printf '%s\0' "$@"; echo trouble >&2; exit 7`;
    const said = await ssh.run("here", ["sh", "-c", script, "sh", ...words], LIMIT);
    expect(said).toEqual({
      status: 7,
      stdout: words.map((w) => `${w}\0`).join(""),
      stderr: "trouble",
      unreachable: null,
    });
    await ssh.run("here", ["true"], LIMIT);
    expect(sshd.log.match(/Accepted publickey/g)).toHaveLength(1);
  });

  test("what can't be reached is told in ssh's words", async () => {
    const said = await ssh.run("nowhere.invalid", ["true"], LIMIT);
    expect(said.unreachable).toMatch(/nowhere\.invalid/);
  });

  test("an archive is installed once, run from there, and gives way to the next one", async () => {
    const [first, second] = [new PackageCopy(packed("1.0.0")), new PackageCopy(packed("2.0.0"))];
    const made = await first.install(ssh, "here");
    expect(made).toHaveProperty("program");
    expect(await first.install(ssh, "here")).toEqual(made);
    const place = join(sshd.home, ".cache/combot/packages");
    const ask = async (copy: PackageCopy) => {
      const { program = "" } = (await copy.install(ssh, "here")) as { program?: string };
      const remote = new Remote(ssh, () => program);
      return remote.ask("here", { args: ["deploy", "--model", "/a b"], timeoutMs: LIMIT.timeoutMs });
    };
    const answer = (version: string) => ({
      kind: "answer",
      exit: 0,
      document: { version, args: ["deploy", "--model", "/a b", "--json"] },
    });
    expect(await ask(first)).toEqual(answer("1.0.0"));
    expect(await ask(second)).toEqual(answer("2.0.0"));
    expect(readdirSync(place)).toHaveLength(1);
  });

  test("what is to last goes on when the connection that began it is cut", async () => {
    const [begun, done] = [join(sshd.folder, "begun"), join(sshd.folder, "done")];
    const program = join(sshd.folder, "slow");
    const gate = join(sshd.folder, "gate");
    const text = `#!/bin/sh\necho "$$" >${begun}\nuntil [ -e ${gate} ]; do sleep 0.05; done\necho out; echo err >&2; echo whole >${done}\n`;
    writeFileSync(program, text, { mode: 0o755 });
    const cut = new Ssh(sshd.config);
    const asked = new Remote(cut, () => program).ask("here", { args: [], timeoutMs: LIMIT.timeoutMs, isLasting: true });
    await expect.poll(() => existsSync(begun) && readFileSync(begun, "utf8"), { timeout: 30_000 }).toMatch(/\d+\n/);
    await cut.close();
    expect(await asked).toMatchObject({ kind: "unreachable" });
    writeFileSync(gate, "");
    await expect.poll(() => existsSync(done) && readFileSync(done, "utf8"), { timeout: 30_000 }).toBe("whole\n");
  });
});
