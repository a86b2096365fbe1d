import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Secrets } from "./desired.ts";
import type { Facts } from "./facts.ts";
import { GIVEN_SECRETS, MADE_SECRETS, PATHS } from "./paths.ts";

const BYTES = 32;

/** What was handed in with this run; null takes a secret away that was handed in before. */
export type GivenSecrets = Readonly<Partial<Record<(typeof GIVEN_SECRETS)[number], string | null>>>;

/** Made once, kept on later deploys. */
export function secretsFor(facts: Facts, given: GivenSecrets): Secrets {
  const there = (name: string): string | undefined =>
    facts.files[join(PATHS.credentials, name)]?.content?.replace(/\n$/, "") || undefined;
  const made = MADE_SECRETS.map((name) => [name, there(name) ?? randomBytes(BYTES).toString("base64url")] as const);
  const handed = GIVEN_SECRETS.flatMap((name) => {
    const value = given[name] === null ? undefined : (given[name] ?? there(name));
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries([...made, ...handed]);
}

/** The secret in a file, or on standard input where the file is `-`. */
export function readSecret(path: string): string {
  return readFileSync(path === "-" ? 0 : path, "utf8").trim();
}
