import type { FastifyRequest } from "fastify";
import { CombotError } from "../../lib/errors.ts";
import { ENDPOINTS, PAGES, PROBES } from "../../lib/protocol/endpoints.ts";
import type { Access, Endpoint } from "../../lib/protocol/endpoint.ts";
import type { Admission } from "./door.ts";
import { CodingRefused, InsufficientScope, MethodNotAllowed } from "./problems.ts";

interface Path {
  readonly access: Access;
  readonly methods: readonly string[];
  /** What it tells is the callers' own, and of nobody who only looks. */
  readonly isPrivate: boolean;
}

const LOOKS: readonly string[] = ["GET", "HEAD"];

/** Why a request has no route: no such path, not on this socket, or not with this method. */
export class Refusals {
  readonly #paths = new Map<string, Path>();
  /** Of the paths with parameters. */
  readonly #patterns = new Map<string, RegExp>();

  constructor() {
    const endpoints: readonly Endpoint[] = Object.values(ENDPOINTS);
    for (const { path, method, access: needed } of endpoints) this.#add(path, method, needed);
    for (const path of [...Object.values(PAGES), ...Object.values(PROBES)]) this.#add(path, "GET", "user");
  }

  /**
   * Asked before the body is read, so that a megabyte for nobody is not parsed; undefined where all is well.
   *
   * @param admission who calls, as the listener's door has found.
   * @returns {CombotError | undefined} NOT_FOUND, CONTROL_ONLY, TOKEN_SCOPE, METHOD_NOT_ALLOWED; INVALID_REQUEST
   * without a Host.
   */
  refusalOf(request: FastifyRequest, admission: Admission): CombotError | undefined {
    const { caller } = admission;
    const { headers, httpVersion } = request.raw;
    if (headers.host === undefined && httpVersion !== "1.0") {
      return new CombotError("INVALID_REQUEST", "host: HTTP/1.1 wants a Host header");
    }
    if (isCoded(headers["content-encoding"])) return new CodingRefused();
    if (!request.is404 && caller === "control") return undefined;
    // Routes in no table say by themselves for whom they are.
    const { access, classifies } = request.routeOptions.config;
    if (access !== undefined && !request.is404) {
      if (access === "control" && caller !== "control") return onlyControl();
      return caller === "read" && classifies ? new InsufficientScope(admission) : undefined;
    }
    const path = this.#find(keyOf(request.url.split("?", 1)[0] ?? ""));
    if (!path) return new CombotError("NOT_FOUND", "path: there is none like this");
    if (caller === "read") return this.#refusalOfLook(request, path, admission);
    if (path.access === "control" && caller !== "control") {
      return onlyControl();
    }
    return request.is404 ? new MethodNotAllowed(path.methods) : undefined;
  }

  #refusalOfLook(request: FastifyRequest, path: Path, admission: Admission): CombotError | undefined {
    if (request.is404) return new MethodNotAllowed(path.methods);
    const isLook = LOOKS.includes(request.method) && !path.isPrivate;
    if (isLook) return undefined;
    return path.access === "control" ? onlyControl() : new InsufficientScope(admission);
  }

  #find(path: string): Path | undefined {
    const known = this.#paths.get(path);
    if (known) return known;
    const [key] = [...this.#patterns].find(([, pattern]) => pattern.test(path)) ?? [];
    return key === undefined ? undefined : this.#paths.get(key);
  }

  #add(path: string, method: string, access: Access): void {
    const methods = method === "GET" ? LOOKS : [method];
    const known = this.#paths.get(keyOf(path));
    if (path.includes("{")) this.#patterns.set(keyOf(path), patternOf(keyOf(path)));
    this.#paths.set(keyOf(path), {
      access: known?.access ?? access,
      methods: [...(known?.methods ?? []), ...methods],
      isPrivate: PRIVATE.includes(path),
    });
  }
}

/** What people asked or kept, and what hides calls: a scope that only looks opens none of it. */
const PRIVATE: readonly string[] = [
  ENDPOINTS.cacheRead.path,
  ENDPOINTS.frequentTexts.path,
  ENDPOINTS.inbox.path,
  ENDPOINTS.testMark.path,
];

function onlyControl(): CombotError {
  return new CombotError(
    "CONTROL_ONLY",
    "path: only the control socket takes it, or over TCP the admin token or one of scope control",
  );
}

function isCoded(coding: string | undefined): boolean {
  return coding !== undefined && coding.toLowerCase() !== "identity";
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{\w+\}/gu, "[^/]+")}$`, "u");
}

function keyOf(path: string): string {
  return path.endsWith("/") ? path.slice(0, -1) : path;
}
