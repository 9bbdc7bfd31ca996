// The variants of a model: what each pass and each compression makes of it, and those that were refused, with the reason.
import { type Clock, isGalerkinError } from '../../base/index.js';
import type { Model } from '../../graph/index.js';
import type { Feeds } from '../feeds.js';
import { type Accuracy, type Answered, accuracyOf, answered, type JudgeTerms, overBudget } from './accuracy.js';
import { type Recipe, recipes } from './recipes.js';
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

async function tryRecipe(
  recipe: Recipe,
  terms: VariantTerms,
  state: { readonly made: Map<string, Model>; readonly judged: Judged[] },
): Promise<Refused | Judged> {
  const { id, label } = recipe;
  const { model, samples, clock, endMs, judge, original, budget } = terms;
  if (clock.monotonic() >= endMs) return { id, label, reason: 'not tried: its share of the time was over' };
  try {
    const made = await recipe.make({ base: state.made.get(recipe.on ?? '') ?? model, samples });
    state.made.set(id, made.model);
    const variant = variantOf(id, label, made);
    const twin = state.judged.find(other => other.variant.digest === variant.digest);
    if (twin !== undefined) return { id, label, reason: `changes nothing: the same file as '${twin.variant.id}'` };
    const accuracy = accuracyOf(await answered(variant.bytes, judge), original);
    const reason = overBudget(accuracy, budget);
    return reason === undefined
      ? { variant, accuracy }
      : { id, label, reason, accuracy, bytes: variant.bytes.byteLength };
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
