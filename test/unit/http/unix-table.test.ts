import { expect, test } from "vitest";
import { parseUnixTable } from "../../../src/daemon/sockets/unix-table.ts";

test("reads paths with spaces, abstract names and which sockets listen; skips those without a name", () => {
  const table = [
    "Num       RefCount Protocol Flags    Type St Inode Path",
    "0000000000000000: 00000002 00000000 00010000 0001 01 181 /run/combot/combot.sock",
    "0000000000000000: 00000003 00000000 00000000 0001 03 182 /run/combot/combot.sock",
    "0000000000000000: 00000002 00000000 00010000 0001 01    77 /tmp/a folder/b.sock",
    "0000000000000000: 00000002 00000000 00010000 0001 01 99 @combot-start-1-2",
    "0000000000000000: 00000003 00000000 00000000 0001 03 183",
    "",
  ].join("\n");
  expect(parseUnixTable(table)).toEqual([
    { inode: "181", path: "/run/combot/combot.sock", listening: true },
    { inode: "182", path: "/run/combot/combot.sock", listening: false },
    { inode: "77", path: "/tmp/a folder/b.sock", listening: true },
    { inode: "99", path: "@combot-start-1-2", listening: true },
  ]);
});
