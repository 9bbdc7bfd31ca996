// ONNX graphs as plain data: read, changed by small pure passes, written.
export {
  float,
  floatOf,
  floats,
  graph,
  int,
  intOf,
  ints,
  intsOf,
  subgraphsOf,
  tensor,
  text,
  textOf,
} from './attributes.js';
export {
  type CompareOptions,
  compareLevels,
  type LevelFigures,
  type RuntimeLevel,
  runtimeLevels,
} from './compare-levels.js';
export { type Constant, constantOf, floatsOf, integersOf, lengthOf, numbersOf } from './constant.js';
export { GraphEditor, type NewNode } from './editor.js';
export { bytesOf, type ElementType, elementTypeOf, elementTypes } from './element-type.js';
export { fromBfloat16, fromFloat16, toFloat16 } from './half.js';
export { bindSizes, openSizesOf, type Sizes } from './memory/bind-sizes.js';
export type { Lifetime } from './memory/liveness.js';
export { type MemoryPlan, type PlannedValue, planMemory } from './memory/plan.js';
export type { Attribute, Attributes, Dimension, Graph, Model, Node, Value, ValueType } from './model.js';
export { type ModelParts, modelOf, tensorValue } from './model-of.js';
export { namesRead, withSubgraphs } from './names.js';
export {
  nodeCount,
  type OptimizeOptions,
  optimizeGraph,
  optimizeOptions,
  type PassReport,
  type PassSummary,
} from './optimize.js';
export { type Level, levels } from './passes/levels.js';
export {
  type PrecisionOptions,
  type PrecisionReport,
  precisionOptions,
} from './passes/precision/options.js';
export { changePrecision } from './passes/precision/precision.js';
export { type ReadOptions, readModel } from './read.js';
export type { External } from './read-tensor.js';
export { withFilledChannels } from './types/blocked.js';
export { inferTypes } from './types/infer.js';
export { writeModel } from './write.js';
export { type ApartModel, type ApartOptions, writeModelApart } from './write-apart.js';
