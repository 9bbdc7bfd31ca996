// What the tiers did with each function, for people: time in each tier as a bar, the compilation, the rule that decided.
import type { FunctionReport, VersionReport } from '../compile/index.js';
import { facts } from './output.js';

export type Explained = FunctionReport & {
  /** What the function itself threw. */
  readonly error: string | undefined;
  /** Why it can't be compiled. */
  readonly obstacle: string | undefined;
};

const barWidth = 24;

/** Durations from microseconds to seconds. */
export function duration(ms: number | undefined): string {
  if (ms === undefined) return '-';
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms >= 1) return `${ms >= 100 ? ms.toFixed(0) : ms.toPrecision(3)} ms`;
  return `${(1000 * ms).toPrecision(3)} µs`;
}

function bar(part: number): string {
  const full = Math.round(part * barWidth);
  return `${'█'.repeat(full)}${'░'.repeat(barWidth - full)}`;
}

const tierNames = ["the tracer's wasm", 'native', 'native, choices tried'] as const;

function choiceOf({ choice }: VersionReport): string {
  if (choice === undefined) return '';
  const { threads, graphLevel } = choice;
  return `, ${threads === 0 ? 'all threads' : `${threads} thread${threads === 1 ? '' : 's'}`}, graph level ${graphLevel}`;
}

function timeRows(version: VersionReport): [string, string][] {
  const { calls, totalMs, firstCallMs, tierZeroMs, nativeMs } = version;
  const total = Math.max(totalMs.tier0 + totalMs.native, 1e-9);
  const share = (ms: number): string => `${bar(ms / total)} ${duration(ms)}`;
  const rows: [string, string][] = [];
  if (calls.tier0 > 0) {
    const later = tierZeroMs === undefined ? '' : `, then ${duration(tierZeroMs)} each`;
    rows.push([
      'tier 0',
      `${share(totalMs.tier0)} in ${calls.tier0} calls: the first ${duration(firstCallMs)}${later}`,
    ]);
  }
  if (calls.native > 0) {
    const gain =
      tierZeroMs === undefined || nativeMs === undefined
        ? ''
        : `, ${(tierZeroMs / nativeMs).toPrecision(3)} times as fast`;
    rows.push(['native', `${share(totalMs.native)} in ${calls.native} calls: ${duration(nativeMs)} each${gain}`]);
  }
  return rows;
}

function compileRow({ compile, equations, nodes }: VersionReport): [string, string][] {
  if (compile === undefined) return [];
  const { predictedMs, actualMs, traceMs, lowerMs, openMs, longestPauseMs, lowered } = compile;
  const parts =
    lowered === 'before'
      ? `trace ${duration(traceMs)}, open ${duration(openMs)}`
      : `trace ${duration(traceMs)}, lower ${duration(lowerMs)} ${lowered}, open ${duration(openMs)}`;
  const size = `${equations} equations, ${nodes} nodes`;
  const told = `${duration(predictedMs)} predicted, ${duration(actualMs)} taken (${parts})`;
  return [['compile', `${told}; longest pause ${duration(longestPauseMs)}; ${size}`]];
}

const cacheWords = { memory: 'hit in memory', disk: 'hit on disk', miss: 'miss' } as const;

function versionText(name: string, version: VersionReport): string {
  const rows: [string, string][] = [
    ...timeRows(version),
    ...compileRow(version),
    ...(version.cache === undefined ? [] : [['cache', cacheWords[version.cache]] satisfies [string, string]]),
    ...version.trials.map(({ label, medianMs }): [string, string] => ['tried', `${label}: ${duration(medianMs)}`]),
    ['why', `${version.rule}: ${version.why}`],
  ];
  const { signature } = version;
  const shown = signature.length > 90 ? `${signature.slice(0, 87)}...` : signature;
  const head = `${name}  ▸ tier ${version.tier}, ${tierNames[version.tier]}${choiceOf(version)}\n  ${shown}`;
  return `${head}\n${facts(rows).replaceAll(/^/gm, '  ')}`;
}

/** A block for each version of each function. */
export function explainText(functions: readonly Explained[]): string {
  return functions
    .map(({ name, versions, error, obstacle }) => {
      const blocks = versions.map(version => versionText(name, version));
      if (error !== undefined) blocks.push(`${name}  failed: ${error}`);
      const isTold = error !== undefined || versions.some(({ rule }) => rule === 'refused');
      if (obstacle !== undefined && !isTold) blocks.push(`${name}  can never leave tier 0: ${obstacle}`);
      return blocks.join('\n\n');
    })
    .join('\n\n');
}
