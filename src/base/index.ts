// The ground floor: errors, options, tensors, random numbers, time, progress, events. Imports nothing of ours.
export { type Clock, manualClock, systemClock, systemTimers, type Timers } from './clock.js';
export { type ErrorEntry, entry } from './errors/entry.js';
export { GalerkinError, invariant, isGalerkinError } from './errors/galerkin-error.js';
export { type ErrorCode, type ErrorFields, errorTable } from './errors/table.js';
export { type Channel, channel } from './events.js';
export { fromBfloat16, fromFloat16, toFloat16 } from './half.js';
export { makeFolders } from './make-folders.js';
export {
  choiceOption,
  faultLines,
  flagOption,
  integerOption,
  numberOption,
  type OptionRow,
  optionRows,
  optionSchema,
  resolveOptions,
  textOption,
} from './options.js';
export { packageVersion } from './package-version.js';
export type { Progress, ProgressListener } from './progress.js';
export { type Random, seededRandom } from './random.js';
export {
  type DType,
  dtypeBytes,
  elementCount,
  float32,
  type Tensor,
  type TensorArrays,
  type TensorOf,
} from './tensor.js';
