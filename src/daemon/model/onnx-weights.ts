import { isAbsolute } from "node:path";
import { tensorBytes } from "./onnx-types.ts";
import { MalformedError, integer, message } from "./protobuf-file.ts";
import type { Field, ProtobufFile, Span } from "./protobuf-file.ts";

/** TensorProto.data_location of a weight in a file of its own. */
const EXTERNAL = 1;
/** Graphs within graphs (If, Loop); each level is a level of our stack. */
const DEEPEST = 32;

export interface Weight {
  readonly name: string;
  readonly dims: readonly number[];
}

/** Finds the files that weights lie in, wherever in a model a weight may stand. The weights themselves are stepped over. */
export class WeightFinder {
  /** The bytes that each file must have, by its name relative to the model file. */
  readonly external = new Map<string, number>();
  readonly #file: ProtobufFile;

  constructor(file: ProtobufFile) {
    this.#file = file;
  }

  /** A field of a GraphProto. @returns the initialiser, if it is one. @throws {MalformedError} */
  async readGraphField(field: Field, depth = 0): Promise<Weight | undefined> {
    if (field.number === 1) await this.readNode(message(field), depth);
    else if (field.number === 5) return this.#readTensor(message(field));
    else if (field.number === 15) await this.#readSparseTensor(message(field));
    return undefined;
  }

  /** A NodeProto: its attributes may be constants or graphs. @throws {MalformedError} */
  async readNode(span: Span, depth = 0): Promise<void> {
    for await (const field of this.#file.fields(span)) {
      if (field.number === 5) await this.#readAttribute(message(field), depth);
    }
  }

  async #readAttribute(span: Span, depth: number): Promise<void> {
    for await (const field of this.#file.fields(span)) {
      if (field.number === 5 || field.number === 10) await this.#readTensor(message(field));
      else if (field.number === 22 || field.number === 23) await this.#readSparseTensor(message(field));
      else if (field.number === 6 || field.number === 11) await this.#readInnerGraph(message(field), depth + 1);
    }
  }

  async #readInnerGraph(span: Span, depth: number): Promise<void> {
    if (depth > DEEPEST) throw new MalformedError(`its graphs are nested more than ${DEEPEST} deep`);
    for await (const field of this.#file.fields(span)) await this.readGraphField(field, depth);
  }

  /** Its values and its indices are tensors. */
  async #readSparseTensor(span: Span): Promise<void> {
    for await (const field of this.#file.fields(span)) {
      if (field.number === 1 || field.number === 2) await this.#readTensor(message(field));
    }
  }

  async #readTensor(span: Span): Promise<Weight> {
    const place = new Map<string, string>();
    const dims: number[] = [];
    let name = "";
    let type = 0;
    let location = 0;
    for await (const field of this.#file.fields(span)) {
      if (field.number === 1) dims.push(...(await this.#file.integers(field)));
      else if (field.number === 2) type = integer(field);
      else if (field.number === 8) name = await this.#file.text(field);
      else if (field.number === 13) place.set(...(await this.#readEntry(message(field))));
      else if (field.number === 14) location = integer(field);
    }
    if (location === EXTERNAL) this.#add(name, place, tensorBytes(type, dims));
    return { name, dims };
  }

  async #readEntry(span: Span): Promise<[key: string, value: string]> {
    let key = "";
    let value = "";
    for await (const field of this.#file.fields(span)) {
      if (field.number === 1) key = await this.#file.text(field);
      else if (field.number === 2) value = await this.#file.text(field);
    }
    return [key, value];
  }

  /** Writers that give each weight a file of its own leave offset and length out. */
  #add(name: string, place: ReadonlyMap<string, string>, bytes: number): void {
    const location = place.get("location") ?? "";
    if (!isInside(location)) {
      throw new MalformedError(
        `the weight ${name} lies in ${JSON.stringify(location)}, which is not inside the model's folder`,
      );
    }
    const [from, length] = [Number(place.get("offset") ?? 0), Number(place.get("length") ?? bytes)];
    if (![from, length].every((value) => Number.isSafeInteger(value) && value >= 0)) {
      throw new MalformedError(`the place of the weight ${name} in ${location} is no number of bytes`);
    }
    this.external.set(location, Math.max(from + length, this.external.get(location) ?? 0));
  }
}

/** By its name alone: what the name leads to may be a link, as in the download cache of Hugging Face. */
function isInside(location: string): boolean {
  const isName = location !== "" && !location.includes("\0") && !isAbsolute(location);
  return isName && !location.split(/[/\\]/).includes("..");
}
