// What a model is asked while it is tuned: samples of its package, of a file, or random numbers in its shapes.
import { dtypeBytes, elementCount, GalerkinError, seededRandom, type Tensor } from '../../base/index.js';
import { sampleSet } from '../../model/index.js';
import type { SessionValue } from '../../runtime/index.js';
import { type NpzArray, readNpz } from '../../store/index.js';
import type { Feeds } from '../feeds.js';
import type { Source } from './source.js';
import { joined, tensorFrom } from './tensor-from.js';

export interface Samples {
  /** One item each; where the model has a batch axis, it is there and 1. */
  readonly feeds: readonly Feeds[];
  /** The right answers, where they are known. */
  readonly truths: readonly Feeds[] | undefined;
  readonly origin: 'package' | 'file' | 'random';
}

export interface SampleTerms {
  readonly inputs: readonly SessionValue[];
  readonly outputs: readonly SessionValue[];
  /** 0: no batch axis. */
  readonly maxBatch: number;
  /** At most so many are used. */
  readonly most: number;
}

const refuse = (what: string, wanted: string, got: string): never => {
  throw new GalerkinError('OPTIMIZE_INPUT_INVALID', { what, wanted, got });
};

const shown = (shape: readonly (number | string)[]): string =>
  `[${shape.map(size => (size === '' ? '?' : size)).join(', ')}]`;

function assertFinite(tensor: Tensor, what: string): void {
  if (tensor.dtype !== 'FP32' && tensor.dtype !== 'FP64') return;
  const at = tensor.data.findIndex(value => !Number.isFinite(value));
  if (at >= 0) refuse(what, 'finite numbers', `${tensor.data[at]} at position ${at}`);
}

/** Sample by sample, the items of one array. */
function itemsOf(array: NpzArray, value: SessionValue, { maxBatch, most }: SampleTerms): Tensor[] {
  const { name, dtype, shape } = value;
  const what = `samples of '${name}'`;
  const isStacked = maxBatch > 0 || array.shape.length === shape.length + 1;
  const item = isStacked ? array.shape.slice(1) : array.shape;
  const fitted = maxBatch > 0 ? [1, ...item] : item;
  const fits =
    fitted.length === shape.length &&
    shape.every((size, axis) => typeof size !== 'number' || size === fitted[axis] || (axis === 0 && maxBatch > 0));
  const wanted = maxBatch > 0 ? ['count', ...shape.slice(1)] : ['count', ...shape];
  if (!fits || elementCount(fitted) === 0)
    refuse(what, `${dtype} ${shown(wanted)}`, `${array.dtype} ${shown(array.shape)}`);
  const count = isStacked ? (array.shape[0] ?? 0) : 1;
  const length = elementCount(item);
  return Array.from({ length: Math.min(count, most) }, (_, k) => {
    const data = array.data.subarray(k * length, (k + 1) * length);
    const tensor = tensorFrom(dtype, fitted, data);
    if (tensor === undefined) return refuse(what, dtype, array.dtype);
    assertFinite(tensor, `${what}, number ${k}`);
    return tensor;
  });
}

const feedsOf = (columns: ReadonlyMap<string, readonly Tensor[]>, count: number): Feeds[] =>
  Array.from({ length: count }, (_, k) =>
    Object.fromEntries(
      [...columns].flatMap(([name, tensors]) => (tensors[k] === undefined ? [] : [[name, tensors[k]]])),
    ),
  );

async function fromFile(path: string, terms: SampleTerms): Promise<Samples> {
  const arrays = await readNpz(path);
  const columns = new Map<string, Tensor[]>();
  for (const input of terms.inputs) {
    const array = arrays[input.name];
    if (array === undefined) {
      const names = Object.keys(arrays).join(', ');
      return refuse(`samples '${path}'`, `an array '${input.name}'`, names === '' ? 'none' : `only ${names}`);
    }
    columns.set(input.name, itemsOf(array, input, terms));
  }
  const counts = [...columns.values()].map(({ length }) => length);
  const [count = 0] = counts;
  if (count === 0 || counts.some(other => other !== count))
    refuse(`samples '${path}'`, 'as many of each input, at least one', counts.join(', '));
  return { feeds: feedsOf(columns, count), truths: truthsIn(arrays, count, terms), origin: 'file' };
}

/** Right answers, if the file has all of them. */
function truthsIn(arrays: Readonly<Record<string, NpzArray>>, count: number, terms: SampleTerms): Feeds[] | undefined {
  const columns = new Map<string, Tensor[]>();
  for (const output of terms.outputs) {
    const array = arrays[output.name];
    if (array === undefined) return undefined;
    columns.set(output.name, itemsOf(array, output, terms));
  }
  return feedsOf(columns, count);
}

async function fromPackage(
  source: Source,
  { inputs, outputs, maxBatch, most }: SampleTerms,
): Promise<Samples | undefined> {
  const set = await sampleSet(source.package);
  if (set === undefined || set.count === 0) return undefined;
  const names = (values: readonly SessionValue[]): string[] => values.map(({ name }) => name);
  const batched = (tensor: Tensor): Tensor => (maxBatch > 0 ? { ...tensor, shape: [1, ...tensor.shape] } : tensor);
  const known = source.package.manifest?.outputs.map(({ name }) => name) ?? [];
  const count = Math.min(set.count, most);
  const rows = (list: readonly string[], pick: (index: number, name: string) => Tensor): Feeds[] =>
    Array.from({ length: count }, (_, k) => Object.fromEntries(list.map(name => [name, batched(pick(k, name))])));
  const truths = names(outputs).every(name => known.includes(name)) ? rows(names(outputs), set.output) : undefined;
  return { feeds: rows(names(inputs), set.input), truths, origin: 'package' };
}

/** Normal numbers for floats; 0 and 1 for the rest, which are valid as flags and as indices alike. */
function randomSamples({ inputs, maxBatch, most }: SampleTerms, seed: number): Samples {
  const random = seededRandom(seed);
  const feeds = Array.from({ length: most }, (): Feeds => {
    const tensors = inputs.map(({ name, dtype, shape }): [string, Tensor] => {
      const sizes = shape.map((size, axis) => (axis === 0 && maxBatch > 0 ? 1 : size));
      const known = sizes.filter(size => typeof size === 'number');
      if (known.length < sizes.length)
        return refuse(
          `input '${name}'`,
          'samples from a file, because sizes are open (--samples FILE.npz)',
          shown(shape),
        );
      const isFloat = dtype.startsWith('FP');
      const values = Array.from({ length: elementCount(known) }, () => (isFloat ? random.normal() : random.integer(2)));
      const tensor = tensorFrom(dtype, known, values);
      return tensor === undefined
        ? refuse(`input '${name}'`, 'numbers', `${dtype}, which cannot be tuned`)
        : [name, tensor];
    });
    return Object.fromEntries(tensors);
  });
  return { feeds, truths: undefined, origin: 'random' };
}

/** Random samples tell speed well and accuracy badly: a few of them do. */
const randomCount = 8;

/**
 * Samples from `file` (.npz: an array for each input, the samples along the first axis; outputs too, if they are known), else from the
 * package, else random ones.
 * @throws OPTIMIZE_INPUT_INVALID for arrays that do not fit, for numbers that are not finite, for open sizes and texts without a file.
 */
export async function samplesFor(
  source: Source,
  terms: SampleTerms,
  { file, seed }: { readonly file: string | undefined; readonly seed: number },
): Promise<Samples> {
  const text = terms.inputs.find(({ dtype }) => dtypeBytes[dtype] === 0);
  if (text !== undefined) refuse(`input '${text.name}'`, 'numbers', 'texts, which cannot be tuned');
  if (file !== undefined) return fromFile(file, terms);
  return (
    (await fromPackage(source, terms)) ?? randomSamples({ ...terms, most: Math.min(randomCount, terms.most) }, seed)
  );
}

/** Items one after another in one feed; taken from the beginning again when there are too few. One item is given as it is. */
export function stacked(
  samples: readonly Feeds[],
  { batch, first = 0 }: { readonly batch: number; readonly first?: number },
): Feeds {
  if (batch === 1) return samples[first % samples.length] ?? {};
  const items = Array.from({ length: batch }, (_, k) => samples[(first + k) % samples.length] ?? {});
  const names = Object.keys(items[0] ?? {});
  return Object.fromEntries(
    names.map(name => [name, joined(items.flatMap(item => (item[name] === undefined ? [] : [item[name]])))]),
  );
}
