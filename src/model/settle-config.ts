// The configuration of one version in full: what config.pbtxt says, what Triton infers, what the graph completes; and the graph itself.
import { GalerkinError } from '../base/index.js';
import { autocomplete } from './autocomplete.js';
import { identify, isEnsemble, onnxBackend, type ValueFault } from './config/identify.js';
import type { ModelConfig } from './config/model-config.js';
import { type ConfigFault, type ConfigReading, configInvalid } from './config/parse-config.js';
import { isRelativePath } from './names.js';
import { type OnnxGraph, readGraph } from './onnx/graph.js';
import type { Place } from './read-manifest.js';

export const defaultModelFile = 'model.onnx';

export interface Settled {
  readonly config: ModelConfig;
  readonly modelFile: string | undefined;
  /** Files of weights that the program names, each inside the version's folder. */
  readonly externalData: readonly string[];
}

export interface SettleOptions {
  /** What the configuration is called in errors. */
  readonly path: string;
  /** The file that the manifest names, or undefined. */
  readonly program: string | undefined;
  /** Files of the version. */
  readonly files: readonly string[];
  readonly defaultMaxBatchSize: number;
}

/** Reads the graph of an ONNX file. @throws PACKAGE_INVALID for bytes that are none. */
export async function graphOf({ shelf, name, version }: Place, file: string): Promise<OnnxGraph> {
  const graph = await shelf.look(name, `${version}/${file}`, readGraph);
  if (typeof graph !== 'string') return graph;
  const path = `${name}/${version}/${file}`;
  throw new GalerkinError('PACKAGE_INVALID', { path, wanted: 'an ONNX model', got: `other bytes (${graph})` });
}

/** @throws PACKAGE_INVALID for weights outside of the version's folder, by path or by link, or that are missing. */
export async function assertConfined({ shelf, name, version }: Place, file: string, graph: OnnxGraph): Promise<void> {
  for (const location of graph.externalData) {
    const isInside = isRelativePath(location) && (await shelf.isInside(name, String(version), location));
    if (isInside) continue;
    throw new GalerkinError('PACKAGE_INVALID', {
      path: `${name}/${version}/${file}`,
      wanted: "external data in files of the version's folder",
      got: JSON.stringify(location.slice(0, 160)),
    });
  }
}

/** Faults of values with their places in the text, where there is one. */
const placed = (faults: readonly ValueFault[], { placeOf }: ConfigReading): ConfigFault[] =>
  faults.map(({ path, text }) => {
    const at = placeOf(path);
    return at === undefined ? { text } : { at, text };
  });

/** Tensors that nothing completed, for models without a graph to look at. */
function unsaid({ input, output }: ModelConfig): ValueFault[] {
  return (['input', 'output'] as const).flatMap(field =>
    (field === 'input' ? input : output).flatMap(({ name, data_type, dims }, k): ValueFault[] => {
      const missing =
        data_type === 'TYPE_INVALID' ? 'a data type' : dims.length === 0 ? 'at least one size' : undefined;
      return missing === undefined
        ? []
        : [{ path: [field, k], text: `${field} '${name}': wanted ${missing}, got none` }];
    }),
  );
}

/** Which file the program is; undefined for models that are computed otherwise. */
function programOf(config: ModelConfig, { program, path }: SettleOptions): string | undefined {
  if (config.backend !== onnxBackend) return program;
  const said = config.default_model_filename;
  if (said !== '' && program !== undefined && said !== program) {
    const text = `'default_model_filename': wanted '${program}' as in the manifest, got '${said}'`;
    throw configInvalid(path, [{ text }]);
  }
  return program ?? (said === '' ? defaultModelFile : said);
}

/**
 * Completes the configuration of a version. Cost: a look at the graph's structure, never at the weights.
 * @throws MODEL_CONFIG_INVALID with every fault, PACKAGE_INVALID
 */
export async function settleConfig(place: Place, reading: ConfigReading, options: SettleOptions): Promise<Settled> {
  const { path, files, defaultMaxBatchSize } = options;
  if (reading.config === undefined) throw configInvalid(path, reading.faults, reading.more);
  const { default_model_filename: said } = reading.config;
  const hasProgram = files.includes(options.program ?? (said === '' ? defaultModelFile : said));
  const { config, faults } = identify(reading.config, place.name, hasProgram);
  if (faults.length > 0) throw configInvalid(path, placed(faults, reading));
  const modelFile = isEnsemble(config) ? undefined : programOf(config, options);
  if (config.backend !== onnxBackend || modelFile === undefined) {
    const missing = unsaid(config);
    if (missing.length > 0) throw configInvalid(path, placed(missing, reading));
    return { config, modelFile, externalData: [] };
  }
  if (!hasProgram) {
    const folder = `${place.name}/${place.version}`;
    throw new GalerkinError('PACKAGE_INVALID', { path: folder, wanted: `a file '${modelFile}'`, got: 'none' });
  }
  const graph = await graphOf(place, modelFile);
  await assertConfined(place, modelFile, graph);
  const saysBatch = reading.says('max_batch_size');
  const completed = autocomplete(config, graph, { saysBatch, defaultMaxBatchSize });
  if (completed.faults.length > 0) throw configInvalid(path, placed(completed.faults, reading));
  return { config: completed.config, modelFile, externalData: graph.externalData };
}
