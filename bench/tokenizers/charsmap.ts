/**
 * A `precompiled_charsmap`: a double-array trie over UTF-8, and the texts that it leads to, each ended by a NUL. Layout
 * and bits as https://github.com/huggingface/spm_precompiled reads them: a unit has its label in the low 8 bits, in bit
 * 8 whether something ends there, and from bit 10 on what its place is to be XORed with for its children; a value has
 * bit 31 set.
 */
export function charsmapOf(mapping: ReadonlyMap<string, string>): string {
  const texts: Buffer[] = [];
  const root: Node = { children: new Map(), value: undefined };
  let length = 0;
  for (const [from, to] of mapping) {
    nodeFor(root, Buffer.from(from)).value = length;
    texts.push(Buffer.from(`${to}\0`));
    length += texts.at(-1)!.length;
  }
  const units = new DoubleArray().pack(root);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(units.byteLength);
  return Buffer.concat([size, Buffer.from(units.buffer), ...texts]).toString("base64");
}

interface Node {
  readonly children: Map<number, Node>;
  value: number | undefined;
}

function nodeFor(root: Node, key: Buffer): Node {
  let node = root;
  for (const byte of key) {
    const next = node.children.get(byte) ?? { children: new Map(), value: undefined };
    node.children.set(byte, next);
    node = next;
  }
  return node;
}

const VALUE = 0x8000_0000;
const LEAF = 1 << 8;

class DoubleArray {
  readonly #units: number[] = [0];
  readonly #used = new Set([0]);
  #lowest = 1;

  pack(root: Node): Uint32Array {
    this.#place(root, 0, 0);
    // Any label may be looked for beside the last unit.
    return Uint32Array.from({ length: this.#units.length + 256 }, (_, at) => this.#units[at] ?? 0);
  }

  /** @param at its place. */
  #place(node: Node, at: number, label: number): void {
    const labels = [...(node.value === undefined ? [] : [0]), ...node.children.keys()];
    const base = this.#baseFor(labels);
    for (const one of labels) this.#used.add(base ^ one);
    this.#units[at] = (((at ^ base) << 10) | (node.value === undefined ? 0 : LEAF) | label) >>> 0;
    if (node.value !== undefined) this.#units[base] = (node.value | VALUE) >>> 0;
    for (const [byte, child] of node.children) this.#place(child, base ^ byte, byte);
  }

  #baseFor(labels: readonly number[]): number {
    while (this.#used.has(this.#lowest)) this.#lowest += 1;
    for (let base = this.#lowest; ; base++) if (labels.every((label) => !this.#used.has(base ^ label))) return base;
  }
}

/** Much of what nmt_nfkc does to characters: compatibility forms, controls, white space; with `folded`, letter case. */
export function nmtNfkc(folded: boolean): Map<string, string> {
  const mapping = new Map<string, string>();
  const put = (from: string, to: string): void => {
    const result = folded ? to.toLowerCase() : to;
    if (from !== result) mapping.set(from, result);
  };
  for (const [first, last] of [
    [0x41, 0x5a],
    [0xa0, 0x24f],
    [0x370, 0x52f],
    [0x1e00, 0x33ff],
    [0xf900, 0xfaff],
    [0xfb00, 0xfb06],
    [0xff01, 0xffdc],
  ] as const)
    for (let code = first; code <= last; code++) {
      const letter = String.fromCharCode(code);
      const composed = letter.normalize("NFKC");
      put(letter, composed);
      if (code < 0x250) put(letter.normalize("NFD"), composed);
    }
  for (let code = 1; code < 0x20; code++) mapping.set(String.fromCharCode(code), "");
  for (const removed of "\u007F\u200B\u200E\u200F\uFEFF\uFFFD") mapping.set(removed, "");
  for (const blank of "\t\n\f\r\u0085\u00A0\u1680\u200D\u2028\u2029\u3000") mapping.set(blank, " ");
  return mapping;
}
