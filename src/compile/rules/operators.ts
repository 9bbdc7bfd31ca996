// Which operator computes a primitive in which element type.
import type { ElementType } from '../onnx/element-type.js';
import { refuse } from './rule.js';

/** Operator for each element type that the runtime computes it in. */
export type Operators = Partial<Readonly<Record<ElementType, string>>>;

export const floats = (operator: string): Operators => ({ float32: operator, float64: operator, float16: operator });
export const numbers = (operator: string): Operators => ({ ...floats(operator), int32: operator, uint32: operator });

export const isFloat = (dtype: ElementType): boolean =>
  dtype === 'float32' || dtype === 'float64' || dtype === 'float16';

export function operatorFor(operators: Operators, dtype: ElementType): string {
  return operators[dtype] ?? refuse(`the runtime has no ${dtype} kernel for it`);
}
