import { expect, test } from "vitest";
import { PLAIN } from "../../../src/lib/render/paint.ts";
import { renderShadow } from "../../../src/lib/render/shadow.ts";
import { SHADOW } from "../../support/sample-models.ts";

test("how it does, by label and where they differ most", () => {
  expect(renderShadow({ shadow: SHADOW, lost: null }, PLAIN)).toMatchInlineSnapshot(`
    "other behind default: comparing
    candidate  fedcba987654, model.onnx of /srv/models/other
    share      10% of the texts since 2026-01-02 03:04 UTC
    agreement  96.17% of 1204 texts
    latency    live 3.2/9.4, candidate 2.1/7.8 ms (p50/p99)
    memory     live 104 MiB, candidate 61.0 MiB
    skipped    12 busy, 3 level, 2 evicted
    failed     1, the last: text 0: no answer within 100 s (REQUEST_TIMEOUT)
               Labels differ: only the candidate has thanks.

    LIVE LABEL   TEXTS AGREED
    order_status  1000  97.1%
    refund         204 91.66%

    LIVE         CANDIDATE    TEXTS SUCH AS
    order_status refund          29 "where is my money"
    refund       order_status    17"
  `);
});

test("never all of them while one differs", () => {
  const texts = { ...SHADOW.texts, compared: 100_000, agreed: 99_999 };
  expect(renderShadow({ shadow: { ...SHADOW, texts }, lost: null }, PLAIN)).toContain("99.99% of 100000 texts");
});

test("none, and one that is gone", () => {
  const lost = { dir: "/srv/models/new", model: "default", share: 0.1, startedAt: "2026-01-02T03:04:05.678Z" };
  expect(renderShadow({ shadow: null, lost: null }, PLAIN)).toBe("No candidate runs behind live traffic.");
  expect(renderShadow({ shadow: null, lost }, PLAIN)).toMatch(
    /^A shadow ended with the daemon, .*\/srv\/models\/new behind default.*\n.*combot model shadow \/srv\/models\/new --share 10%$/,
  );
});
