// What a change of precision is asked for, and what it reports.
import { choiceOption, GalerkinError, optionSchema, resolveOptions } from '../../../base/index.js';

export const precisionOptions = optionSchema({
  from: choiceOption(['float64', 'float32'], { doc: 'The element type that is given up.', default: 'float64' }),
  to: choiceOption(['float32', 'float16'], { doc: 'The next smaller one, which takes its place.', default: 'float32' }),
  door: choiceOption(['keep', 'change'], {
    doc: "Inputs and outputs of the model keep their types behind casts ('keep'), or change with the rest.",
    default: 'keep',
  }),
  overflow: choiceOption(['refuse', 'clamp'], {
    doc: 'Constants beyond the largest number of the smaller type: an error, or that largest number instead.',
    default: 'refuse',
  }),
});

export interface PrecisionOptions {
  /** The element type that is given up: 'float64' with `to: 'float32'`, or 'float32' with `to: 'float16'`. */
  readonly from: 'float64' | 'float32';
  readonly to: 'float32' | 'float16';
  /** Inputs and outputs of the model keep their types behind casts, or change with the rest. @default 'keep' */
  readonly door?: 'keep' | 'change';
  /** Constants beyond the largest number of `to`: PRECISION_OVERFLOW, or that largest number instead. @default 'refuse' */
  readonly overflow?: 'refuse' | 'clamp';
}

export interface PrecisionReport {
  readonly from: 'float64' | 'float32';
  readonly to: 'float32' | 'float16';
  /** Nodes that compute in `to` now. */
  readonly changed: number;
  /** Operators that still compute in `from`, with how many nodes of each: the runtime has no kernel in `to`, or they must not be rounded. */
  readonly kept: Readonly<Record<string, number>>;
  /** Cast nodes that were added. */
  readonly casts: number;
  /** Constants that changed, and the bytes of all constants before and after. */
  readonly constants: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** Values of constants that were clamped. */
  readonly clamped: number;
  /** Constants that stay as they are, for too much of them would become 0. */
  readonly vanishing: readonly string[];
}

export type Door = NonNullable<PrecisionOptions['door']>;

/** The smaller type, by what numbers become in it. */
export interface Narrowing {
  readonly from: PrecisionOptions['from'];
  readonly to: PrecisionOptions['to'];
  readonly overflow: 'refuse' | 'clamp';
  readonly door: Door;
  /** Its largest number; the least number that rounds to infinity; the largest that rounds to 0; the largest relative rounding. */
  readonly largest: number;
  readonly overflows: number;
  readonly vanishes: number;
  readonly roundoff: number;
}

const limits = {
  float32: {
    largest: (2 - 2 ** -23) * 2 ** 127,
    overflows: 2 ** 128 - 2 ** 103,
    vanishes: 2 ** -150,
    roundoff: 2 ** -24,
  },
  float16: { largest: 65504, overflows: 65520, vanishes: 2 ** -25, roundoff: 2 ** -11 },
} as const;

/** @throws OPTIONS_INVALID, also for a pair that is not one step down. */
export function narrowingOf(options: PrecisionOptions): Narrowing {
  const { from, to, door, overflow } = resolveOptions('changePrecision', precisionOptions, options);
  if ((from === 'float64') !== (to === 'float32'))
    throw new GalerkinError('OPTIONS_INVALID', {
      of: 'changePrecision',
      faults: [`from '${from}' to '${to}' is not one step: float64 to float32, or float32 to float16`],
    });
  return { from, to, door, overflow, ...limits[to] };
}
