import { readFileSync, readdirSync, readlinkSync } from "node:fs";

/** A row of the kernel's table of Unix sockets. */
export interface UnixSocket {
  readonly inode: string;
  /** As it was given to bind; an abstract name starts with `@`. */
  readonly path: string;
  readonly listening: boolean;
}

/** The kernel's name for this flag is __SO_ACCEPTCON: set while the socket listens (linux/net.h). */
const LISTENING_FLAG = 0x1_0000;

// Num: RefCount Protocol Flags Type St Inode Path (proc_net(5)); a path may hold spaces.
const ROW = /^\S+: \S+ \S+ ([0-9A-F]+) \S+ \S+ +(\d+) (.+)$/;

/** The named Unix sockets of this network namespace, as in /proc/net/unix. */
export function parseUnixTable(table: string): UnixSocket[] {
  return table.split("\n").flatMap((line) => {
    const [, flags = "", inode = "", path = ""] = ROW.exec(line) ?? [];
    return inode ? [{ inode, path, listening: (Number.parseInt(flags, 16) & LISTENING_FLAG) !== 0 }] : [];
  });
}

export function readUnixTable(): UnixSocket[] {
  return parseUnixTable(readFileSync("/proc/net/unix", "utf8"));
}

/** The socket's inode behind a descriptor of ours; undefined where the descriptor is closed or is no socket. */
export function socketInodeOf(fd: number): string | undefined {
  return inodeBehind(`/proc/self/fd/${fd}`);
}

/** Processes that have one of these sockets open, as far as this user may look; systemd (pid 1) comes last. */
export function pidsHolding(inodes: ReadonlySet<string>): number[] {
  const pids = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  return pids.filter((pid) => holdsAny(pid, inodes)).toSorted((a, b) => Number(a === 1) - Number(b === 1) || a - b);
}

function holdsAny(pid: number, inodes: ReadonlySet<string>): boolean {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).some((fd) => inodes.has(inodeBehind(`${folder}/${fd}`) ?? ""));
  } catch {
    return false; // ended by now, or another user's
  }
}

function inodeBehind(link: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.[1];
  } catch {
    return undefined;
  }
}
