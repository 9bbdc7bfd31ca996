// Writing apart: the graph in one file and its large weights in another, which a runtime can map into memory and share.
import type { Constant } from './constant.js';
import type { Model } from './model.js';
import { writeModel } from './write.js';

export interface ApartOptions {
  /** Name of the file of weights, relative to the model's. */
  readonly location: string;
  /** Constants of fewer bytes stay in the graph, where passes of a runtime can see them. @default 1024 */
  readonly leastBytes?: number;
}

export interface ApartModel {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** To be written to `location`. */
  readonly weights: Uint8Array<ArrayBuffer>;
}

/** Weights begin at multiples of this, so that they can be mapped one by one: the page size of common processors. */
const pageBytes = 4096;

/** The model with its large constants outside. Both files are needed to read it again. Copies the weights once. */
export function writeModelApart(model: Model, { location, leastBytes = 1024 }: ApartOptions): ApartModel {
  let end = 0;
  const moved: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  const move = (constant: Constant): Constant => {
    const { bytes } = constant;
    if (constant.texts !== undefined || bytes.byteLength < leastBytes) return constant;
    const offset = Math.ceil(end / pageBytes) * pageBytes;
    moved.push({ offset, bytes });
    end = offset + bytes.byteLength;
    return { ...constant, outside: { location, offset } };
  };
  const constants = new Map([...model.graph.constants].map(([name, constant]) => [name, move(constant)]));
  const weights = new Uint8Array(end);
  for (const { offset, bytes } of moved) weights.set(bytes, offset);
  return { bytes: writeModel({ ...model, graph: { ...model.graph, constants } }), weights };
}
