import { CombotError, messageOf, systemCodeOf } from "../errors.ts";
import { failureBy, isFileShortage } from "../system-errors.ts";
import type { Access } from "../protocol/endpoint.ts";
import { hostOf, isRemote } from "./place.ts";
import type { Place, Remote } from "./place.ts";

const GROUP_OF = { user: "combot", control: "combot-admin" } as const;

/** As far as OpenSSL tells them apart: https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/. */
const UNTRUSTED: readonly string[] = [
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
];

/** What to tell of a connection that failed. */
export function unreachable(place: Place, access: Access, cause: unknown): CombotError {
  if (isRemote(place)) return unreachableUrl(place, cause);
  const socketPath = access === "control" ? place.controlPath : place.path;
  const code = systemCodeOf(cause);
  const told = {
    EACCES: `You may not open ${socketPath}: it takes root or group ${GROUP_OF[access]}.`,
    ENOENT: `There is no ${access} socket ${socketPath}.`,
    ECONNREFUSED: `Nobody listens on ${socketPath}.`,
    ECONNRESET: `The daemon hung up on ${socketPath} before it answered.`,
  };
  const detail = code !== undefined && Object.hasOwn(told, code) ? told[code as keyof typeof told] : undefined;
  return failureBy(cause, "DAEMON_UNREACHABLE", detail ?? `${socketPath}: ${messageOf(cause)}`);
}

function unreachableUrl({ url }: Remote, cause: unknown): CombotError {
  if (isFileShortage(cause)) return failureBy(cause, "DAEMON_UNREACHABLE", messageOf(cause));
  const [detail, help] = toldOf(url, systemCodeOf(cause) ?? "") ?? [`${url.host}: ${messageOf(cause)}`, LISTENING];
  return new CombotError("DAEMON_UNREACHABLE", detail, { cause, help });
}

const LISTENING = "COMBOT_LISTEN has the address that it listens on; from elsewhere a firewall may be in between.";
const NAMES = "Check the host in --url or COMBOT_URL.";
const TRUST = "Name its CA's file in NODE_EXTRA_CA_CERTS, or call it by the name that its certificate is for.";

/** What happened, and what to look at. */
function toldOf(url: URL, code: string): readonly [detail: string, help: string] | undefined {
  const { host } = url;
  const told: Readonly<Record<string, readonly [string, string]>> = {
    ECONNREFUSED: [`Nobody listens on ${host}.`, LISTENING],
    ECONNRESET: [`${host} hung up before it answered.`, LISTENING],
    ETIMEDOUT: [`${host} does not answer.`, LISTENING],
    EHOSTUNREACH: [`There is no way to ${host}.`, LISTENING],
    ENETUNREACH: [`There is no way to ${host}.`, LISTENING],
    ENOTFOUND: [`There is no host ${hostOf(url)}.`, NAMES],
    EAI_AGAIN: [`The host ${hostOf(url)} can't be looked up now.`, NAMES],
    CERT_HAS_EXPIRED: [`The certificate of ${host} has expired.`, "Renew it where TLS ends."],
    ERR_TLS_CERT_ALTNAME_INVALID: [`The certificate of ${host} is for another name.`, TRUST],
  };
  if (UNTRUSTED.includes(code)) return [`The certificate of ${host} is of nobody that this machine trusts.`, TRUST];
  if (code === "EPROTO" || code.startsWith("ERR_SSL_")) return [`${host} speaks no TLS.`, "Try http:// in its place."];
  if (code.startsWith("HPE_")) return [`${host} speaks no HTTP.`, "Try https:// in its place, and check the port."];
  return told[code];
}
