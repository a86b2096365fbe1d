import type { Random } from "../random.ts";

const MANGLED = [
  "",
  "{",
  "}",
  "[",
  '"',
  "nul",
  "NaN",
  "'a'",
  "{a:1}",
  "[1,]",
  "01",
  "1e",
  "\uFEFF{}",
  "{}{}",
  "// a\n{}",
];
const KEYS = ["__proto__", "constructor", "text", "a"];
const LARGE = 1024 * 1024;

/** JSON by its grammar, most of the time; else nearly. */
export function jsonOf(value: unknown, random: Random): Buffer {
  const plain = Buffer.from(JSON.stringify(value) ?? "");
  const kind = random.weighted({
    plain: 85,
    cut: 3,
    noise: 3,
    mangled: 3,
    twice: 2,
    bytes: 2,
    deep: 1,
    spaced: 1,
    many: 0.1,
  });
  if (kind === "cut") return plain.subarray(0, random.int(plain.length + 1));
  if (kind === "noise") return noisy(plain, random);
  if (kind === "mangled") return Buffer.from(random.pick(MANGLED));
  if (kind === "twice") return Buffer.from(twice(random));
  if (kind === "bytes") return Buffer.from(Array.from({ length: random.int(40) }, () => random.int(256)));
  if (kind === "deep") return Buffer.from(deep(random));
  if (kind === "spaced") return Buffer.concat([Buffer.alloc(random.int(3000), 0x20), plain, Buffer.from("\n")]);
  if (kind === "many") return many(random);
  return plain;
}

/** A byte or several are others. */
function noisy(plain: Buffer, random: Random): Buffer {
  const noise = Buffer.from(plain);
  for (let left = random.between(1, 4); left > 0 && noise.length > 0; left--)
    noise[random.int(noise.length)] = random.int(256);
  return noise;
}

function twice(random: Random): string {
  const key = random.pick(KEYS);
  return `{"${key}":${random.pick(["1", '"a"', "{}", '{"prototype":1}'])},"${key}":"b","text":"c"}`;
}

function deep(random: Random): string {
  const depth = random.pick([10, 100, 1000, 20_000]);
  return random.chance(0.5) ? "[".repeat(depth) + "]".repeat(depth) : `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
}

/** As large as a body may be, made of as many parts as it can have. */
function many(random: Random): Buffer {
  const part = random.pick(["[],", '"a",', "1,", '{"a":1},', "null,"]);
  return Buffer.from(`{"texts":[${part.repeat(Math.floor((LARGE - 20) / part.length))}1]}`);
}
