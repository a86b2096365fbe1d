import fc from "fast-check";
import { expect, test } from "vitest";
import { diffOf } from "../../../src/lib/deploy/diff.ts";
import type { FileChange } from "../../../src/lib/deploy/plan.ts";

function change(before: string, after: string, path = "/etc/combot/combot.env"): FileChange {
  const file = { mode: 0o640, owner: "root:combot" };
  const to = { ...file, path, content: after, isSecret: false, readBy: [] };
  return { kind: "change", path, from: { ...file, content: before }, to };
}

test("is unified, with three lines around", () => {
  const before = "a\nb\nc\nd\ne\nf\ng\nh\n";
  expect(diffOf(change(before, before.replace("e", "E")))).toMatchInlineSnapshot(`
    "--- /etc/combot/combot.env
    +++ /etc/combot/combot.env
    @@ -2,7 +2,7 @@
     b
     c
     d
    -e
    +E
     f
     g
     h"
  `);
});

test("hides what an operator wrote where no secret belongs", () => {
  const shown = diffOf(
    change("", "REDIS_PASSWORD=hunter2\nDATABASE_URL=postgres://me:hunter2@db/x\nREDIS_PASSWORD_FILE=name\n"),
  );
  expect(shown).not.toContain("hunter2");
  expect(shown).toContain("REDIS_PASSWORD_FILE=name");
});

test("its added and kept lines are the new file, its removed and kept ones the old", () => {
  const text = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 3 });
  fc.assert(
    fc.property(text, text, (before, after) => {
      fc.pre(before.length > 0 && after.length > 0 && before.join() !== after.join());
      const lines = diffOf(change(`${before.join("\n")}\n`, `${after.join("\n")}\n`))
        .split("\n")
        .slice(2)
        .filter((line) => !line.startsWith("@@"));
      const part = (mark: string): string[] =>
        lines.filter((line) => " ".concat(mark).includes(line.charAt(0))).map((line) => line.slice(1));
      expect(part("+")).toEqual(after);
      expect(part("-")).toEqual(before);
    }),
  );
});
