import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { CombotError, messageOf } from "../errors.ts";

/** A hosts file is a page that somebody has written; a device or a disk image is a slip. */
const MAX_BYTES = 1_048_576;
const MAX_PORT = 65_535;

const USER = String.raw`(?:[A-Za-z0-9_][\w.+-]*@)?`;
/** A name, an alias, or an IPv6 address with its zone. */
const PLAIN = new RegExp(String.raw`^${USER}[A-Za-z0-9_:][\w.:-]*(?:%[\w.-]+)?$`);
const WITH_PORT = new RegExp(String.raw`^${USER}[A-Za-z0-9_][\w.-]*:(\d+)$`);
const URI = new RegExp(String.raw`^ssh://${USER}(?:\[[\dA-Fa-f:]+\]|[A-Za-z0-9_][\w.-]*)(?::(\d+))?/?$`);

/** The hosts of one file, as ssh knows them, in the order in which they are deployed. */
export interface HostsFile {
  readonly path: string;
  readonly hosts: readonly string[];
  /** Of the hosts and their order alone: a comment more is no other file. */
  readonly digest: string;
}

/** @throws {CombotError} `FILE_REFUSED` where it can't be read, `USAGE` with one line for each fault in it. */
export function readHostsFile(path: string): HostsFile {
  return { path, ...parseHosts(textOf(path), path) };
}

/**
 * A host a line: `name`, `user@name`, `name:port`, `ssh://user@name:port` or an alias of ssh_config; what follows a # is
 * a comment. Whatever ssh could take for an option, and whatever a shell would read, is refused.
 */
export function parseHosts(text: string, path: string): Omit<HostsFile, "path"> {
  const lines = text.split(/\r?\n/).map((line, index) => ({ host: line.replace(/#.*$/, "").trim(), at: index + 1 }));
  const named = lines.filter(({ host }) => host !== "");
  const faults = named.flatMap(({ host, at }, index) => {
    const first = named.findIndex((other) => sshDestination(other.host) === sshDestination(host));
    if (!isHost(host)) return [`line ${at}: ${JSON.stringify(host)} is no host as ssh knows one`];
    return first < index ? [`line ${at}: ${host} is line ${named[first]?.at} again`] : [];
  });
  if (named.length === 0) faults.push("it names no host");
  if (faults.length > 0)
    throw new CombotError("USAGE", `${path} is no list of hosts: one a line, as user@name, name:port or an alias.`, {
      faults,
    });
  const hosts = named.map(({ host }) => host);
  return { hosts, digest: createHash("sha256").update(hosts.join("\n")).digest("hex").slice(0, 16) };
}

/** As the command line of ssh takes it, which knows a port in a URI alone. */
export function sshDestination(host: string): string {
  return WITH_PORT.test(host) ? `ssh://${host}` : host.replace(/^(ssh:\/\/.*)\/$/, "$1");
}

function isHost(host: string): boolean {
  if (host.startsWith("-")) return false;
  const port = (URI.exec(host) ?? WITH_PORT.exec(host))?.[1];
  if (port !== undefined) return Number(port) >= 1 && Number(port) <= MAX_PORT;
  return URI.test(host) || PLAIN.test(host);
}

function textOf(path: string): string {
  try {
    const { size } = statSync(path);
    if (size <= MAX_BYTES) return readFileSync(path, "utf8");
  } catch (thrown) {
    throw new CombotError("FILE_REFUSED", messageOf(thrown), { cause: thrown });
  }
  throw new CombotError("USAGE", `${path} has over ${MAX_BYTES} bytes: that is no list of hosts.`);
}
