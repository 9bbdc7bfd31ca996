// What the cache must know of a model version: whether its answers may be kept, and an identity that changes with all that makes them.
import { createHash } from 'node:crypto';
import type { ModelPackage } from '../../model/index.js';

/** Why a model's answers are never kept, or that they may be. */
export type Keeping = 'kept' | 'off' | 'stateful';

/** A model that another one asks; without version, the newest that runs. */
export interface AskedModel {
  readonly name: string;
  readonly version?: string | undefined;
}

export interface CachedModel {
  readonly name: string;
  readonly version: string;
  /** Digest over name, version and all content of the package. */
  readonly identity: string;
  /** Whom it asks in turn: its fallback, the steps of an ensemble. Their identities are looked up with every question. */
  readonly asks: readonly AskedModel[];
  readonly keeping: Keeping;
}

/** What `cachedModel` reads; a ModelPackage's parts have this form. */
export interface CachedModelFacts {
  readonly name: string;
  readonly version: string | number;
  /** The parts of config.pbtxt that decide. */
  readonly config: {
    readonly response_cache?: { readonly enable: boolean } | undefined;
    readonly model_transaction_policy?: { readonly decoupled: boolean } | undefined;
    readonly sequence_batching?: unknown;
  };
  /** All of the package that an answer depends on: its configuration, its manifest, the digests of its files. */
  readonly content: readonly unknown[];
  readonly asks?: readonly AskedModel[];
}

/**
 * The model as the cache knows it. Make it once, when a version is loaded: then a version with other content, even under the
 * same number, never gets an old answer.
 * @param everyModel keep answers of models that do not ask for it by `response_cache { enable: true }`.
 */
export function cachedModel(facts: CachedModelFacts, everyModel: boolean): CachedModel {
  const { name, config } = facts;
  const version = String(facts.version);
  const isStateful = config.sequence_batching !== undefined || config.model_transaction_policy?.decoupled === true;
  const isWanted = config.response_cache?.enable ?? everyModel;
  // JSON cannot hold what a 64-bit integer can; as text it can.
  const text = JSON.stringify([name, version, facts.content], (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
  const identity = createHash('sha256').update(text).digest('base64url');
  const keeping = isStateful ? 'stateful' : isWanted ? 'kept' : 'off';
  return Object.freeze({ name, version, identity, asks: facts.asks ?? [], keeping });
}

/** The package as the cache knows it: its content, its fallback, and the steps of an ensemble. */
export function cachedPackage(model: ModelPackage, everyModel: boolean): CachedModel {
  const { name, version, config, manifest, digest } = model;
  const steps = config.ensemble_scheduling?.step ?? [];
  const asks: AskedModel[] = steps.map(step => {
    // -1 stands for the newest version.
    const wanted = Number(step.model_version);
    return wanted > 0 ? { name: step.model_name, version: String(wanted) } : { name: step.model_name };
  });
  const fallback = manifest?.guard?.fallback;
  if (fallback !== undefined) asks.push({ name: fallback });
  return cachedModel({ name, version, config, content: [digest, manifest], asks }, everyModel);
}
