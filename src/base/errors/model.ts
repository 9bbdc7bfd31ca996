// Error codes of the room 'model'.
import { entry } from './entry.js';

const lines = (faults: readonly string[]): string => faults.map(fault => `  - ${fault}`).join('\n');
const listed = (names: readonly (string | number)[]): string => (names.length === 0 ? 'none' : names.join(', '));

export const modelErrors = {
  MODEL_CONFIG_INVALID: entry<{ path: string; faults: readonly string[] }>({
    http: 500,
    exit: 65,
    message: ({ path, faults }) => `Model configuration '${path}' is not valid:\n${lines(faults)}`,
    doc: 'A config.pbtxt has errors of syntax, fields that its schema does not have, fields that are not supported here, or values out of range. Each fault says its line and column.',
  }),
  MODEL_CONFIG_CONFLICT: entry<{ model: string; versions: readonly number[] }>({
    http: 409,
    exit: 2,
    message: ({ model, versions }) =>
      `Wanted to give model '${model}' another config.pbtxt, but versions ${listed(versions)} were published with the present one. Keep the configuration, or publish under another name.`,
    doc: 'All versions of a model share one config.pbtxt, and each holds its digest. A version that needs another configuration is another model.',
  }),
  MODEL_NAME_INVALID: entry<{ name: string; wanted: string }>({
    http: 400,
    exit: 2,
    message: ({ name, wanted }) => `Model name ${JSON.stringify(name.slice(0, 160))}: wanted ${wanted}.`,
    doc: 'Model and file names are 1 to 128 letters, digits, dots, dashes and underscores, and begin with a letter or digit. Versions are whole numbers from 1.',
  }),
  PACKAGE_UNKNOWN: entry<{ name: string; known: readonly string[] }>({
    http: 404,
    exit: 66,
    message: ({ name, known }) => `Wanted model '${name}', but the repository has: ${listed(known)}.`,
    doc: 'The repository has no model of that name, or the model has no version yet. `galerkin models` lists what there is.',
  }),
  PACKAGE_VERSION_UNKNOWN: entry<{ name: string; version: number; known: readonly number[] }>({
    http: 404,
    exit: 66,
    message: ({ name, version, known }) =>
      `Wanted version ${version} of model '${name}', but there are only: ${listed(known)}.`,
    doc: 'The model exists, but not in that version. `galerkin models` lists the versions.',
  }),
  PACKAGE_VERSION_EXISTS: entry<{ name: string; version: number }>({
    http: 409,
    exit: 2,
    message: ({ name, version }) =>
      `Wanted to publish version ${version} of model '${name}', but it exists. Publish the next version, or ask to replace.`,
    doc: 'A published version does not change. Publish a new one, or ask for replacement explicitly.',
  }),
  MANIFEST_INVALID: entry<{ path: string; faults: readonly string[] }>({
    http: 500,
    exit: 65,
    message: ({ path, faults }) => `Model manifest '${path}' is not valid:\n${lines(faults)}`,
    doc: 'A manifest.json lacks something, has something unknown, or does not agree with config.pbtxt or with the files beside it. Every fault is listed.',
  }),
  PACKAGE_INVALID: entry<{ path: string; wanted: string; got: string }>({
    http: 500,
    exit: 65,
    message: ({ path, wanted, got }) => `Model package '${path}': wanted ${wanted}, got ${got}.`,
    doc: 'A model package has another form than it must have: a file is missing or unknown, or a symbolic link leaves the repository.',
  }),
  PACKAGE_CORRUPT: entry<{ file: string; wanted: string; got: string }>({
    http: 500,
    exit: 65,
    message: ({ file, wanted, got }) =>
      `Model file '${file}' is not the one that was published: wanted ${wanted}, got ${got}. Restore it or publish the model again.`,
    doc: 'The digest of a file differs from the one in the manifest: the file is damaged or was changed by hand. Nothing of the package is used.',
  }),
  SAMPLE_OUT_OF_RANGE: entry<{ model: string; index: number; count: number }>({
    http: 404,
    exit: 66,
    message: ({ model, index, count }) =>
      `Wanted sample ${index} of model '${model}', but it has ${count === 0 ? 'none' : `samples 0 to ${count - 1}`}.`,
    doc: 'Samples of a package are counted from 0; the model has fewer, or none.',
  }),
};
