// The variants of a model: what each pass and each compression makes of it, and those that were refused, with the reason.
import { type Clock, isGalerkinError } from '../../base/index.js';
import { type Model, writeModel } from '../../graph/index.js';
import { type Compressor, compressorOf, type Method } from '../budget/method.js';
import type { Reference } from '../budget/reference.js';
import { compressPart, sensitivities } from '../budget/sensitivity.js';
import type { Compressed } from '../compressed.js';
import type { Feeds } from '../feeds.js';
import { type Accuracy, type Answered, accuracyOf, answered, type JudgeTerms, overBudget } from './accuracy.js';
import { type Made, type Recipe, recipes } from './recipes.js';
import { originalVariant, type Variant, variantOf } from './variant.js';
import type { WorkloadProfile } from './workload.js';

export interface Refused {
  readonly id: string;
  readonly label: string;
  /** A sentence, with the figures. */
  readonly reason: string;
  /** Where it got as far as answers. */
  readonly accuracy?: Accuracy;
  readonly bytes?: number;
}

export interface Judged {
  readonly variant: Variant;
  readonly accuracy: Accuracy;
}

export interface MadeVariants {
  /** Within the budget; the original first. */
  readonly judged: readonly Judged[];
  readonly refused: readonly Refused[];
}

export interface VariantTerms {
  readonly bytes: Uint8Array;
  readonly model: Model;
  readonly samples: readonly Feeds[];
  readonly judge: JudgeTerms;
  readonly original: Answered;
  readonly budget: WorkloadProfile['budget'];
  readonly codesign: boolean;
  readonly clock: Clock;
  /** No other variant is begun after this time. */
  readonly endMs: number;
  readonly onVariant: (label: string) => void;
  readonly signal?: AbortSignal | undefined;
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

interface State {
  readonly made: Map<string, Model>;
  readonly judged: Judged[];
}

const judgedBy = async ({ judge, original }: VariantTerms, bytes: Uint8Array): Promise<Accuracy> =>
  accuracyOf(await answered(bytes, judge), original);

/** Every second sample, so that ranges are not judged by the samples alone that they come from. */
const forRanges = (samples: readonly Feeds[]): readonly Feeds[] =>
  samples.length < 8 ? samples : samples.filter((_, k) => k % 2 === 0);

/** The products that bear a method best, as many as the budget allows; undefined where none does, or time would not do. */
async function partOf(
  base: Model,
  compressor: Compressor,
  { terms, judgingMs }: { readonly terms: VariantTerms; readonly judgingMs: number },
): Promise<Compressed | undefined> {
  const { clock, endMs, budget } = terms;
  const products = compressor([]).report.changed.length;
  const isAffordable = clock.monotonic() + judgingMs * (products + 2 + Math.log2(products + 1)) < endMs;
  if (products < 2 || !isAffordable) return undefined;
  const reference: Reference = {
    measure: async model => {
      terms.signal?.throwIfAborted();
      const { deviation, residual } = await judgedBy(terms, writeModel(model));
      return { deviation, residual };
    },
  };
  const shared =
    budget.residual === undefined ? { relativeL2: budget.relativeL2 } : { ...budget, residual: budget.residual };
  const order = await sensitivities(base, compressor, reference);
  return (await compressPart({ compressor, reference, budget: shared }, order))?.compressed;
}

async function judgedVariant(
  recipe: Recipe,
  made: Made,
  { terms, state }: { terms: VariantTerms; state: State },
): Promise<Refused | Judged> {
  const { id, label } = recipe;
  const variant = variantOf(id, label, made);
  const twin = state.judged.find(other => other.variant.digest === variant.digest);
  if (twin !== undefined) return { id, label, reason: `changes nothing: the same file as '${twin.variant.id}'` };
  const accuracy = await judgedBy(terms, variant.bytes);
  const reason = overBudget(accuracy, terms.budget);
  return reason === undefined
    ? { variant, accuracy }
    : { id, label, reason, accuracy, bytes: variant.bytes.byteLength };
}

async function compressedVariant(
  recipe: Recipe & { readonly method: Method },
  base: Model,
  both: { terms: VariantTerms; state: State },
): Promise<Refused | Judged> {
  const { terms, state } = both;
  const { clock, samples } = terms;
  const compressor = await compressorOf(base, recipe.method, forRanges(samples));
  const whole = compressor([]);
  const startMs = clock.monotonic();
  const outcome = await judgedVariant(recipe, whole, both);
  state.made.set(recipe.id, whole.model);
  if ('variant' in outcome || outcome.accuracy === undefined || recipe.method.kind === 'half') return outcome;
  const part = await partOf(base, compressor, { terms, judgingMs: clock.monotonic() - startMs });
  if (part === undefined) return outcome;
  const label = `${recipe.label}, ${part.report.changed.length} of ${whole.report.changed.length} products`;
  return judgedVariant({ ...recipe, label }, part, both);
}

async function tryRecipe(recipe: Recipe, terms: VariantTerms, state: State): Promise<Refused | Judged> {
  const { id, label } = recipe;
  const { model, samples, clock, endMs } = terms;
  if (clock.monotonic() >= endMs) return { id, label, reason: 'not tried: its share of the time was over' };
  const base = state.made.get(recipe.on ?? '') ?? model;
  try {
    if ('method' in recipe) return await compressedVariant(recipe, base, { terms, state });
    const made = await recipe.make({ base, samples });
    state.made.set(id, made.model);
    return await judgedVariant(recipe, made, { terms, state });
  } catch (error) {
    if (!isGalerkinError(error) || error.code === 'CANCELLED') throw error;
    return { id, label, reason: reasonOf(error) };
  }
}

/** Makes and judges every variant. The original is always among them. */
export async function makeVariants(terms: VariantTerms): Promise<MadeVariants> {
  const first = originalVariant(terms.bytes, terms.model);
  const judged: Judged[] = [{ variant: first, accuracy: accuracyOf(terms.original, terms.original) }];
  const refused: Refused[] = [];
  const made = new Map<string, Model>();
  for (const recipe of recipes) {
    if (recipe.isCodesign === true && !terms.codesign) continue;
    terms.signal?.throwIfAborted();
    terms.onVariant(recipe.label);
    const outcome = await tryRecipe(recipe, terms, { made, judged });
    if ('variant' in outcome) judged.push(outcome);
    else refused.push(outcome);
  }
  return { judged, refused };
}
