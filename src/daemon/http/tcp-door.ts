import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { parseHostPort } from "../../lib/config/address-types.ts";
import type { NamedToken } from "../../lib/config/tokens-file.ts";
import { CombotError } from "../../lib/errors.ts";
import { ENDPOINTS } from "../../lib/protocol/endpoints.ts";
import type { Admission, Door } from "./door.ts";
import { NamedTokens } from "./named-tokens.ts";
import { Unauthorized } from "./problems.ts";

export interface TcpDoorOptions {
  /** Opens what the user socket offers; null: nothing does. */
  readonly token: string | null;
  /** Opens everything; null: nothing opens more than the user socket offers. */
  readonly adminToken: string | null;
  /** Those with a name; a reload may change them. */
  readonly tokens: readonly NamedToken[];
  /** What a Host header may name: lower case, no port, IPv6 without brackets. */
  readonly hosts: readonly string[];
}

const BEARER = /^Bearer +(\S+) *$/i;
const ANY_PORT = 0;

const NOBODY: Admission = { caller: "nobody", by: "control socket" };
const USER: Admission = { caller: "user", by: "admin token" };
const ADMIN: Admission = { caller: "control", by: "admin token" };

/**
 * The door for those who come over the network: the Host must be ours (a page in somebody's browser that had its name
 * point here sends its own), and a token says who it is (RFC 6750). A request that shows none learns at most whether the
 * daemon is healthy; one that shows a wrong one learns nothing.
 */
export class TcpDoor implements Door {
  readonly #hosts: ReadonlySet<string>;
  readonly #key = randomBytes(32);
  readonly #token: Buffer | undefined;
  readonly #adminToken: Buffer | undefined;
  readonly #named: NamedTokens;

  /** @param now a clock that never goes back, in ms. */
  constructor(options: TcpDoorOptions, now: () => number) {
    const { token, adminToken, hosts } = options;
    this.#hosts = new Set(hosts);
    this.#named = new NamedTokens(() => options.tokens, now);
    this.#token = token === null ? undefined : this.#digest(token);
    this.#adminToken = adminToken === null ? undefined : this.#digest(adminToken);
  }

  admit(request: FastifyRequest): Admission | CombotError {
    const { host, authorization } = request.headers;
    const name = host === undefined ? undefined : parseHostPort(host, ANY_PORT)?.host;
    if (name === undefined || !this.#hosts.has(name)) {
      return new CombotError("HOST_REFUSED", "host: not a name that this daemon answers to");
    }
    if (authorization !== undefined) return this.#callerBy(authorization);
    if (isHealth(request)) return NOBODY;
    return new Unauthorized("authorization: this call takes a bearer token");
  }

  #callerBy(authorization: string): Admission | CombotError {
    const given = BEARER.exec(authorization)?.[1] ?? "";
    const shown = this.#digest(given);
    // All are compared, whatever the first one says: how long it takes tells nothing.
    const isAdmin = timingSafeEqual(shown, this.#adminToken ?? randomBytes(shown.length));
    const isUser = timingSafeEqual(shown, this.#token ?? randomBytes(shown.length));
    const named = this.#named.admit(given);
    if (isAdmin) return ADMIN;
    if (isUser) return USER;
    return named ?? new Unauthorized("authorization: not a token of this daemon", "invalid_token");
  }

  /** Of one length for all, and of no use to who would measure how far a guess was right. */
  #digest(token: string): Buffer {
    return createHmac("sha256", this.#key).update(token).digest();
  }
}

function isHealth({ method, routeOptions }: FastifyRequest): boolean {
  return routeOptions.url === ENDPOINTS.health.path && (method === "GET" || method === "HEAD");
}
