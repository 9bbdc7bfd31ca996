// The control inputs of a sequence model: whether a row starts or ends its sequence, holds a request at all, and of which id.
import { type DType, GalerkinError, type Tensor } from '../../base/index.js';
import { dtypeOf, type ModelConfig } from '../../model/index.js';
import { dataTensor } from './data-tensor.js';

type SequenceConfig = NonNullable<ModelConfig['sequence_batching']>;
type ControlInput = SequenceConfig['control_input'][number];

/** What a model is told of one row. */
export interface Marks {
  readonly start: boolean;
  readonly end: boolean;
  readonly ready: boolean;
  /** A decimal number or a text; '0' for a row without a request. */
  readonly id: string;
}

/** A control that is one of two values. */
interface FlagControl {
  readonly name: string;
  readonly flag: 'start' | 'end' | 'ready';
  readonly no: Tensor;
  readonly yes: Tensor;
}

interface IdControl {
  readonly name: string;
  readonly dtype: IdType;
}

export interface Controls {
  readonly flags: readonly FlagControl[];
  readonly id: IdControl | undefined;
  /** Shape of every control in one row: [1, 1], or [1] for a model without a batch axis. */
  readonly shape: readonly number[];
}

const idTypes = ['UINT64', 'INT64', 'UINT32', 'INT32', 'BYTES'] as const;
type IdType = (typeof idTypes)[number];

const flagOf = {
  CONTROL_SEQUENCE_START: 'start',
  CONTROL_SEQUENCE_END: 'end',
  CONTROL_SEQUENCE_READY: 'ready',
} as const;

function flagValues({ int32_false_true, fp32_false_true, bool_false_true }: ControlInput['control'][number]): {
  dtype: DType;
  values: readonly (number | boolean)[];
} {
  if (int32_false_true.length > 0) return { dtype: 'INT32', values: int32_false_true };
  if (fp32_false_true.length > 0) return { dtype: 'FP32', values: fp32_false_true };
  return { dtype: 'BOOL', values: bool_false_true };
}

/** The datatype that each control input has in the graph. */
export function controlTypes(inputs: readonly ControlInput[]): { name: string; dtype: DType }[] {
  return inputs.flatMap(({ name, control: [first] }) => {
    if (first === undefined) return [];
    const dtype = first.kind === 'CONTROL_SEQUENCE_CORRID' ? dtypeOf(first.data_type) : flagValues(first).dtype;
    return [{ name, dtype: dtype ?? 'UINT64' }];
  });
}

/** @throws MODEL_UNSERVABLE for an input that is to say several things at once. */
export function readControls(model: string, inputs: readonly ControlInput[], isBatched: boolean): Controls {
  const shape = isBatched ? [1, 1] : [1];
  const flags: FlagControl[] = [];
  let id: IdControl | undefined;
  for (const { name, control } of inputs) {
    const [first, second] = control;
    if (first === undefined) continue;
    if (second !== undefined) {
      const why = `its control input '${name}' is given ${control.length} controls; one tensor can say only one thing`;
      throw new GalerkinError('MODEL_UNSERVABLE', { model, why });
    }
    if (first.kind === 'CONTROL_SEQUENCE_CORRID') {
      const dtype = idTypes.find(each => each === dtypeOf(first.data_type));
      if (dtype !== undefined) id = { name, dtype };
      continue;
    }
    const { dtype, values } = flagValues(first);
    const [no, yes] = [0, 1].map(k => dataTensor(dtype, shape, [Number(values[k] ?? k)]));
    if (no !== undefined && yes !== undefined) flags.push({ name, flag: flagOf[first.kind], no, yes });
  }
  return { flags, id, shape };
}

/** Bounds of the integer types that hold an id; an id is compared as 64 bits, so that a negative one keeps its bits. */
const ranges = {
  UINT64: [0n, 2n ** 64n - 1n],
  INT64: [-(2n ** 63n), 2n ** 63n - 1n],
  UINT32: [0n, 2n ** 32n - 1n],
  INT32: [-(2n ** 31n), 2n ** 31n - 1n],
} as const;

/** The value of an id in an integer type; undefined if the type cannot hold it. Number ids travel as 64 bits without a sign. */
function idValue(dtype: Exclude<IdType, 'BYTES'>, id: string): bigint | undefined {
  if (!/^-?\d{1,20}$/.test(id)) return undefined;
  const value = BigInt(id);
  const signed = dtype === 'INT64' || dtype === 'INT32' ? BigInt.asIntN(64, value) : value;
  const [lowest, highest] = ranges[dtype];
  const isTooLong = value >= 2n ** 64n || value < -(2n ** 63n);
  return isTooLong || signed < lowest || signed > highest ? undefined : signed;
}

/** What is wrong with the id of a request, in words of what was wanted; undefined if the model can be told of it. */
export function idFault({ id: control }: Controls, id: string): string | undefined {
  if (control === undefined || control.dtype === 'BYTES') return undefined;
  return idValue(control.dtype, id) === undefined ? `a number that ${control.dtype} holds` : undefined;
}

/** Adds the control inputs of one row. */
export function writeControls({ flags, id, shape }: Controls, marks: Marks, into: Record<string, Tensor>): void {
  for (const { name, flag, no, yes } of flags) into[name] = marks[flag] ? yes : no;
  if (id === undefined) return;
  if (id.dtype === 'BYTES') into[id.name] = { dtype: 'BYTES', shape, data: [marks.id] };
  else into[id.name] = dataTensor(id.dtype, shape, [idValue(id.dtype, marks.id) ?? 0n]);
}
