import { closeSync, openSync, readFileSync, readSync, renameSync, statSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { decode, encode, messageField, textField, textOf } from "./wire.ts";
import type { WireField } from "./wire.ts";

/** What the widest registers load at once, and what memory that the runtime asks for itself begins at a multiple of. */
const ALIGNMENT = 64;
const PIECE_BYTES = 4 * 1024 * 1024;

/** Field numbers of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */
const MODEL_GRAPH = 7;
const GRAPH_NODE = 1;
const GRAPH_INITIALIZER = 5;
const NODE_ATTRIBUTE = 5;
const ATTRIBUTE_GRAPHS = [6, 11];
const TENSOR_EXTERNAL_DATA = 13;

/**
 * Moves the weights of a saved model so that each begins at a multiple of 64 bytes. The runtime writes them one after
 * another; its kernels read what they packed with instructions that end the process where it is not aligned, and find
 * other numbers where the packing goes by the address.
 *
 * An entry of external_data is a key and a value. `prepacked_N` is `kernel+hash|offset;length;hash|offset;length;hash…`:
 * onnxruntime/core/framework/tensor_external_data_info.cc
 *
 * @throws {Error} where the weights are shorter than the model says.
 */
export function alignWeights(modelPath: string, weightsName: string): void {
  const model = decode(readFileSync(modelPath));
  const weightsPath = join(dirname(modelPath), weightsName);
  const places: number[] = [];
  let end = 0;
  eachPlace(model, (offset, length) => {
    places.push(offset);
    end = Math.max(end, offset + length);
    return offset;
  });
  const bytes = statSync(weightsPath, { throwIfNoEntry: false })?.size ?? 0;
  // The runtime does not tell that a disk was full.
  if (bytes < end) throw new Error(`${bytes} of ${end} bytes of weights could be written`);
  if (places.every((offset) => offset % ALIGNMENT === 0)) return;
  const moving = `${weightsPath}.aligned`;
  const copy = new AlignedCopy(weightsPath, moving);
  try {
    writeFileSync(modelPath, encode(eachPlace(model, (offset, length) => copy.move(offset, length))));
  } finally {
    copy.close();
  }
  renameSync(moving, weightsPath);
}

/** @param place given where something lies and how long it is, tells where it is from now on. */
type Place = (offset: number, length: number) => number;

function eachPlace(model: readonly WireField[], place: Place): WireField[] {
  return inside(model, MODEL_GRAPH, (graph) => inGraph(graph, place));
}

/** Graphs in the attributes of nodes, such as branches, have weights of their own. */
function inGraph(graph: readonly WireField[], place: Place): WireField[] {
  const withNodes = inside(graph, GRAPH_NODE, (node) =>
    inside(node, NODE_ATTRIBUTE, (attribute) =>
      ATTRIBUTE_GRAPHS.reduce<WireField[]>(
        (fields, number) => inside(fields, number, (inner) => inGraph(inner, place)),
        [...attribute],
      ),
    ),
  );
  return inside(withNodes, GRAPH_INITIALIZER, (tensor) => inTensor(tensor, place));
}

/** The message with every field of this number rewritten. */
function inside(
  message: readonly WireField[],
  number: number,
  rewrite: (inner: WireField[]) => WireField[],
): WireField[] {
  return message.map((field) => (field.number === number ? messageField(number, rewrite(decode(field.bytes))) : field));
}

function inTensor(tensor: readonly WireField[], place: Place): WireField[] {
  const entries = tensor.filter(({ number }) => number === TENSOR_EXTERNAL_DATA).map(({ bytes }) => entryOf(bytes));
  if (entries.length === 0) return [...tensor];
  const numberOf = (name: string): number => Number(entries.find(([key]) => key === name)?.[1] ?? 0);
  const offset = String(place(numberOf("offset"), numberOf("length")));
  const moved = entries.map(([key, value]): [string, string] => {
    if (key === "offset") return [key, offset];
    return [key, key.startsWith("prepacked_") ? movePacked(value, place) : value];
  });
  const others = tensor.filter(({ number }) => number !== TENSOR_EXTERNAL_DATA);
  return [
    ...others,
    ...moved.map(([key, value]) => messageField(TENSOR_EXTERNAL_DATA, [textField(1, key), textField(2, value)])),
  ];
}

function entryOf(bytes: Uint8Array): [string, string] {
  const fields = decode(bytes);
  const [key, value] = [1, 2].map((number) => fields.find((field) => field.number === number));
  return [key ? textOf(key) : "", value ? textOf(value) : ""];
}

function movePacked(entry: string, place: Place): string {
  const [kernel = "", ...blobs] = entry.split("|");
  const moved = blobs.map((blob) => {
    const [offset = "", length = "", ...rest] = blob.split(";");
    return [place(Number(offset), Number(length)), length, ...rest].join(";");
  });
  return [kernel, ...moved].join("|");
}

/** Writes parts of one file into another, each at the next aligned place. */
class AlignedCopy {
  readonly #from: number;
  readonly #to: number;
  readonly #piece = Buffer.allocUnsafe(PIECE_BYTES);
  #end = 0;

  constructor(from: string, to: string) {
    this.#from = openSync(from, "r");
    this.#to = openSync(to, "w");
  }

  move(offset: number, length: number): number {
    const start = Math.ceil(this.#end / ALIGNMENT) * ALIGNMENT;
    for (let done = 0; done < length;) {
      const read = readSync(this.#from, this.#piece, 0, Math.min(PIECE_BYTES, length - done), offset + done);
      if (read === 0) throw new Error(`the weights end at byte ${offset + done}, and ${length - done} more are named`);
      for (let at = 0; at < read;) at += writeSync(this.#to, this.#piece, at, read - at, start + done + at);
      done += read;
    }
    this.#end = start + length;
    return start;
  }

  close(): void {
    closeSync(this.#from);
    closeSync(this.#to);
  }
}
