import { expect, test } from "vitest";
import { ModelMinutes } from "../../../src/daemon/reports/model-minutes.ts";
import { Uses } from "../../../src/daemon/residency/uses.ts";

const named = (name: string) => ({ name, engine: { uses: new Uses() } });

test("of 70 models 64 have rows of their own, and the others one together", () => {
  const tenants = Array.from({ length: 70 }, (_, at) => named(`m${String(at).padStart(2, "0")}`));
  const minutes = new ModelMinutes({ tenants: () => tenants, engines: () => [] });
  minutes.look();
  for (const { engine } of tenants) engine.uses.loaded(0, 1);
  const rows = minutes.take();
  expect(rows).toHaveLength(65);
  expect(rows.filter(({ loads }) => loads === 1)).toHaveLength(64);
  expect(rows.find(({ model }) => model === "other")).toMatchObject({ loads: 6 });
  expect(minutes.take()).toEqual([]);
});

test("one that was replaced counts under its name for as long as it answers, the one in its place from 0 on", () => {
  const [old, next] = [named("mood"), named("mood")];
  let tenants = [old];
  let engines = [old.engine];
  const minutes = new ModelMinutes({ tenants: () => tenants, engines: () => engines });
  old.engine.uses.minute.answered(2, 0, 10);
  minutes.look();
  [tenants, engines] = [[next], [old.engine, next.engine]];
  next.engine.uses.minute.answered(3, 3, 1);
  expect(minutes.take()).toMatchObject([{ model: "mood", requests: 2, texts: 5, cached_texts: 3, p99_ms: 10 }]);
  expect(minutes.take()).toEqual([]);
  old.engine.uses.minute.failed();
  engines = [next.engine];
  expect(minutes.take()).toMatchObject([{ model: "mood", requests: 1, failures: 1, texts: 0, p99_ms: null }]);
  expect(minutes.take()).toEqual([]);
});
