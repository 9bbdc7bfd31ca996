// The adviser at work: it hears samples, and when it is asked runs its model in ONNX Runtime and says what moved the answer.
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { resolveOptions } from '../../base/index.js';
import type { RequestSample } from '../../observe/index.js';
import { openSession, type Session } from '../../runtime/index.js';
import type { Advice, AdvisedVersions, Adviser } from './advice.js';
import { shapleyValues } from './boosting/shapley.js';
import { type Forest, sigmoid } from './boosting/tree.js';
import { type FeatureGroup, featureGroups, featureRow, features, withoutWorst } from './features/features.js';
import { Heard } from './features/heard.js';
import { type Leasts, marginsInUse, usualLeasts } from './features/least.js';
import { type AdvisedMetric, type Margins, usualMargins } from './features/margins.js';
import { readAdviser } from './model/model-file.js';

const margin = (metric: AdvisedMetric) => z.number().min(0).default(usualMargins[metric]);
const least = (metric: keyof Leasts) => z.number().min(0).default(usualLeasts[metric]);
const version = z.int().min(1);

export const adviserOptions = z.strictObject({
  confidence: z.number().min(0.5).max(1).default(0.95),
  versions: z
    .strictObject({ stable: version, candidate: version })
    .refine(({ stable, candidate }) => stable !== candidate, 'wanted two versions'),
  margins: z
    .strictObject({
      'latency-mean': margin('latency-mean'),
      'latency-p99': margin('latency-p99'),
      'error-rate': margin('error-rate'),
      'guard-rate': margin('guard-rate'),
      residual: margin('residual'),
      conservation: margin('conservation'),
      accuracy: margin('accuracy'),
      'resource-use': margin('resource-use'),
    })
    .prefault({}),
  least: z
    .strictObject({
      'latency-mean': least('latency-mean'),
      'latency-p99': least('latency-p99'),
      'resource-use': least('resource-use'),
    })
    .prefault({}),
  features: z
    .array(z.enum(featureGroups))
    .min(1)
    .readonly()
    .default([...featureGroups]),
  folder: z
    .string()
    .min(1)
    .default(fileURLToPath(new URL('.', import.meta.url))),
});

export interface AdviserOptions {
  /** Below it no advice is given, only a probability. @default 0.95, from 0.5 to 1 */
  readonly confidence?: number;
  readonly versions: AdvisedVersions;
  /** How much worse the candidate may be, as the judge's criteria say it. @default usualMargins */
  readonly margins?: Partial<Margins>;
  /** Differences of times, in ms, that do not matter whatever part of a time they are. @default 0.5 each */
  readonly least?: Partial<Leasts>;
  /** Groups of features that are looked at. @default all */
  readonly features?: readonly FeatureGroup[];
  /** Where adviser.onnx and adviser.json lie. @default beside this code, where the build puts them */
  readonly folder?: string;
}

const mostDrivers = 5;
/** Log odds that round to nothing drive nothing. */
const leastContribution = 1e-6;

class LearnedAdviser implements Adviser {
  readonly #heard: Heard;
  readonly #margins: Margins;
  readonly #leasts: Leasts;
  readonly #groups: ReadonlySet<FeatureGroup>;
  readonly #confidence: number;
  readonly #session: Session;
  readonly #forest: Forest;

  constructor(config: z.infer<typeof adviserOptions>, session: Session, forest: Forest) {
    this.#heard = new Heard(config.versions);
    this.#margins = config.margins;
    this.#leasts = config.least;
    this.#groups = new Set(config.features);
    this.#confidence = config.confidence;
    this.#session = session;
    this.#forest = forest;
  }

  hear(sample: RequestSample): void {
    this.#heard.hear(sample);
  }

  async advise(nowMs: number): Promise<Advice | undefined> {
    if (!this.#heard.enough) return undefined;
    const margins = marginsInUse(this.#margins, this.#leasts, this.#heard);
    const row = featureRow(this.#heard, margins, this.#groups);
    const { log_odds } = await this.#session.run({ features: { dtype: 'FP32', shape: [1, row.length], data: row } });
    const probability = sigmoid(Number(log_odds.data[0]));
    const confidence = Math.max(probability, 1 - probability);
    const sure = confidence >= this.#confidence;
    return {
      atMs: nowMs,
      probability,
      advice: !sure ? undefined : probability > 0.5 ? 'hold' : 'go',
      confidence,
      drivers: this.#drivers(row),
    };
  }

  /** Features that are known, by how much they move the log odds. */
  #drivers(row: Float32Array): Advice['drivers'] {
    const contributions = withoutWorst(row, shapleyValues(this.#forest, row));
    return features
      .map(({ name }, k) => ({ feature: name, value: row[k], contribution: contributions[k] }))
      .filter(({ value, contribution }) => !Number.isNaN(value) && Math.abs(contribution) > leastContribution)
      .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
      .slice(0, mostDrivers);
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}

/**
 * Opens the adviser that the build trained. It begins to listen now and keeps nothing on disk. Asking costs well under a
 * millisecond, on the thread that asks.
 * @throws OPTIONS_INVALID; ADVISER_UNUSABLE where the model is missing, damaged or of another version
 */
export async function openAdviser(options: AdviserOptions): Promise<Adviser> {
  const config = resolveOptions('openAdviser', adviserOptions, options);
  const { onnx, forest } = await readAdviser(config.folder);
  return new LearnedAdviser(config, await openSession(onnx, { threads: 1, spin: false }), forest);
}
