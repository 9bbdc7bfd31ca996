// The artefact: Triton's repository layout with physics beside it; configuration, manifest, publication, reading, samples.

export type { FieldSpec as ConfigField } from './config/field-spec.js';
export {
  type InputConfig,
  type ModelConfig,
  type ModelConfigInput,
  modelConfig,
  type OutputConfig,
  type TensorConfig,
} from './config/model-config.js';
export { parseConfig } from './config/parse-config.js';
export { parseConfigJson } from './config/parse-config-json.js';
export { configToJson, printConfig } from './config/print-config.js';
export { enumeratorsOf as configEnumerators, messageOf as configMessage } from './config/schema.js';
export { dataTypeOf, dtypeOf } from './data-types.js';
export type { Finding } from './lint/finding.js';
export { lintConfig } from './lint/lint-config.js';
export { type LintOptions, lintRepository } from './lint/lint-repository.js';
export {
  type GuardManifest,
  type Manifest,
  type ManifestDraft,
  manifestFormat,
  manifestSchema,
  parseManifest,
  type RuntimeManifest,
  type TensorManifest,
} from './manifest.js';
export { type ModelMetadata, type TensorMetadata, toMetadata } from './metadata.js';
export type { ModelPackage, TensorSpec } from './model-package.js';
export {
  openRepository,
  type PackageOverride,
  type Repository,
  type RepositoryOptions,
} from './open-repository.js';
export { readPackage } from './read-package.js';
export { listModels, servedVersions } from './repository.js';
export {
  isCurrent,
  parseRoute,
  type Route,
  type RouteCondition,
  type RouteDraft,
  type RouteStatus,
  routeCondition,
  routeSchema,
  routeStickiness,
  type Stickiness,
  shareOf,
  wholeShare,
} from './route.js';
export { withRuntime } from './runtime-settings.js';
export type { S3RepositoryOptions } from './s3-repository.js';
export { type SampleSet, sampleSet, samplesFile } from './samples.js';
export type { ModelListing } from './shelf.js';
export { type PackageDraft, writePackage } from './write-package.js';
