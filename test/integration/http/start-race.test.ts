import { join } from "node:path";
import { expect, test } from "vitest";
import { withStartLock } from "../../../src/daemon/sockets/start-lock.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { listeningChild, startListening } from "./support/children.ts";
import type { Outcome } from "./support/children.ts";
import { ask } from "./support/wire.ts";

const ROUNDS = 3;
const STARTERS = 6;

test("of daemons that start together over a stale file exactly one wins, and it is the one that answers", async () => {
  const path = join(temporaryFolder(), "combot.sock");
  for (let round = 0; round < ROUNDS; round++) {
    await (await startListening(path)).kill("SIGKILL");
    const children = Array.from({ length: STARTERS }, () => listeningChild(path));
    await Promise.all(children.map((child) => child.says<Outcome>()));
    for (const child of children) child.tell("go");
    const outcomes = await Promise.all(children.map((child) => child.says<Outcome>()));

    const winners = outcomes.filter(({ state }) => state === "up");
    expect(winners).toHaveLength(1);
    const pid = winners[0]?.pid;
    expect(outcomes.filter(({ state }) => state === "refused").map(({ code }) => code)).toEqual(
      Array(STARTERS - 1).fill("INSTANCE_RUNNING"),
    );
    for (const { message = "" } of outcomes.filter(({ state }) => state === "refused")) {
      expect(message).toContain(`${path} is held by pid ${pid} (`);
    }
    expect((await ask(path, { path: "/" })).body).toBe(String(pid));
    await Promise.all(children.map((child) => child.kill()));
  }
});

test("the start lock keeps others out, names who has it, and is free when its holder is killed", async () => {
  const folder = temporaryFolder();
  const holder = listeningChild(join(folder, "combot.sock"), "lock");
  await holder.says<Outcome>();
  holder.tell("go");
  expect((await holder.says<Outcome>()).state).toBe("locked");

  await expect(withStartLock(folder, () => Promise.resolve("in"), 60)).rejects.toMatchObject({
    code: "INSTANCE_RUNNING",
    message: expect.stringContaining(`pid ${holder.pid} (`) as string,
  });
  expect(await withStartLock(temporaryFolder(), () => Promise.resolve("in"), 60)).toBe("in");

  const waiting = withStartLock(folder, () => Promise.resolve("in"), 5000);
  await holder.kill("SIGKILL");
  expect(await waiting).toBe("in");
});

test("a task that fails gives the start lock back", async () => {
  const folder = temporaryFolder();
  await expect(withStartLock(folder, () => Promise.reject(new Error("no")), 60)).rejects.toThrow("no");
  expect(await withStartLock(folder, () => Promise.resolve("in"), 60)).toBe("in");
});
