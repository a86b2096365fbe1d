import { execFileSync } from "node:child_process";
import { chownSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { PostgresStore } from "../../../src/daemon/journal/postgres/store.ts";
import { hangLimitMs } from "../../../src/lib/slowness.ts";
import { postgresCommands, postgresOwner, PrivatePostgres } from "../../../scripts/support/private-postgres.ts";
import { Forwarder } from "../../support/forwarder.ts";
import { PgBouncer, pgbouncerCommand } from "../../support/pgbouncer.ts";
import { decisionAt, startJournal } from "./running-journal.ts";

const SOON = { timeout: 60_000, interval: 50 };
const hasPostgres = postgresCommands() !== undefined || process.env["CI"] !== undefined;
const hasPgbouncer = hasPostgres && (pgbouncerCommand() !== undefined || process.env["CI"] !== undefined);

function storeAt(url: () => string): PostgresStore {
  const store = new PostgresStore({ url, max: 3, onHeld: () => undefined, now: () => performance.now() });
  onTestFinished(() => store.close());
  return store;
}

const idsIn = async (server: PrivatePostgres, database: string): Promise<unknown[]> =>
  (await server.query("SELECT id FROM combot_decisions ORDER BY id", database)).map(({ id }) => id);
const idsOf = (count: number): string[] => Array.from({ length: count }, (_, index) => decisionAt(index).id);

describe.skipIf(!hasPostgres)("a second server (not where Postgres is not installed)", { timeout: 120_000 }, () => {
  /** A primary and a hot standby behind one port. */
  async function startPair() {
    const primary = await PrivatePostgres.start();
    onTestFinished(() => primary.remove());
    await primary.database("pair");
    const standby = await primary.standby();
    onTestFinished(() => standby.remove());
    const forwarder = await Forwarder.start(primary.port);
    onTestFinished(() => forwarder.end());
    const url = primary.url("pair").replace(`:${primary.port}/`, `:${forwarder.port}/`);
    return { primary, standby, forwarder, url: () => url };
  }

  test("led to the standby and back again: every event is written once, on the primary", async () => {
    const { primary, standby, forwarder, url } = await startPair();
    const { journal, told } = startJournal(storeAt(url));
    journal.decision(decisionAt(0));
    await expect.poll(() => journal.state.written, SOON).toBe(1);
    await expect.poll(() => idsIn(standby, "pair").catch(() => []), SOON).toEqual(idsOf(1));
    forwarder.target = standby.port;
    await primary.cut();
    journal.decision(decisionAt(1));
    await expect.poll(() => journal.state.reason, SOON).toContain("read-only");
    forwarder.target = primary.port;
    journal.decision(decisionAt(2));
    await expect.poll(() => journal.state, SOON).toMatchObject({ state: "up", waiting: 0, written: 3, dropped: 0 });
    expect(await idsIn(primary, "pair")).toEqual(idsOf(3));
    expect(told.map(({ state }) => state)).toEqual(["down", "up"]);
  });

  test("the primary is demoted under open connections, the standby promoted, and the name led to it", async () => {
    const { primary, standby, forwarder, url } = await startPair();
    const { journal } = startJournal(storeAt(url));
    journal.decision(decisionAt(0));
    await expect.poll(() => journal.state.written, SOON).toBe(1);
    await expect.poll(() => idsIn(standby, "pair").catch(() => []), SOON).toEqual(idsOf(1));
    await standby.query("SELECT pg_promote()");
    await primary.query("ALTER SYSTEM SET default_transaction_read_only = on");
    await primary.query("SELECT pg_reload_conf()");
    journal.decision(decisionAt(1));
    await expect.poll(() => journal.state.reason, SOON).toContain("read-only");
    forwarder.target = standby.port;
    journal.decision(decisionAt(2));
    await expect.poll(() => journal.state, SOON).toMatchObject({ state: "up", waiting: 0, written: 3, dropped: 0 });
    expect(await idsIn(standby, "pair")).toEqual(idsOf(3));
    expect(await idsIn(primary, "pair")).toEqual(idsOf(1));
  });

  test("shut down and crashed, while the other one is led to", async () => {
    const { primary, standby, forwarder, url } = await startPair();
    const { journal } = startJournal(storeAt(url));
    journal.decision(decisionAt(0));
    await expect.poll(() => idsIn(standby, "pair").catch(() => []), SOON).toEqual(idsOf(1));
    await primary.end();
    await standby.query("SELECT pg_promote()");
    forwarder.target = standby.port;
    journal.decision(decisionAt(1));
    await expect.poll(() => journal.state, SOON).toMatchObject({ waiting: 0, written: 2 });
    await standby.end("SIGKILL");
    await standby.run();
    journal.decision(decisionAt(2));
    await expect.poll(() => journal.state, SOON).toMatchObject({ state: "up", waiting: 0, written: 3 });
    expect(await idsIn(standby, "pair")).toEqual(idsOf(3));
  });
});

describe.skipIf(!hasPgbouncer)("PgBouncer (not where it is not installed)", { timeout: 90_000 }, () => {
  let server: PrivatePostgres;
  beforeAll(async () => void (server = await PrivatePostgres.start()));
  afterAll(() => server.remove());

  test.each(["transaction", "session"] as const)("with its defaults and %s pooling", async (mode) => {
    const name = `pooled_${mode}`;
    const pooler = await PgBouncer.start(await server.database(name), mode);
    onTestFinished(() => pooler.end());
    const { journal, told } = startJournal(storeAt(() => pooler.url));
    for (let index = 0; index < 1500; index++) journal.decision(decisionAt(index));
    journal.texts("t", 1, [{ digest: "d", count: 3, text: null }]);
    await expect.poll(() => journal.state, SOON).toMatchObject({ state: "up", waiting: 0, written: 1501 });
    const reads = Array.from({ length: 20 }, () => journal.decisions({ limit: 1000 }));
    for (const decisions of await Promise.all(reads)) expect(decisions).toHaveLength(1000);
    expect(await journal.history(0, 60_000)).toEqual([]);
    expect(told).toEqual([]);
    // A server that goes and comes back behind the pooler is found again through it.
    await server.end();
    journal.decision(decisionAt(1500));
    await expect.poll(() => journal.state.state, SOON).toBe("down");
    await server.run();
    await expect.poll(() => journal.state, SOON).toMatchObject({ state: "up", waiting: 0, written: 1502 });
    expect(await idsIn(server, name)).toEqual(idsOf(1501));
  });

  test("a statement has its limit there as well, and leaves none behind", async () => {
    const pooler = await PgBouncer.start(await server.database("limited"), "transaction");
    onTestFinished(() => pooler.end());
    const { Connections } = await import("../../../src/daemon/journal/postgres/connections.ts");
    const options = { url: () => pooler.url, max: 2, onHeld: () => undefined, now: () => performance.now() };
    const connections = new Connections(options);
    onTestFinished(() => connections.close());
    // In ms; Postgres shows it in the largest unit that divides it.
    const asked = "SELECT setting FROM pg_settings WHERE name = 'statement_timeout'";
    const [limit] = await connections.with("limit", (query) => query(asked));
    expect(limit).toEqual({ setting: String(hangLimitMs(5000)) });
    await expect(connections.with("slow", (query) => query("SELECT pg_sleep(30)"))).rejects.toThrow(/timeout/);
    const pg = (await import("pg")).default;
    const other = new pg.Client({ connectionString: pooler.url });
    await other.connect();
    onTestFinished(() => other.end());
    expect((await other.query("SHOW statement_timeout")).rows).toEqual([{ statement_timeout: "0" }]);
  });
});

describe.skipIf(!hasPostgres)("who may connect (not where Postgres is not installed)", { timeout: 90_000 }, () => {
  test("a password that was changed is asked for again, and is in nothing that is told", async () => {
    const server = await PrivatePostgres.start();
    onTestFinished(() => server.remove());
    let password = "of-this-test-alone";
    await server.database("rotated");
    const { journal, told } = startJournal(storeAt(() => server.url("rotated", password)));
    journal.decision(decisionAt(0));
    await expect.poll(() => journal.state.written, SOON).toBe(1);
    await server.query("ALTER USER postgres PASSWORD 'the-next-one'");
    await server.cut();
    journal.decision(decisionAt(1));
    await expect.poll(() => journal.state.reason, SOON).toContain("password authentication failed");
    password = "the-next-one";
    await expect.poll(() => journal.state, SOON).toMatchObject({ state: "up", waiting: 0, written: 2 });
    expect(JSON.stringify(told)).not.toMatch(/of-this-test-alone|the-next-one/);
  });

  describe("over TLS", () => {
    let server: PrivatePostgres;
    let plain: PrivatePostgres;
    let ca = "";
    let otherCa = "";
    beforeAll(async () => {
      server = await PrivatePostgres.start((folder) => {
        ca = makeAuthority(folder, "ca");
        otherCa = makeAuthority(folder, "other");
        makeCertificate(folder, "localhost");
        return ["ssl=on", `ssl_cert_file=${join(folder, "server.pem")}`, `ssl_key_file=${join(folder, "server.key")}`];
      });
      plain = await PrivatePostgres.start();
    });
    afterAll(async () => {
      await server.remove();
      await plain.remove();
    });

    /** "encrypted", "plain", or why it did not come to that. */
    async function outcome(on: PrivatePostgres, host: string, query: string): Promise<string> {
      const url = `${on.url().replace("127.0.0.1", host)}?${query}`;
      const warnings: string[] = [];
      const heard = (warning: Error): number => warnings.push(warning.message);
      process.on("warning", heard);
      onTestFinished(() => void process.off("warning", heard));
      const store = storeAt(() => url);
      try {
        await store.open();
        const sql = "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'combot'";
        const rows = await on.query(sql);
        expect(warnings).toEqual([]);
        return rows.every(({ ssl }) => ssl) && rows.length > 0 ? "encrypted" : "plain";
      } catch (error) {
        return (error as Error).message;
      } finally {
        await store.close();
        await expect.poll(() => on.connections(), SOON).toBe(0);
      }
    }

    const MODES: readonly (readonly [host: string, query: () => string, expected: string | RegExp])[] = [
      ["localhost", () => "sslmode=disable", "plain"],
      ["127.0.0.1", () => "sslmode=require", "encrypted"],
      ["127.0.0.1", () => `sslmode=require&sslrootcert=${ca}`, "encrypted"],
      ["127.0.0.1", () => `sslmode=require&sslrootcert=${otherCa}`, /certificate/],
      ["127.0.0.1", () => `sslmode=verify-ca&sslrootcert=${ca}`, "encrypted"],
      ["127.0.0.1", () => `sslmode=verify-ca&sslrootcert=${otherCa}`, /certificate/],
      ["127.0.0.1", () => "sslmode=verify-ca", /sslrootcert/],
      ["localhost", () => `sslmode=verify-full&sslrootcert=${ca}`, "encrypted"],
      ["127.0.0.1", () => `sslmode=verify-full&sslrootcert=${ca}`, /altnames|IP/],
      ["localhost", () => "sslmode=verify-full", /certificate/],
      ["127.0.0.1", () => "sslmode=no-verify", "encrypted"],
    ];
    test.each(MODES)("%s with %s", async (host, query, expected) => {
      expect(await outcome(server, host, query())).toMatch(expected);
    });

    test.each(["require", "no-verify", "verify-full"])(
      "a server without TLS is refused by sslmode=%s rather than used in the open",
      async (mode) => {
        expect(await outcome(plain, "localhost", `sslmode=${mode}`)).toMatch(/does not support SSL/);
      },
    );
  });
});

function openssl(folder: string, ...args: string[]): void {
  execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
}

const CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** @returns the path of its certificate, in a folder that combot can read. */
function makeAuthority(folder: string, name: string): string {
  openssl(
    folder,
    "req",
    "-x509",
    ...CURVE,
    "-subj",
    `/CN=${name}`,
    "-days",
    "2",
    "-keyout",
    `${name}.key`,
    "-out",
    `${name}.pem`,
  );
  return join(folder, `${name}.pem`);
}

function makeCertificate(folder: string, host: string): void {
  writeFileSync(join(folder, "names"), `subjectAltName=DNS:${host}\n`);
  openssl(folder, "req", "-new", ...CURVE, "-subj", `/CN=${host}`, "-keyout", "server.key", "-out", "server.csr");
  const sign = ["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"];
  openssl(folder, ...sign, "-days", "2", "-extfile", "names", "-out", "server.pem");
  const { uid, gid } = postgresOwner();
  for (const name of ["server.key", "server.pem"]) chownSync(join(folder, name), uid, gid);
}
