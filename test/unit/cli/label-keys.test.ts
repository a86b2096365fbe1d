import { expect, test } from "vitest";
import { matching, pressLabel } from "../../../src/lib/cli/label-keys.ts";
import type { Labelled, LabelState } from "../../../src/lib/cli/label-keys.ts";
import type { InboxText } from "../../../src/lib/protocol/inbox.ts";

function text(digest: string, label: string): InboxText {
  const lastSeen = "2026-01-02T03:04:05.678Z";
  return { digest, text: `text ${digest}`, count: 3, ambiguous: 1, label, score: 0.4, lastSeen, given: null };
}

const FIRST: LabelState = {
  texts: [text("a", "refund"), text("b", "order"), text("c", "refund")],
  at: 0,
  given: new Map(),
  labels: ["order", "refund", "refund later"],
  typing: null,
};

/** What is kept on the way, and where one stands behind it. */
function typed(keys: string, from = FIRST) {
  let state = from;
  const saved: Labelled[] = [];
  const effects: string[] = [];
  let refusal: string | undefined;
  for (const key of keys) {
    const pressed = pressLabel(state, key);
    state = pressed.state;
    refusal = pressed.refusal;
    if (pressed.save) saved.push(pressed.save);
    if (pressed.effect) effects.push(pressed.effect);
  }
  return { state, saved, effects, refusal };
}

test("a key gives its label, Enter the one that was answered, a blank passes over", () => {
  const { state, saved, effects } = typed("1\r \r");
  expect(saved).toEqual([
    { digest: "a", label: "order" },
    { digest: "b", label: "order" },
  ]);
  expect([...state.given]).toEqual([
    [0, "order"],
    [1, "order"],
    [2, null],
  ]);
  // Behind the last one Enter ends it.
  expect([state.at, effects]).toEqual([3, ["end"]]);
});

test("each step is taken back, what was kept with it", () => {
  const { state, saved } = typed("2 1\u007F\u007F\u007F\u007F");
  expect(saved).toEqual([
    { digest: "a", label: "refund" },
    { digest: "c", label: "order" },
    { digest: "c", label: null },
    { digest: "a", label: null },
  ]);
  expect([state.at, state.given.size]).toEqual([0, 0]);
});

test("a key that is nobody's does nothing", () => {
  expect(typed("9zZ-").saved).toEqual([]);
});

test("a label is found by a part of its name; a new one is made on purpose", () => {
  expect(matching(FIRST.labels, "LATER")).toEqual(["refund later"]);
  expect(typed("/later\r").saved).toEqual([{ digest: "a", label: "refund later" }]);
  expect(typed("/refund\r").saved).toEqual([{ digest: "a", label: "refund" }]);
  const refused = typed("/invoice\r");
  expect([refused.saved, refused.state.typing]).toEqual([[], "invoice"]);
  expect(refused.refusal).toContain("invoice!");
  const made = typed("/invoice!\r4");
  expect(made.saved).toEqual([
    { digest: "a", label: "invoice" },
    { digest: "b", label: "invoice" },
  ]);
  expect(made.state.labels.at(-1)).toBe("invoice");
  expect(typed("/ord\u007F\u007F\u007F\u001B2").saved).toEqual([{ digest: "a", label: "refund" }]);
});

test("it ends by Esc, by the end of input and by Ctrl-C", () => {
  expect(typed("\u001B").effects).toEqual(["end"]);
  expect(typed("\u0004").effects).toEqual(["end"]);
  expect(typed("/a\u0003").effects).toEqual(["interrupt"]);
});
