import { expect, test } from "vitest";
import { peerOf } from "../../../src/daemon/http/peers.ts";
import { parseTcpListeners } from "../../../src/daemon/sockets/tcp-table.ts";

test.each([
  ["10.1.2.3", "10.1.2.3"],
  ["::ffff:10.1.2.3", "10.1.2.3"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
  ["2001:db8::9", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  [undefined, "unknown"],
])("%s counts as %s", (address, peer) => {
  expect(peerOf(address)).toBe(peer);
});

test("the kernel's table tells which sockets listen", () => {
  const table = [
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 00000000 100 0 0 10 0",
    "   1: 0100007F:1F90 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 00000000 20 4 30 10 -1",
    "",
  ].join("\n");
  expect(parseTcpListeners(table)).toEqual(["4711"]);
});
