// Learning: data sets, the Fourier neural operator, training as native programs, guards and their calibration, packages.
export { conformalBound } from './conformal.js';
export { type DataSet, type DataSetOptions, dataRecipeVersion, makeDataSet, type WorkHooks } from './data-set.js';
export { exactSymmetries } from './exact-symmetries.js';
export { type ExportedPrograms, exportPrograms } from './export-programs.js';
export { type FieldStatistics, fieldStatistics } from './field-statistics.js';
export { type FnoOptions, fno2d } from './fno.js';
export { type GuardVerdict, guardFunction, guardProgram } from './guard-program.js';
export { type JudgedFields, type Judgement, judge } from './judge.js';
export { type LearnHooks, type LearnResult, learn } from './learn.js';
export { type Operator, parameterCount } from './operator.js';
export { type PresetName, presetNames, presets, type Recipe } from './presets.js';
export { type LearnOptions, learnOptions } from './recipe.js';
export { type FieldRange, type Split, splitFields } from './split.js';
export { gridSymmetries, type NodeMap } from './symmetries.js';
export type { HostArray, Weights } from './traced-arrays.js';
export { type TrainHooks, type TrainResult, train } from './train.js';
export type { TrainOptions } from './training-options.js';
export type { CurvePoint } from './training-state.js';
