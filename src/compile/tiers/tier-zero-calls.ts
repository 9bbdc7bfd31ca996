// The calls of one version that tier 0 answered: its functions, one for each set of shapes, and what the calls took.
import type { Clock, Tensor } from '../../base/index.js';
import type { TreeFunction } from '../trace.js';
import type { Tree } from '../tree.js';
import { type CallForm, keyOf } from './call-form.js';
import { Samples } from './samples.js';
import { TierZero } from './tier-zero.js';

export class TierZeroCalls {
  readonly #clock: Clock;
  readonly #fn: TreeFunction;
  readonly #functions = new Map<string, TierZero>();
  readonly #later = new Samples();
  #firstMs: number | undefined;
  /** False for functions that the tracer can't record; they run operation by operation. */
  isRecordable = true;

  constructor(clock: Clock, fn: TreeFunction) {
    this.#clock = clock;
    this.#fn = fn;
  }

  get count(): number {
    return this.#later.count + (this.#firstMs === undefined ? 0 : 1);
  }

  get totalMs(): number {
    return this.#later.totalMs + (this.#firstMs ?? 0);
  }

  /** The first answer, with what the tracer's own compiler takes. */
  get firstMs(): number | undefined {
    return this.#firstMs;
  }

  /** Median of the answers after the first. */
  get medianMs(): number | undefined {
    return this.#later.medianMs;
  }

  /** @throws what the function throws. */
  async run(form: CallForm): Promise<Tree<Tensor>> {
    const start = this.#clock.monotonic();
    const result = await this.#functionFor(form).run(form.arrays.leaves);
    const ms = this.#clock.monotonic() - start;
    if (this.#firstMs === undefined) this.#firstMs = ms;
    else this.#later.add(ms);
    return result;
  }

  /** Frees the tracer's constants; a later call makes what it needs again. */
  close(): void {
    for (const each of this.#functions.values()) each.close();
    this.#functions.clear();
  }

  #functionFor({ arrays, specs }: CallForm): TierZero {
    const key = keyOf(specs);
    const known = this.#functions.get(key);
    if (known !== undefined) return known;
    const made = new TierZero(this.#fn, arrays, this.isRecordable);
    this.#functions.set(key, made);
    return made;
  }
}
