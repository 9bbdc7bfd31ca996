// Which field to ask about: a held-out sample, the same with an inclusion painted in, or one from a file.
import { GalerkinError } from '../base/index.js';
import { type Inclusion, paintInclusion } from '../solve/index.js';
import { readNpz } from '../store/index.js';

/** Reads `x,y,radius,value`, for example `0.3,0.6,0.2,100`. */
export function parseInclusion(text: string): Inclusion {
  const numbers = text.split(',').map(part => (part.trim() === '' ? Number.NaN : Number(part)));
  const [x, y, radius, value] = numbers;
  const valid = numbers.length === 4 && numbers.every(Number.isFinite) && radius > 0 && value > 0;
  if (!valid) {
    const wanted = 'x,y,radius,value with centre in the unit square, radius and value above 0 (as 0.3,0.6,0.2,100)';
    throw new GalerkinError('ARGUMENT_INVALID', { flag: '--inclusion', wanted, got: text });
  }
  return { x, y, radius, value };
}

/** A copy of `field` [n, n] with the inclusion painted in. */
export const withInclusion = (field: Float64Array, n: number, inclusion: Inclusion): Float64Array =>
  paintInclusion(field.slice(), n, inclusion);

/** The array `name` [n, n] of an .npz file. */
export async function fieldFromFile(path: string, name: string): Promise<{ field: Float64Array; n: number }> {
  const array = (await readNpz(path))[name];
  const [rows, columns] = array?.shape ?? [];
  if (array === undefined || array.shape.length !== 2 || rows !== columns || array.data instanceof BigInt64Array) {
    const wanted = `an .npz file with a square array '${name}'`;
    const got = array === undefined ? `${path} without it` : `${path} with shape [${array.shape}]`;
    throw new GalerkinError('ARGUMENT_INVALID', { flag: '--input', wanted, got });
  }
  return { field: Float64Array.from(array.data), n: rows };
}

/** Relative difference in the discrete L2 norm: |a - b| / |b|. */
export function relativeL2(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i] - b[i]) ** 2;
    norm += b[i] ** 2;
  }
  return Math.sqrt(difference / norm);
}
