import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { restoreDatabase, saveDatabase, schemaVersion } from "../../../src/lib/deploy/database.ts";
import { SCHEMA_TABLE, WRITE_SCHEMA } from "../../../src/daemon/journal/migrations.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const OWNER = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

test("a journal that is being written is saved whole, and put back where its schema has grown", async () => {
  const folder = temporaryFolder();
  const [path, saved] = [join(folder, "journal.db"), join(folder, "saved.db")];
  const daemon = new DatabaseSync(path);
  daemon.exec("PRAGMA journal_mode = WAL");
  daemon.exec(SCHEMA_TABLE);
  daemon.prepare(WRITE_SCHEMA).run(1, 1, 0);
  expect(await saveDatabase(path, saved)).toBe(true);

  daemon.prepare(WRITE_SCHEMA).run(2, 2, 0);
  expect([await schemaVersion(path), await schemaVersion(saved)]).toEqual([2, 1]);
  daemon.close();
  restoreDatabase(saved, path, OWNER);
  expect(await schemaVersion(path)).toBe(1);
});

test("without a journal there is nothing to save", async () => {
  const folder = temporaryFolder();
  expect(await saveDatabase(join(folder, "none.db"), join(folder, "saved.db"))).toBe(false);
  expect(await schemaVersion(join(folder, "none.db"))).toBe(0);
});
