import { hash } from "node:crypto";

/** One-shot hash of a text in UTF-8, as hex. */
export type Hash = (algorithm: "md5" | "sha256", text: string) => string;

/** What a text is known by in the cache. The hashes are made when first asked for: the memory tier wants neither. */
export interface TextKey {
  /** First 12 hex digits of the model's digest. */
  readonly model: string;
  /** Of a text its one form; of a pair or a text with labels that and more, which no text is: it holds a NUL. */
  readonly text: string;
  /** Its name in Redis. */
  readonly name: string;
  /** 64 hex digits; kept with the entry and compared on every hit, since MD5 is not to be trusted. */
  readonly sha256: string;
}

export interface KeyScheme {
  readonly algorithm: "md5" | "sha256";
  keyOf(model: string, text: string): TextKey;
}

/** Of all classifications. */
export const CLASSIFICATION_PREFIX = "combot:ml:";

const nodeHash: Hash = (algorithm, text) => hash(algorithm, text, "hex");

/** MD5 where the machine lets us, and SHA-256 where it is refused, as under FIPS. */
export function chooseKeyScheme(hashText: Hash = nodeHash): KeyScheme {
  return keyScheme(refuses(hashText, "md5") ? "sha256" : "md5", hashText);
}

export function keyScheme(algorithm: "md5" | "sha256", hashText: Hash = nodeHash): KeyScheme {
  return { algorithm, keyOf: (model, text) => new LazyKey(model, text, algorithm, hashText) };
}

function refuses(hashText: Hash, algorithm: "md5"): boolean {
  try {
    hashText(algorithm, "");
    return false;
  } catch {
    return true;
  }
}

class LazyKey implements TextKey {
  readonly model: string;
  readonly text: string;
  readonly #algorithm: "md5" | "sha256";
  readonly #hash: Hash;
  #name: string | undefined;
  #sha256: string | undefined;

  constructor(model: string, text: string, algorithm: "md5" | "sha256", hashText: Hash) {
    this.model = model;
    this.text = text;
    this.#algorithm = algorithm;
    this.#hash = hashText;
  }

  get name(): string {
    return (this.#name ??= `${CLASSIFICATION_PREFIX}${this.model}:${this.#digest}`);
  }

  get #digest(): string {
    return this.#algorithm === "md5" ? this.#hash("md5", this.text) : this.sha256;
  }

  get sha256(): string {
    return (this.#sha256 ??= this.#hash("sha256", this.text));
  }
}
