// Running conformance cases: their inputs and expected outputs as tensors, a model's answers, and how the two compare.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import type { Tensor } from 'galerkin/base';
import { openSession, type SessionOptions } from 'galerkin/runtime';
import { TensorProtoSchema } from 'onnx-buf';
import { readTensor } from '../../dist/graph/read-tensor.js';
import { tensorOf } from '../../dist/graph/tensors.js';

export type Feeds = Record<string, Tensor>;

/** The k-th tensors of the first data set; undefined where a file is no tensor that a session takes. */
export function dataOf(folder: string, kind: 'input' | 'output'): Tensor[] | undefined {
  const set = join(folder, 'test_data_set_0');
  const count = readdirSync(set).filter(name => name.startsWith(`${kind}_`)).length;
  try {
    const tensors = Array.from({ length: count }, (_, k) => {
      const bytes = readFileSync(join(set, `${kind}_${k}.pb`));
      return tensorOf(
        readTensor(fromBinary(TensorProtoSchema, new Uint8Array(bytes)), { source: folder, external: undefined }),
      );
    });
    const known = tensors.filter(tensor => tensor !== undefined);
    return known.length === count ? known : undefined;
  } catch {
    return undefined;
  }
}

/** Answers in the order of the model's outputs. Throws what the runtime throws. */
export async function answersOf(
  model: Uint8Array,
  inputs: readonly Tensor[],
  options: SessionOptions = {},
): Promise<Tensor[]> {
  const session = await openSession(model, { threads: 1, spin: false, ...options });
  try {
    const feeds = Object.fromEntries(
      session.inputs.flatMap(({ name }, k) => (inputs[k] === undefined ? [] : [[name, inputs[k]]])),
    );
    const answers = await session.run(feeds);
    return session.outputs.map(({ name }) => {
      const answer = answers[name];
      if (answer === undefined) throw new Error(`no output ${name}`);
      return answer;
    });
  } finally {
    await session.close();
  }
}

const number = (value: unknown): number => Number(value);

/** A half's pattern as a number. */
function half(pattern: number): number {
  const [sign, exponent, fraction] = [pattern & 0x8000 ? -1 : 1, (pattern >> 10) & 31, pattern & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

export interface Closeness {
  readonly relative: number;
  readonly absolute: number;
}

const isClose = (a: number, b: number, { relative, absolute }: Closeness): boolean =>
  Object.is(a, b) || a === b || Math.abs(a - b) <= absolute + relative * Math.abs(b);

/** 'same' bit for bit (any NaN is NaN), 'close', or what differs. */
export function compare(got: readonly Tensor[], wanted: readonly Tensor[], closeness: Closeness): string {
  let verdict = 'same';
  for (const [k, truth] of wanted.entries()) {
    const answer = got[k];
    if (answer?.dtype !== truth.dtype) return `output ${k} is ${answer?.dtype}, not ${truth.dtype}`;
    if (String(answer.shape) !== String(truth.shape)) return `output ${k} is [${answer.shape}], not [${truth.shape}]`;
    for (let at = 0; at < truth.data.length; at++) {
      const [a, b] = [answer.data[at], truth.data[at]];
      if (Object.is(a, b)) continue;
      if (typeof a === 'string' || typeof b === 'string') return `output ${k} at ${at}: '${a}', not '${b}'`;
      const toNumber = truth.dtype === 'FP16' ? (value: unknown) => half(number(value)) : number;
      if (Number.isNaN(toNumber(a)) && Number.isNaN(toNumber(b))) continue;
      if (!isClose(toNumber(a), toNumber(b), closeness))
        return `output ${k} at ${at}: ${toNumber(a)}, not ${toNumber(b)}`;
      verdict = 'close';
    }
  }
  return verdict;
}
