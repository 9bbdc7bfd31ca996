// One function for one set of shapes: the tier it runs in now, and the steps up and down between tiers.
import { isGalerkinError, type Tensor } from '../../base/index.js';
import type { Spec } from '../spec.js';
import type { FlatTree, Tree } from '../tree.js';
import type { CallForm } from './call-form.js';
import { compileRecorded, type Opened, type Recorded } from './compile-steps.js';
import { type Decision, decideFirst, decideHot } from './decide.js';
import { NativeTier } from './native-tier.js';
import { usesType } from './plain-program.js';
import type { CacheAnswer } from './program-cache.js';
import { type TierEvent, tierChannel } from './tier-events.js';
import type { CompileReport, VersionReport } from './tier-report.js';
import { TierZeroCalls } from './tier-zero-calls.js';
import { type ProgramTerms, VersionProgram } from './version-program.js';
import { turn, type Workshop } from './workshop.js';

export interface VersionTerms extends ProgramTerms {
  /** Compile at once, in the background, because calls of other shapes are native. */
  readonly isHot: boolean;
  /** Called when it turns out that the version can't be compiled. */
  readonly onRefused: (code: string) => void;
}

/** After so many native calls their time is trusted by the cost model. */
const trustedCalls = 5;

export class Version {
  readonly #workshop: Workshop;
  readonly #terms: VersionTerms;
  readonly #zero: TierZeroCalls;
  readonly #program: VersionProgram;
  #state: 'new' | 'cold' | 'compiling' | 'native' | 'refused' = 'new';
  #preparing: Promise<void> | undefined;
  #decision: Pick<Decision, 'rule' | 'why'> = { rule: 'new', why: 'it has not been called yet' };
  #native: NativeTier | undefined;
  #nativeBefore: NativeTier | undefined;
  #compile: CompileReport | undefined;
  #cache: CacheAnswer | undefined;

  constructor(workshop: Workshop, terms: VersionTerms) {
    this.#workshop = workshop;
    this.#terms = terms;
    this.#zero = new TierZeroCalls(workshop.clock, terms.fn);
    this.#program = new VersionProgram(workshop, terms);
  }

  get specs(): readonly Spec[] {
    return this.#terms.specs;
  }

  get isNative(): boolean {
    return this.#native !== undefined;
  }

  /** Answers one call in the tier that is ready; never waits for the background. */
  async call(form: CallForm): Promise<Tree<Tensor>> {
    if (this.#state === 'new') {
      this.#preparing ??= this.#terms.isHot ? this.#prepareHot(form.arrays) : this.#prepare(form.arrays);
      await this.#preparing;
    }
    return this.#native === undefined ? this.#runZero(form) : this.#runNative(this.#native, form);
  }

  /** Frees sessions and the tracer's constants once calls under way have ended. */
  async close(): Promise<void> {
    const native = this.#native;
    this.#state = 'refused';
    this.#native = undefined;
    this.#zero.close();
    await native?.close();
  }

  report(): VersionReport {
    const native = this.#native ?? this.#nativeBefore;
    const zero = this.#zero;
    return {
      signature: this.#terms.signature,
      tier: this.#native?.tier ?? 0,
      rule: this.#decision.rule,
      why: this.#decision.why,
      calls: { tier0: zero.count, native: native?.samples.count ?? 0 },
      totalMs: { tier0: zero.totalMs, native: native?.samples.totalMs ?? 0 },
      firstCallMs: zero.firstMs,
      tierZeroMs: zero.medianMs,
      nativeMs: native?.samples.medianMs,
      equations: this.#program.equations,
      nodes: native?.nodes,
      compile: this.#compile,
      cache: this.#cache,
      choice: native?.choice,
      trials: native?.tried ?? [],
    };
  }

  #tell(kind: TierEvent['kind'], compileMs?: number): void {
    const { name, signature } = this.#terms;
    const tier = this.#native?.tier ?? 0;
    const facts: TierEvent = { kind, name, signature, why: this.#decision.why, tier };
    tierChannel.publish(() => (compileMs === undefined ? facts : { ...facts, compileMs }));
  }

  /** The first call: is there a compiled program already, or does compiling answer sooner than tier 0's own compiler? */
  async #prepare(arrays: FlatTree<Tensor>): Promise<void> {
    try {
      if (this.#adoptFound(await this.#program.findVouched())) return;
      const recorded = await this.#record(arrays);
      if (this.#terms.key === '' && this.#adoptFound(await this.#program.find(recorded.traceMs))) return;
      this.#cache = 'miss';
      const first = this.#decideFirst(recorded);
      this.#decision = first;
      if (first.yes) this.#adopt(await compileRecorded(this.#workshop, recorded, false));
      else this.#state = 'cold';
    } catch (error) {
      this.#refuse(error);
    }
  }

  #decideFirst({ equations, plain }: Recorded): Decision {
    const { costs, config } = this.#workshop;
    if (usesType('float16', plain))
      return { yes: true, rule: 'native only', why: "the tracer's own compiler has no half precision" };
    const first = decideFirst({
      firstAnswerMs: costs.firstAnswerMs(equations),
      compileMs: costs.compileMs(equations),
      threshold: config.recompilationThreshold,
    });
    return config.firstCall === 'fastest' ? first : { ...first, yes: false, rule: 'cold' };
  }

  /** Other shapes were hot: this version is compiled in the background from its first call on. */
  async #prepareHot(arrays: FlatTree<Tensor>): Promise<void> {
    this.#decision = { rule: 'hot sibling', why: 'calls with another first size are native already' };
    this.#schedule(arrays);
  }

  async #record(arrays: FlatTree<Tensor>): Promise<Recorded> {
    try {
      return await this.#program.record(arrays);
    } catch (error) {
      // A function that looks at values can't be recorded; operation by operation the tracer may still run it.
      this.#zero.isRecordable = false;
      throw error;
    }
  }

  /** @returns whether there was one */
  #adoptFound(found: Opened | undefined): boolean {
    if (found === undefined) return false;
    const place = found.cache === 'disk' ? 'on disk' : 'in memory';
    this.#decision = { rule: 'cached', why: `it was compiled before and found ${place}` };
    this.#adopt(found);
    return true;
  }

  #schedule(arrays: FlatTree<Tensor>): void {
    this.#state = 'compiling';
    this.#workshop.background.add(async () => {
      try {
        const recorded = await this.#record(arrays);
        await turn();
        if (this.#terms.isHot && this.#adoptFound(await this.#program.find(recorded.traceMs))) return;
        this.#adopt(await compileRecorded(this.#workshop, recorded, true));
      } catch (error) {
        this.#refuse(error);
      }
    });
  }

  /** The swap: one assignment between two calls. */
  #adopt(opened: Opened): void {
    const { compiled, cache, report, open } = opened;
    if (this.#workshop.background.isClosed) {
      void open.close();
      return;
    }
    this.#native = new NativeTier(this.#workshop, {
      key: this.#program.key,
      opened,
      onVerdict: ({ why, isSwitch }) => {
        this.#decision = { rule: 'tried choices', why };
        if (isSwitch) this.#tell('swapped');
      },
    });
    this.#state = 'native';
    this.#cache = cache;
    this.#compile = report;
    this.#program.equations = compiled.record.equations;
    this.#program.forget();
    this.#zero.close();
    if (cache === 'miss') this.#tell('compiled', report.actualMs);
    this.#tell('swapped');
  }

  #refuse(error: unknown): void {
    this.#state = 'refused';
    this.#program.forget();
    this.#decision = { rule: 'refused', why: error instanceof Error ? error.message : String(error) };
    this.#tell('refused');
    this.#terms.onRefused(isGalerkinError(error) ? error.code : 'unknown');
  }

  async #runZero(form: CallForm): Promise<Tree<Tensor>> {
    const zero = this.#zero;
    const result = await zero.run(form);
    const { firstMs, medianMs } = zero;
    const { equations } = this.#program;
    if (zero.count === 2 && firstMs !== undefined && medianMs !== undefined && equations !== undefined)
      this.#workshop.costs.sawFirstAnswer(equations, Math.max(0, firstMs - medianMs));
    this.#considerCompiling(form.arrays);
    // A loop of awaited calls gives the thread away in microtasks only: without a turn, nothing in the background would go on.
    if (this.#state === 'compiling') await turn();
    return result;
  }

  #considerCompiling(arrays: FlatTree<Tensor>): void {
    const tierZeroMs = this.#zero.medianMs;
    const { equations } = this.#program;
    if (this.#state !== 'cold' || tierZeroMs === undefined || equations === undefined) return;
    const { costs, config } = this.#workshop;
    this.#decision = decideHot({
      calls: this.#zero.count,
      tierZeroMs,
      nativeMs: costs.nativeMs(tierZeroMs),
      compileMs: costs.compileMs(equations),
      threshold: config.recompilationThreshold,
    });
    if (this.#decision.rule === 'hot') this.#schedule(arrays);
  }

  async #runNative(native: NativeTier, form: CallForm): Promise<Tree<Tensor>> {
    try {
      const result = await native.run(form.arrays.leaves);
      const { count, medianMs } = native.samples;
      const tierZeroMs = this.#zero.medianMs;
      if (count === trustedCalls && medianMs !== undefined && tierZeroMs !== undefined)
        this.#workshop.costs.sawSpeedUp(tierZeroMs, medianMs);
      return result;
    } catch (error) {
      if (isGalerkinError(error) && error.code === 'SESSION_CLOSED') throw error;
      this.#stepDown(native, error);
      return this.#runZero(form);
    }
  }

  /** A native call failed: this call and all later ones are answered by tier 0. */
  #stepDown(native: NativeTier, error: unknown): void {
    if (this.#native !== native) return;
    this.#native = undefined;
    this.#nativeBefore = native;
    this.#state = 'refused';
    this.#decision = { rule: 'native call failed', why: error instanceof Error ? error.message : String(error) };
    this.#tell('deoptimised');
    this.#workshop.background.add(() => native.close());
  }
}
