import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { driftOf } from "../../../src/lib/hosts/drift.ts";
import { versionOf } from "../../../src/lib/hosts/host-plan.ts";
import { answerOf } from "../../../src/lib/hosts/remote.ts";
import { quoted } from "../../../src/lib/hosts/ssh.ts";
import { runningIn } from "../../../src/lib/hosts/standing.ts";
import { renderHosts, renderOutcomes } from "../../../src/lib/render/hosts.ts";
import { PLAIN } from "../../../src/lib/render/paint.ts";

const said = { status: 0, stdout: "", stderr: "", unreachable: null };

test("a word comes through a shell as it was", () => {
  const words = ["plain", "", "two words", "it's", "$HOME", "`id`", "a\nb", "*", "\\", "-x", "~"];
  const printed = execFileSync("sh", ["-c", `printf '%s\\0' ${words.map(quoted).join(" ")}`], { encoding: "utf8" });
  expect(printed.split("\0").slice(0, -1)).toEqual(words);
});

test("what a host says is an answer, a refusal, or nothing", () => {
  expect(answerOf({ ...said, status: 4, stdout: '{"done":false}' })).toEqual({
    kind: "answer",
    exit: 4,
    document: { done: false },
  });
  const stdout = '{"error":{"code":"DEPLOY_RUNNING","detail":"another deploy runs","faults":["x"]}}';
  expect(answerOf({ ...said, status: 4, stdout })).toEqual({
    kind: "refused",
    exit: 4,
    why: "another deploy runs",
    faults: ["x"],
  });
  expect(answerOf({ ...said, unreachable: "no route" })).toEqual({ kind: "unreachable", why: "no route" });
  const missing = answerOf({ ...said, status: 127, stderr: "sh: 1: combot: not found" });
  expect(missing).toMatchObject({ kind: "refused", why: expect.stringContaining("npm install -g combot") as string });
  const locked = answerOf({ ...said, status: 1, stderr: "sudo: a password is required\n" });
  expect(locked).toMatchObject({ kind: "refused", why: expect.stringContaining("log in as root") as string });
});

test("a document that is no report of combot's tells nothing", () => {
  const answer = (document: Record<string, unknown>) => runningIn({ kind: "answer", exit: 0, document });
  expect(answer({})).toBeNull();
  expect(answer({ health: "fine" })).toBeNull();
  expect(answer({ health: { version: "1.0.0", status: "ok", model: null }, memory: null })).toEqual({
    version: "1.0.0",
    health: "ok",
    level: null,
    model: "",
    digest: "",
  });
});

test("a setting drifts from what most hosts have, if anybody was given it", () => {
  const host = (name: string, values: Record<string, string>, given: readonly string[] = Object.keys(values)) => ({
    host: name,
    settings: new Map(Object.entries(values).map(([key, value]) => [key, { value, isGiven: given.includes(key) }])),
  });
  const drift = driftOf([
    host("a", { KEEPALIVE: "5", WORKERS: "4", COMBOT_LISTEN: "10.0.0.1:80" }, ["KEEPALIVE", "COMBOT_LISTEN"]),
    host("b", { KEEPALIVE: "9", WORKERS: "2", COMBOT_LISTEN: "10.0.0.2:80" }, ["COMBOT_LISTEN"]),
    host("c", { KEEPALIVE: "9", WORKERS: "2" }, []),
    { host: "d", settings: null },
  ]);
  expect(Object.fromEntries(drift)).toEqual({ a: ["KEEPALIVE"], b: [], c: [] });
});

test("the version of a release is what stands before its digest", () => {
  expect(["0.2.0-1a2b", "1.0.0-rc.1-ffff"].map(versionOf)).toEqual(["0.2.0", "1.0.0-rc.1"]);
});

test("one table of what runs where; what a host says obeys no terminal", () => {
  const row = { version: "0.2.0", health: "ok", level: "normal", model: "shop", digest: "3893c6c40d69", isBad: false };
  const nothing = { version: null, health: null, level: null, model: null, digest: null, drift: null };
  const rows = [
    { ...row, host: "web1", drift: [], remark: "" },
    { ...row, host: "web2", drift: ["KEEPALIVE", "WORKERS"], remark: "last run: deployed" },
    { ...nothing, host: "web3", remark: "no\u001B]0;route", isBad: true },
  ];
  expect(renderHosts(rows, PLAIN)).toBe(`host version health level  model             settings that differ
web1 0.2.0   ok     normal shop 3893c6c40d69 none
web2 0.2.0   ok     normal shop 3893c6c40d69 KEEPALIVE WORKERS    last run: deployed
web3 -       -      -      -                 -                    no?]0;route`);
});

test("one table of where each stands", () => {
  const outcomes = [
    { host: "web1", stand: "deployed", detail: "ready" },
    { host: "web2", stand: "rolled-back", detail: "Step x failed\nbecause" },
  ];
  expect(renderOutcomes(outcomes, PLAIN)).toBe(`host stands
web1 deployed    ready
web2 rolled-back Step x failed?because`);
});
