import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { InboxCounter } from "../../../src/daemon/journal/inbox-counter.ts";
import { TextCounter } from "../../../src/daemon/journal/text-counter.ts";

const UNSURE = { label: "refund", score: 0.3, isAmbiguous: false };
const sha = (text: string): string => createHash("sha256").update(text).digest("hex");

test("texts that differ by what is masked are one, with what came of the last", async () => {
  const counter = new InboxCounter(true);
  counter.add("default", "call 07700 900123", UNSURE);
  counter.add("default", "call 07700 900456", { label: "order", score: 0.4, isAmbiguous: true });
  counter.add("mood", "call 07700 900456", UNSURE);
  const kept = { digest: sha("call [phone]"), text: "call [phone]" };
  expect(await counter.take()).toEqual([
    { model: "default", ...kept, count: 2, ambiguous: 1, label: "order", score: 0.4 },
    { model: "mood", ...kept, count: 1, ambiguous: 0, label: "refund", score: 0.3 },
  ]);
  expect(await counter.take()).toEqual([]);
});

test("a flood of texts is counted as far as there is room, and those that are known on and on", async () => {
  const counter = new InboxCounter(true);
  for (let at = 0; at < 10_000; at++) counter.add("default", `text ${at}`, UNSURE);
  counter.add("default", "text 7", UNSURE);
  counter.add("default", "x".repeat(1025), UNSURE);
  const rows = await counter.take();
  expect(rows).toHaveLength(4000);
  expect(rows[7]).toMatchObject({ text: "text 7", count: 2 });
  for (let at = 0; at < 2000; at++) counter.add("default", `${at} ${"x".repeat(1000)}`, UNSURE);
  const long = await counter.take();
  expect(long.reduce((sum, { text }) => sum + (text?.length ?? 0), 0)).toBeLessThanOrEqual(1024 * 1024);
});

test("without texts there are counts by label, and nothing to tell a text by", async () => {
  const counter = new InboxCounter(false);
  for (const text of ["one", "two", "x".repeat(5000)]) counter.add("default", text, UNSURE);
  const row = { model: "default", digest: "label refund", text: null, count: 3, ambiguous: 0 };
  expect(await counter.take()).toEqual([{ ...row, label: "refund", score: 0.3 }]);
});

test("of frequent texts those with something masked are counted together, and not kept", async () => {
  const counter = new TextCounter(true);
  for (const text of ["hello", "call 07700 900123", "call 07700 900456", "hello"]) counter.add(text);
  expect(await counter.take()).toEqual([
    { digest: sha("hello"), count: 2, text: "hello" },
    { digest: sha("call [phone]"), count: 2, text: null },
  ]);
});
