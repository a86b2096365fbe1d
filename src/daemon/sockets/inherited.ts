import { basename } from "node:path";
import { CONTROL_SOCKET, USER_SOCKET } from "../../lib/config/socket-path.ts";
import { CombotError } from "../../lib/errors.ts";
import { tcpListeners } from "./tcp-table.ts";
import { readUnixTable, socketInodeOf } from "./unix-table.ts";

type Role = "user" | "control" | "tcp";

/** Descriptors of listening sockets that were there when the process started. */
export type InheritedSockets = { readonly [R in Role]?: number };

/** systemd passes descriptors from this one on (SD_LISTEN_FDS_START). */
const FIRST_FD = 3;

/** In the place of a path. */
const TCP = "a TCP address";

/** Names for FileDescriptorName=, and of the socket files themselves. */
const ROLES: Readonly<Record<string, Role>> = {
  user: "user",
  control: "control",
  tcp: "tcp",
  [USER_SOCKET]: "user",
  [CONTROL_SOCKET]: "control",
};

/**
 * The sockets that systemd opened for this process (sd_listen_fds(3)). What each is for is told by its name
 * (FileDescriptorName=), else by what it is bound to: one socket unit gives all of its sockets the same name, and the one
 * that has an address and no path is for TCP.
 *
 * @param env the LISTEN_ variables are taken out of it, so that no child believes that they mean it.
 * @param pid of this process: variables for another one are an ancestor's.
 * @param userPath where the user socket is configured to be, if it has another name than combot.sock.
 * @throws {CombotError} `CONFIG_INVALID` for a descriptor that is no listening socket or has no role here.
 */
export function inheritedSockets(env: NodeJS.ProcessEnv, pid: number, userPath?: string): InheritedSockets {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = env;
  for (const name of ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"]) delete env[name];
  if (LISTEN_FDS === undefined || Number(LISTEN_PID) !== pid) return {};
  const count = Number(LISTEN_FDS);
  if (!Number.isInteger(count) || count < 0) throw refusal(`LISTEN_FDS is not a number of descriptors`);
  const names = LISTEN_FDNAMES?.split(":") ?? [];

  const sockets: { [R in Role]?: number } = {};
  for (let index = 0; index < count; index++) {
    const fd = FIRST_FD + index;
    const path = boundTo(fd);
    const role = roleOf(names[index], path, userPath);
    if (!role) throw refusal(`${describe(fd, names[index], path)} is neither ${USER_SOCKET} nor ${CONTROL_SOCKET}`);
    if (sockets[role] !== undefined) throw refusal(`${describe(fd, names[index], path)} is a second ${role} socket`);
    sockets[role] = fd;
  }
  return sockets;
}

function roleOf(name: string | undefined, path: string, userPath: string | undefined): Role | undefined {
  if (name !== undefined && Object.hasOwn(ROLES, name)) return ROLES[name];
  if (path === TCP) return "tcp";
  if (path === userPath) return "user";
  return Object.hasOwn(ROLES, basename(path)) ? ROLES[basename(path)] : undefined;
}

/** The path of a Unix socket, or TCP. */
function boundTo(fd: number): string {
  const inode = socketInodeOf(fd);
  if (inode !== undefined && tcpListeners().has(inode)) return TCP;
  const row = inode === undefined ? undefined : readUnixTable().find((socket) => socket.inode === inode);
  if (!row?.listening) throw refusal(`descriptor ${fd} is not a listening socket`);
  return row.path;
}

function describe(fd: number, name: string | undefined, path: string): string {
  return `descriptor ${fd} (${name ? `named ${name}, ` : ""}bound to ${path})`;
}

function refusal(detail: string): CombotError {
  return new CombotError("CONFIG_INVALID", `Inherited sockets: ${detail}; see the socket unit.`);
}
