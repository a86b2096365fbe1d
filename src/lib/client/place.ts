import type { Access } from "../protocol/endpoint.ts";

/** A daemon of this machine. */
export interface Sockets {
  /** The user socket. */
  readonly path: string;
  readonly controlPath: string;
}

/** A daemon that is reached over TCP, wherever it is. */
export interface Remote {
  /** http or https; with a path where a proxy has it under one. */
  readonly url: URL;
  /** Shown with every call; a function gives the one of the moment. */
  readonly token: string | (() => string) | undefined;
}

export type Place = Sockets | Remote;

/** Where one call goes. */
export interface Target {
  readonly connection: { readonly socketPath: string } | { readonly host: string; readonly port: number };
  readonly isTls: boolean;
  /** In front of every path. */
  readonly under: string;
  readonly headers: Readonly<Record<string, string>>;
}

const PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

export function isRemote(place: Place): place is Remote {
  return "url" in place;
}

export function targetOf(place: Place, access: Access): Target {
  if (!isRemote(place)) {
    const socketPath = access === "control" ? place.controlPath : place.path;
    return { connection: { socketPath }, isTls: false, under: "", headers: {} };
  }
  const { url } = place;
  const token = typeof place.token === "function" ? place.token() : place.token;
  return {
    connection: { host: hostOf(url), port: Number(url.port) || (PORTS[url.protocol] ?? 0) },
    isTls: url.protocol === "https:",
    under: url.pathname.replace(/\/+$/, ""),
    // Node would leave the brackets of an IPv6 address out.
    headers: { host: url.host, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
  };
}

/** A name, or a literal address without brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replaceAll(/^\[|\]$/g, "");
}
