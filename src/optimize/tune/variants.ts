// The variants of a model: what each pass and each compression makes of it, and those that were refused, with the reason.
import { type Clock, isGalerkinError } from '../../base/index.js';
import { type Model, writeModel } from '../../graph/index.js';
import { type Compressor, compressorOf, type Method } from '../budget/method.js';
import type { Reference } from '../budget/reference.js';
import { compressPart, sensitivities } from '../budget/sensitivity.js';
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

/** A compression that broke the budget as a whole. */
interface Broken {
  readonly recipe: Recipe & { readonly method: Method };
  readonly base: Model;
  readonly compressor: Compressor;
  readonly products: number;
  /** What judging one model took. */
  readonly judgingMs: number;
}

interface State {
  readonly made: Map<string, Model>;
  readonly judged: Judged[];
  readonly refused: Refused[];
  readonly broken: Broken[];
}

const judgedBy = async ({ judge, original }: VariantTerms, bytes: Uint8Array): Promise<Accuracy> =>
  accuracyOf(await answered(bytes, judge), original);

/** Every second sample, so that ranges are not judged by the samples alone that they come from. */
const forRanges = (samples: readonly Feeds[]): readonly Feeds[] =>
  samples.length < 8 ? samples : samples.filter((_, k) => k % 2 === 0);

/** Judges what a recipe made, and keeps it or says why not. @returns whether it kept the budget. */
async function settle(
  { id, label }: Pick<Recipe, 'id' | 'label'>,
  made: Made,
  { terms, state }: Work,
): Promise<boolean> {
  const variant = variantOf(id, label, made);
  const twin = state.judged.find(other => other.variant.digest === variant.digest);
  if (twin !== undefined) {
    state.refused.push({ id, label, reason: `changes nothing: the same file as '${twin.variant.id}'` });
    return true;
  }
  const accuracy = await judgedBy(terms, variant.bytes);
  const reason = overBudget(accuracy, terms.budget);
  if (reason === undefined) state.judged.push({ variant, accuracy });
  else state.refused.push({ id, label, reason, accuracy, bytes: variant.bytes.byteLength });
  return reason === undefined;
}

interface Work {
  readonly terms: VariantTerms;
  readonly state: State;
}

async function compressWhole(recipe: Recipe & { readonly method: Method }, base: Model, work: Work): Promise<void> {
  const { clock, samples } = work.terms;
  const compressor = await compressorOf(base, recipe.method, forRanges(samples));
  const whole = compressor([]);
  const startMs = clock.monotonic();
  if (await settle(recipe, whole, work)) return;
  const products = whole.report.changed.length;
  if (recipe.method.kind === 'half' || products < 2) return;
  work.state.broken.push({ recipe, base, compressor, products, judgingMs: clock.monotonic() - startMs });
}

/** The products that bear a method best, as many as the budget allows, if there is time to find out. */
async function compressPartly({ recipe, base, compressor, products, judgingMs }: Broken, work: Work): Promise<void> {
  const { terms, state } = work;
  const { clock, endMs, budget } = terms;
  if (clock.monotonic() + judgingMs * (products + 2 + Math.log2(products)) > endMs) return;
  const reference: Reference = {
    measure: async model => {
      terms.signal?.throwIfAborted();
      const { deviation, residual } = await judgedBy(terms, writeModel(model));
      return { deviation, residual };
    },
  };
  const { relativeL2, residual } = budget;
  const order = await sensitivities(base, compressor, reference);
  const shared = { compressor, reference, budget: residual === undefined ? { relativeL2 } : { relativeL2, residual } };
  const part = await compressPart(shared, order);
  if (part === undefined) return;
  const { changed } = part.compressed.report;
  const label = `${recipe.label}, ${changed.length} of ${products} products`;
  await settle({ id: `${recipe.id}-part`, label }, part.compressed, { terms, state });
}

async function tryRecipe(recipe: Recipe, work: Work): Promise<void> {
  const { terms, state } = work;
  const { id, label } = recipe;
  if (terms.clock.monotonic() >= terms.endMs) {
    state.refused.push({ id, label, reason: 'not tried: its share of the time was over' });
    return;
  }
  const base = state.made.get(recipe.on ?? '') ?? terms.model;
  if ('method' in recipe) return compressWhole(recipe, base, work);
  const made = await recipe.make({ base, samples: terms.samples });
  state.made.set(id, made.model);
  await settle(recipe, made, work);
}

/** Makes and judges every variant: whole first, then in parts what was too much as a whole. The original is always among them. */
export async function makeVariants(terms: VariantTerms): Promise<MadeVariants> {
  const first = originalVariant(terms.bytes, terms.model);
  const judged: Judged[] = [{ variant: first, accuracy: accuracyOf(terms.original, terms.original) }];
  const state: State = { made: new Map(), judged, refused: [], broken: [] };
  const work: Work = { terms, state };
  const attempt = async ({ id, label }: Pick<Recipe, 'id' | 'label'>, run: () => Promise<void>): Promise<void> => {
    terms.signal?.throwIfAborted();
    terms.onVariant(label);
    try {
      await run();
    } catch (error) {
      if (!isGalerkinError(error) || error.code === 'CANCELLED') throw error;
      state.refused.push({ id, label, reason: reasonOf(error) });
    }
  };
  for (const recipe of recipes)
    if (recipe.isCodesign !== true || terms.codesign) await attempt(recipe, () => tryRecipe(recipe, work));
  for (const broken of state.broken) await attempt(broken.recipe, () => compressPartly(broken, work));
  return { judged, refused: state.refused };
}
