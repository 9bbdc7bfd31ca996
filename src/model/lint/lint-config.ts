// All that is wrong with one config.pbtxt at once: its text, its values, what its graph says against it, and what does nothing.
import { autocomplete } from '../autocomplete.js';
import { identify, onnxBackend } from '../config/identify.js';
import type { ModelConfig } from '../config/model-config.js';
import { type ConfigFault, type ConfigReading, readConfig } from '../config/parse-config.js';
import { sourceOf } from '../onnx/byte-source.js';
import { type OnnxGraph, readGraph } from '../onnx/graph.js';
import { defaultMaxBatchSize } from '../read-package.js';
import { type Finding, finding, type Place } from './finding.js';

interface Remark {
  readonly path: readonly PropertyKey[];
  readonly text: string;
  readonly mend: string;
}

/** What is allowed, but has no effect or another one than it seems. */
function remarks(config: ModelConfig): Remark[] {
  const { dynamic_batching: batching, sequence_batching: sequences, max_batch_size: max } = config;
  const found: Remark[] = [];
  const say = (path: readonly PropertyKey[], text: string, mend: string): void => {
    found.push({ path, text, mend });
  };
  if (batching !== undefined && max <= 1) {
    say(
      ['dynamic_batching'],
      `max_batch_size is ${max}: nothing is ever batched`,
      'Raise max_batch_size, or remove it.',
    );
  }
  if (batching?.max_queue_delay_microseconds === 0 && batching.preferred_batch_size.length > 0) {
    const text = 'preferred sizes without max_queue_delay_microseconds: no batch waits to reach one';
    say(['dynamic_batching', 'preferred_batch_size'], text, 'Set a delay, or remove the preferred sizes.');
  }
  if (config.response_cache?.enable && (sequences !== undefined || config.model_transaction_policy?.decoupled)) {
    const text = 'answers of sequences and of decoupled models are never cached';
    say(['response_cache'], text, 'Remove response_cache.');
  }
  config.input.forEach(({ name, allow_ragged_batch: ragged }, k) => {
    if (!ragged || batching !== undefined) return;
    const text = `input '${name}': allow_ragged_batch without dynamic_batching does nothing`;
    say(['input', k], text, 'Add dynamic_batching { }, or remove it.');
  });
  return found;
}

/** Findings of a reading, with what a graph adds. */
export function lintReading(place: Place, reading: ConfigReading, graph: OnnxGraph | undefined): Finding[] {
  const { faults, placeOf, says } = reading;
  const salvaged = reading.salvage();
  const at = (path: readonly PropertyKey[], text: string): ConfigFault => {
    const position = placeOf(path);
    return position === undefined ? { text } : { at: position, text };
  };
  const found = faults.map(fault => finding(place, 'error', fault));
  if (salvaged === undefined) return found;
  const { config, faults: unidentified } = identify(salvaged, place.model || salvaged.name, graph !== undefined);
  // Without a folder nobody knows what lies in it, and a platform that is at fault itself says no backend.
  const isBlind = place.model === '' || (says('platform') && salvaged.platform === '');
  const known = unidentified.filter(({ path }) => !isBlind || path[0] !== 'backend');
  found.push(...known.map(({ path, text }) => finding(place, 'error', at(path, text))));
  found.push(...remarks(salvaged).map(({ path, text, mend }) => finding(place, 'warning', at(path, text), mend)));
  if (graph === undefined || config.backend !== onnxBackend) return found;
  const completed = autocomplete(config, graph, { saysBatch: says('max_batch_size'), defaultMaxBatchSize });
  return [...found, ...completed.faults.map(({ path, text }) => finding(place, 'error', at(path, text)))];
}

/**
 * Lists everything that is wrong with a configuration, in the order of finding; empty when nothing is.
 * @param program the bytes of the ONNX file that it describes; without them only the text is looked at.
 */
export function lintConfig(text: string, program?: Uint8Array): Finding[] {
  const place = { model: '', file: 'config.pbtxt' };
  const graph = program === undefined ? undefined : readGraph(sourceOf(program));
  if (typeof graph !== 'string') return lintReading(place, readConfig(text), graph);
  const unread = finding({ ...place, file: 'model.onnx' }, 'error', {
    text: `wanted an ONNX model, got other bytes (${graph})`,
  });
  return [unread, ...lintReading(place, readConfig(text), undefined)];
}
