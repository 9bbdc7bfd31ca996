// The artefact: Triton's repository layout with physics beside it; configuration, manifest, publication, reading, samples.
export { dataTypeOf } from './agreement.js';
export type { FieldSpec as ConfigField } from './config/field-spec.js';
export { type ModelConfig, type ModelConfigInput, modelConfig, type TensorConfig } from './config/model-config.js';
export { parseConfig } from './config/parse-config.js';
export { configToJson, printConfig } from './config/print-config.js';
export { enumeratorsOf as configEnumerators, messageOf as configMessage } from './config/schema.js';
export {
  type GuardManifest,
  type Manifest,
  type ManifestDraft,
  manifestFormat,
  manifestSchema,
  parseManifest,
  type TensorManifest,
} from './manifest.js';
export { type ModelMetadata, type TensorMetadata, toMetadata } from './metadata.js';
export { type ModelPackage, readPackage } from './read-package.js';
export { listModels, type ModelListing, servedVersions } from './repository.js';
export { type SampleSet, sampleSet, samplesFile } from './samples.js';
export { type PackageDraft, writePackage } from './write-package.js';
