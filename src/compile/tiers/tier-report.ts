// What a report says of each function and of each of its versions.
import type { SessionChoice } from './compiled-program.js';
import type { CacheAnswer } from './program-cache.js';

/** Times of one compilation, ms. */
export interface CompileReport {
  /** What the cost model said before. */
  readonly predictedMs: number;
  /** Tracing, lowering and opening together; from the cache: reading and opening. */
  readonly actualMs: number;
  readonly traceMs: number;
  readonly lowerMs: number;
  readonly openMs: number;
  /** The longest time for which compiling held this thread. */
  readonly longestPauseMs: number;
  /** Where it was lowered. */
  readonly lowered: 'in another thread' | 'in this thread' | 'before';
}

export interface VersionReport {
  /** Shapes and types of the arguments, and the static values. */
  readonly signature: string;
  readonly tier: 0 | 1 | 2;
  /** The rule that decided last, and its figures. */
  readonly rule: string;
  readonly why: string;
  readonly calls: { readonly tier0: number; readonly native: number };
  readonly totalMs: { readonly tier0: number; readonly native: number };
  /** The first answer; then medians of the later ones. Undefined where there were none. */
  readonly firstCallMs: number | undefined;
  readonly tierZeroMs: number | undefined;
  readonly nativeMs: number | undefined;
  readonly equations: number | undefined;
  readonly nodes: number | undefined;
  readonly compile: CompileReport | undefined;
  /** Where the compiled program came from; undefined as long as nobody asked. */
  readonly cache: CacheAnswer | undefined;
  readonly choice: SessionChoice | undefined;
  /** What tier 2 tried, and the median of each. */
  readonly trials: readonly { readonly label: string; readonly medianMs: number }[];
}

export interface FunctionReport {
  readonly name: string;
  readonly calls: number;
  readonly versions: readonly VersionReport[];
}
