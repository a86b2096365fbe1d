/**
 * Whether a Precompiled normalizer of SentencePiece changes a character of ASCII on its own.
 *
 * The map is a double-array trie (units of 32 bits, after their size in bytes) and the texts it leads to; layout and
 * bits as in https://github.com/huggingface/spm_precompiled, which reads it for the original tokenizers.
 *
 * @param base64 `precompiled_charsmap` of tokenizer.json.
 */
export function mapsCharacter(base64: string, character: string): boolean {
  const bytes = Buffer.from(base64, "base64");
  const units = bytes.length < 4 ? 0 : Math.min(bytes.readUInt32LE(0), bytes.length - 4) >>> 2;
  const unitAt = (index: number): number => (index < units ? bytes.readUInt32LE(4 + index * 4) : 0);
  const code = character.charCodeAt(0);
  const unit = unitAt(offsetOf(unitAt(0)) ^ code);
  const isThere = (unit & LABEL_BITS) === code;
  return isThere && (unit & LEAF_BIT) !== 0;
}

const LABEL_BITS = 0x8000_00ff | 0;
const LEAF_BIT = 1 << 8;

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & (1 << 9)) >>> 6);
}
