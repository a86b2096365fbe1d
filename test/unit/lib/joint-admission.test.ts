import fc from "fast-check";
import { expect, test } from "vitest";
import { JointAdmission, RefusedElsewhere } from "../../../src/lib/joint-admission.ts";

const PARTS = 3;

/** Each part applies, or leaves, or is refused by its own check. */
const parts = fc.array(fc.constantFrom("fits", "full", "leaves"), { minLength: PARTS, maxLength: PARTS });

test("all that apply enter in one turn, or none does", async () => {
  await fc.assert(
    fc.asyncProperty(parts, async (kinds) => {
      const joint = new JointAdmission(PARTS);
      const entered: number[] = [];
      const outcomes = kinds.map(async (kind, at) => {
        const place = joint.place();
        if (kind === "leaves") return place.leave();
        await place.apply(
          () => {
            if (kind === "full") throw new RangeError(`${at} is full`);
          },
          () => entered.push(at),
        );
        // Where one of them is told, all have entered.
        expect(entered).toHaveLength(kinds.filter((one) => one !== "leaves").length);
      });
      const settled = await Promise.allSettled(outcomes);
      const firstFull = kinds.indexOf("full");
      if (firstFull < 0) {
        expect(settled.map(({ status }) => status)).toEqual(kinds.map(() => "fulfilled"));
        return;
      }
      expect(entered).toEqual([]);
      for (const [at, kind] of kinds.entries()) {
        const found = settled[at]!;
        if (kind === "leaves") expect(found.status).toBe("fulfilled");
        else if (at === firstFull) expect(found).toMatchObject({ reason: { message: `${at} is full` } });
        else expect(found).toMatchObject({ reason: expect.any(RefusedElsewhere) as RefusedElsewhere });
      }
    }),
  );
});

test("nobody enters before the last part has spoken, and who is refused meanwhile is told so", async () => {
  const joint = new JointAdmission(2);
  const [first, second] = [joint.place(), joint.place()];
  let entered = 0;
  const enter = (): number => (entered += 1);
  const applied = first.apply(() => undefined, enter);
  await Promise.resolve();
  expect(entered).toBe(0);
  joint.refuse(new Error("the client has gone"));
  await expect(applied).rejects.toBeInstanceOf(RefusedElsewhere);
  await expect(second.apply(() => undefined, enter)).rejects.toBeInstanceOf(RefusedElsewhere);
  expect(entered).toBe(0);
});

test("a part that was admitted and is tried again enters by itself", async () => {
  const joint = new JointAdmission(2);
  const [first, second] = [joint.place(), joint.place()];
  second.leave();
  second.leave();
  expect(
    await first.apply(
      () => undefined,
      () => "once",
    ),
  ).toBe("once");
  expect(
    await first.apply(
      () => undefined,
      () => "again",
    ),
  ).toBe("again");
});
