// One version on its way to native code: recorded, named, looked up, lowered, opened; each step in a turn of its own.

import { lower } from '../lower.js';
import { type Program, type TreeFunction, traceTrees } from '../trace.js';
import { type CompiledProgram, OpenProgram, recordOf, type SessionChoice } from './compiled-program.js';
import type { Lowered } from './lowering-thread.js';
import { equationCount, type PlainProgram, plainProgram } from './plain-program.js';
import type { CacheAnswer } from './program-cache.js';
import { digestOf, programDigest } from './program-digest.js';
import type { CompileReport } from './tier-report.js';
import { Stopwatch, turn, type Workshop } from './workshop.js';

export interface Recorded {
  readonly program: Program;
  readonly plain: PlainProgram;
  readonly key: string;
  readonly equations: number;
  readonly traceMs: number;
}

let isRuntimeLoaded = false;

/** Words that every key holds: other code, another runtime or another processor finds nothing of ours. */
function machineWords({ machine }: Workshop): string[] {
  return [machine.lowering, machine.runtime, machine.features];
}

/** Records the function and names what came out. Takes this thread. @throws what trace throws. */
export async function record(workshop: Workshop, fn: TreeFunction, specs: unknown): Promise<Recorded> {
  const watch = new Stopwatch(workshop.clock);
  const { result, ms } = await watch.step(() => {
    const program = traceTrees(fn, specs);
    const plain = plainProgram(program);
    const key = digestOf([...machineWords(workshop), programDigest(plain)]);
    return { program, plain, key, equations: equationCount(plain) };
  });
  return { ...result, traceMs: ms };
}

/** The key of a function for which the user vouches with a word of his own: nothing needs to be traced. */
export function vouchedKey(workshop: Workshop, words: readonly string[]): string {
  return digestOf(['vouched', ...machineWords(workshop), ...words]);
}

export interface Opened {
  readonly open: OpenProgram;
  readonly compiled: CompiledProgram;
  readonly cache: CacheAnswer;
  readonly report: CompileReport;
}

/** Looks for a compiled program and opens it. */
export async function openCached(workshop: Workshop, key: string, traceMs: number): Promise<Opened | undefined> {
  const { clock, cache, config } = workshop;
  const start = clock.monotonic();
  const { from, program: compiled } = await cache.get(key);
  if (compiled === undefined) return undefined;
  const choice: SessionChoice = compiled.record.choice ?? {
    threads: config.threads,
    graphLevel: compiled.record.graphLevel,
  };
  const watch = new Stopwatch(clock);
  const { result: open, ms: openMs } = await watch.step(() => OpenProgram.open(compiled, choice));
  const actualMs = traceMs + clock.monotonic() - start;
  const longestPauseMs = Math.max(traceMs, watch.longestMs);
  const predictedMs = workshop.costs.compileMs(compiled.record.equations);
  const report = { predictedMs, actualMs, traceMs, lowerMs: 0, openMs, longestPauseMs, lowered: 'before' as const };
  return { open, compiled, cache: from, report };
}

type LoweredSomewhere = Lowered & { readonly lowered: CompileReport['lowered'] };

/** In the other thread if that may be; what it can't do is done, or refused with its place, here. */
async function lowerProgram(
  workshop: Workshop,
  { program, plain }: Recorded,
  elsewhere: boolean,
): Promise<LoweredSomewhere> {
  const there = elsewhere ? await workshop.thread.lower(plain) : undefined;
  if (there !== undefined) return { ...there, lowered: 'in another thread' };
  const { result: model, ms } = await new Stopwatch(workshop.clock).step(() => lower(program));
  return { model, ms, lowered: 'in this thread' };
}

/** For the next process: what is on disk should open fast, and that can be prepared in the other thread. */
function improveLater({ background, thread, cache }: Workshop, key: string, compiled: CompiledProgram): void {
  background.add(async () => {
    const optimized = await thread.optimize(compiled.bytes, compiled.record.graphLevel);
    if (optimized !== undefined) await cache.put(key, { ...compiled, optimized });
  });
}

/**
 * Lowers and opens what was recorded, and keeps it in the cache.
 * @param elsewhere whether to lower in another thread: slower to start, and this one goes on.
 * @throws PRIMITIVE_UNSUPPORTED, BATCH_NOT_SYMBOLIC, SESSION_MODEL_INVALID.
 */
export async function compileRecorded(workshop: Workshop, recorded: Recorded, elsewhere: boolean): Promise<Opened> {
  const { costs, config, clock, cache } = workshop;
  const { equations, traceMs } = recorded;
  const predictedMs = costs.compileMs(equations);
  const { model, optimized, ms: lowerMs, lowered } = await lowerProgram(workshop, recorded, elsewhere);
  if (elsewhere) await turn();
  const facts = { equations, compileMs: traceMs + lowerMs };
  const record = recordOf(recorded.plain, model, facts);
  const choice: SessionChoice = { threads: config.threads, graphLevel: record.graphLevel };
  const plainly = { record, bytes: model.bytes };
  const compiled = optimized === undefined ? plainly : { ...plainly, optimized };
  const watch = new Stopwatch(clock);
  const { result: open, ms: openMs } = await watch.step(() => OpenProgram.open(compiled, choice));
  const actualMs = traceMs + lowerMs + openMs;
  // The first session of a process loads the runtime as well; that is no cost of the next program.
  if (isRuntimeLoaded) costs.sawCompile(equations, actualMs);
  isRuntimeLoaded = true;
  await cache.put(recorded.key, compiled);
  if (optimized === undefined && config.cacheFolder !== '') improveLater(workshop, recorded.key, compiled);
  const longestPauseMs = Math.max(watch.longestMs, lowered === 'in this thread' ? lowerMs : 0);
  const report: CompileReport = { predictedMs, actualMs, traceMs, lowerMs, openMs, longestPauseMs, lowered };
  return { open, compiled, cache: 'miss', report };
}
