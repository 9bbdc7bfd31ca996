// How a package wants its native sessions opened: threads, the runtime's own optimizations, and whether instances share their weights.
import { GalerkinError } from '../../base/index.js';
import type { ModelPackage } from '../../model/index.js';
import type { SessionOptions } from '../../runtime/index.js';

export type SessionTerms = Required<Pick<SessionOptions, 'threads' | 'graphLevel' | 'prepack'>>;

/** `optimization { graph { level } }` as Triton's ONNX Runtime backend reads it. */
function graphLevelOf({ config }: Pick<ModelPackage, 'config'>): SessionTerms['graphLevel'] {
  const level = config.optimization?.graph?.level ?? 0;
  if (level < 0) return 'basic';
  return level === 0 ? 'all' : 'extended';
}

/**
 * Parameter of config.pbtxt: weights in a file of their own are mapped into memory once for all instances, threads and
 * processes. The runtime then cannot keep them rearranged for its matrix products, which costs time on large batches.
 */
function sharesWeights({ name, config, externalData }: ModelPackage): boolean {
  const stated = config.parameters.share_weights?.string_value ?? 'false';
  const refuse = (why: string): never => {
    throw new GalerkinError('MODEL_UNSERVABLE', { model: name, why: `its parameter 'share_weights' ${why}` });
  };
  if (stated === 'false') return false;
  if (stated !== 'true') return refuse(`wants 'true' or 'false', got '${stated.slice(0, 40)}'`);
  if (externalData.length === 0)
    return refuse('wants weights in a file beside model.onnx (external data), which it does not have');
  return true;
}

/** @throws MODEL_UNSERVABLE for a parameter that cannot be kept. */
export function sessionTermsOf(model: ModelPackage, threads: number): SessionTerms {
  return { threads, graphLevel: graphLevelOf(model), prepack: !sharesWeights(model) };
}
