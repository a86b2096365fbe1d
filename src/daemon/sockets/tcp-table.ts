import { readFileSync } from "node:fs";
import { isAbsence } from "../../lib/system-errors.ts";

/** TCP_LISTEN in the kernel's table (linux/tcp_states.h). */
const LISTEN_STATE = "0A";

// sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode (proc_net_tcp(5))
const ROW = /^ *\d+: \S+ \S+ ([0-9A-F]{2}) \S+ \S+ \S+ +\d+ +\d+ (\d+) /;

/** Inodes of the sockets that listen, from the text of /proc/net/tcp or tcp6. */
export function parseTcpListeners(table: string): string[] {
  return table.split("\n").flatMap((line) => {
    const [, state, inode = ""] = ROW.exec(line) ?? [];
    return state === LISTEN_STATE ? [inode] : [];
  });
}

/** Inodes of the TCP sockets that listen in this network namespace. */
export function tcpListeners(): ReadonlySet<string> {
  return new Set(["/proc/net/tcp", "/proc/net/tcp6"].flatMap((path) => parseTcpListeners(read(path))));
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (thrown) {
    if (!isAbsence(thrown)) throw thrown;
    return ""; // a kernel without IPv6 has no tcp6
  }
}
