// The result of `galerkin optimize` for people: today beside the choice, what was refused and why, and where it lies.
import {
  type Published,
  shownBytes,
  shownShare,
  shownTime,
  type TrialFacts,
  type TuneReport,
  type VariantFacts,
} from '../optimize/index.js';
import { facts, table } from './output.js';

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

/** 'level all, 2 threads, 1 instance, batches of 4'. */
function settingsText({ settings }: TrialFacts): string {
  const { graphLevel, threads, instances, batch } = settings;
  const batches = batch === 1 ? '' : `, batches of ${batch}`;
  return `level ${graphLevel}, ${counted(threads, 'thread')}, ${counted(instances, 'instance')}${batches}`;
}

const ratio = (value: number): string => (Number.isFinite(value) ? `${value.toFixed(2)} x` : '');

function figureRows({ baseline, chosen, variants, operators }: TuneReport): string[][] {
  const variantOf = ({ variant }: TrialFacts): VariantFacts | undefined => variants.find(({ id }) => id === variant);
  const [before, after] = [variantOf(baseline), variantOf(chosen)];
  const memory = ({ memoryBytes }: TrialFacts): string => (memoryBytes === undefined ? '–' : shownBytes(memoryBytes));
  const nodes = (list: TuneReport['operators']['before']): number =>
    list.reduce((sum, { nodes: count }) => sum + count, 0);
  const accuracy = after?.accuracy;
  const isSameBatch = baseline.settings.batch === chosen.settings.batch;
  const faster = (one: number, other: number): string => (isSameBatch ? ratio(one / other) : '');
  const share = (value: number | undefined): string => (value === undefined ? '–' : shownShare(value));
  return [
    ['', 'today', 'chosen', ''],
    ['model', baseline.variant, chosen.variant, ''],
    ['p50 of a run', shownTime(baseline.p50Ms), shownTime(chosen.p50Ms), faster(baseline.p50Ms, chosen.p50Ms)],
    ['p95', shownTime(baseline.p95Ms), shownTime(chosen.p95Ms), faster(baseline.p95Ms, chosen.p95Ms)],
    [
      'items/s',
      baseline.itemsPerSecond.toFixed(0),
      chosen.itemsPerSecond.toFixed(0),
      ratio(chosen.itemsPerSecond / baseline.itemsPerSecond),
    ],
    ['memory', memory(baseline), memory(chosen), ratio((baseline.memoryBytes ?? NaN) / (chosen.memoryBytes ?? NaN))],
    [
      'file',
      shownBytes(before?.bytes ?? 0),
      shownBytes(after?.bytes ?? 0),
      ratio((before?.bytes ?? NaN) / (after?.bytes ?? NaN)),
    ],
    ['operators run', String(nodes(operators.before)), String(nodes(operators.after)), ''],
    ['distance', '0', share(accuracy?.deviation.relativeL2), ''],
    ...(accuracy?.error === undefined
      ? []
      : [['test error', share(accuracy.error.before), share(accuracy.error.after), '']]),
    ...(accuracy?.residual === undefined
      ? []
      : [['physics residual', accuracy.residual.before.toPrecision(3), accuracy.residual.after.toPrecision(3), '']]),
  ];
}

function targetLines({ targets }: TuneReport): string[] {
  const shown = (unit: string, value: number): string =>
    unit === 'ms' ? shownTime(value) : unit === 'bytes' ? shownBytes(value) : `${value.toPrecision(4)} ${unit}`;
  return targets.map(
    ({ name, unit, wanted, got, isMet }) =>
      `${isMet ? '✓' : '✗'} ${name} ${shown(unit, got)}, wanted ${name === 'throughput' ? 'at least' : 'at most'} ${shown(unit, wanted)}`,
  );
}

/** The first sentence is enough here; the report has all. */
const brief = (reason: string): string => (reason.length <= 100 ? reason : `${reason.slice(0, 97)}…`);

export function optimizeText(report: TuneReport, published: Published | undefined): string {
  const { model, chosen, refused, variants, trials, unmeasured } = report;
  const name = model.version === undefined ? model.name : `${model.name} ${model.version}`;
  const heading = published === undefined ? name : `${name} → ${published.name} ${published.version}`;
  const tried = `${counted(variants.length, 'model')} in ${counted(trials.length, 'way')}${unmeasured.length === 0 ? '' : `, ${unmeasured.length} more had no time`}`;
  const rows: (readonly [string, string])[] = [
    ['runs best with', settingsText(chosen)],
    ['why', report.reason],
    ['tried', `${tried}, in ${shownTime(report.tookMs)} on ${counted(report.machine.cores, 'core')}`],
    ...(published === undefined
      ? []
      : ([
          ['written', published.folder],
          ['report', `${published.folder}/optimization.html`],
        ] as const)),
  ];
  return [
    heading,
    '',
    table(figureRows(report)),
    '',
    ...targetLines(report),
    facts(rows),
    ...(refused.length === 0 ? [] : ['refused', table(refused.map(({ id, reason }) => [`  ${id}`, brief(reason)]))]),
  ].join('\n');
}
