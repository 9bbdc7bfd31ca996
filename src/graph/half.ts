// Half precision, as the ground floor reads and writes it.
export { fromBfloat16, fromFloat16, toFloat16 } from '../base/index.js';
