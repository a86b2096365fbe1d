/** Those that pg takes for verify-full, with a warning on stderr. */
const LOOSER = new Set(["disable", "prefer", "require", "verify-ca"]);

/**
 * The URL with sslmode as Postgres' own documentation has it (libpq, "SSL Support"): `require` encrypts and checks the
 * server's certificate only against an `sslrootcert` that is named, `verify-ca` checks all but the name in it,
 * `verify-full` that too. `no-verify` is pg's own word for encrypting alone.
 */
export function withLibpqModes(url: string): string {
  const parsed = URL.parse(url);
  const mode = parsed?.searchParams.get("sslmode") ?? "";
  if (!parsed || !LOOSER.has(mode) || parsed.searchParams.has("uselibpqcompat")) return url;
  return `${url}&uselibpqcompat=true`;
}
