// A release under way as lines for people: where it stands, what the judge knows of each criterion, the traffic, what happened last.
import { type EventAnswer, finalPhases, type StatusAnswer } from '../../control/index.js';
import { type CanvasOptions, type Colour, line, type Piece, wrapped } from './canvas.js';
import type { TrafficTally } from './traffic.js';
import { clockTime, effectNumber, effectUnit, plain, sharePercent, shortCount, valueText } from './words.js';

export interface Seen {
  readonly status: StatusAnswer;
  readonly events: readonly EventAnswer[];
  readonly traffic?: TrafficTally | undefined;
  /** What is wrong with the watching itself, such as a server that does not answer. */
  readonly trouble?: string | undefined;
  readonly nowMs: number;
}

const shownEvents = 5;
const shownFaults = 3;
/** From here on there is room for the figures of both versions. */
const wide = 96;
const marks = { promote: ['✓', 'green'], continue: ['·', 'yellow'], abort: ['✗', 'red'] } as const;

export const isFinal = ({ phase }: StatusAnswer): boolean => finalPhases.some(each => each === phase);

const phaseColour = ({ phase }: StatusAnswer): Colour => {
  if (phase === 'promoted' || phase === 'reported') return 'green';
  if (phase === 'aborted' || phase === 'aborting') return 'red';
  return phase === 'paused' ? 'yellow' : 'bold';
};

/** Time that the stage has been held, pauses left out. */
function heldMs(status: StatusAnswer, nowMs: number): number {
  const since = status.phase === 'running' ? Math.max(0, nowMs - status.stageSinceMs) : 0;
  return status.stageHeldMs + since;
}

interface Progress {
  readonly share: number;
  readonly heldMs: number;
  readonly holdMs: number;
  readonly leftMs: number;
}

/** How far the release is if every stage takes its full time; it may end sooner. */
function progressOf(status: StatusAnswer, nowMs: number): Progress {
  const { stages, stage } = status;
  const holdMs = stages[stage]?.holdMs ?? 0;
  const held = Math.min(heldMs(status, nowMs), holdMs);
  const total = stages.reduce((sum, each) => sum + each.holdMs, 0);
  const before = stages.slice(0, stage).reduce((sum, each) => sum + each.holdMs, 0);
  const isLetIn = ['promoting', 'promoted', 'reported'].includes(status.phase);
  const share = isLetIn ? 1 : total > 0 ? (before + held) / total : 0;
  return { share, heldMs: held, holdMs, leftMs: total - before - held };
}

const barOf = (share: number, cells: number): string => {
  const full = Math.round(Math.min(1, Math.max(0, share)) * cells);
  return '█'.repeat(full) + '░'.repeat(cells - full);
};

function stageLines(status: StatusAnswer, { nowMs, columns }: { nowMs: number; columns: number }): Piece[][] {
  const { stages, stage } = status;
  const current = stages[Math.min(stage, stages.length - 1)];
  const { share, heldMs: held, holdMs, leftMs } = progressOf(status, nowMs);
  const bar = barOf(share, Math.min(40, columns - 24));
  // What is not over is not whole, whatever the clock says.
  const percent = `${Math.floor(isFinal(status) ? 100 * share : Math.min(99, 100 * share))} %`.padStart(6);
  const head: Piece[] = [
    [bar, phaseColour(status)],
    `${percent}  stage ${Math.min(stage + 1, stages.length)}/${stages.length}`,
  ];
  if (current === undefined || isFinal(status)) return [head];
  const mirror = current.mirrorShare > 0 ? `, copies of ${sharePercent(current.mirrorShare)}` : '';
  const what = `${plain(current.title)}: candidate ${sharePercent(current.candidateShare)}${mirror}`;
  const time =
    holdMs > 0 ? `held ${clockTime(held)} of ${clockTime(holdMs)}, all over in ${clockTime(leftMs)} at most` : '';
  const waits: Piece[][] =
    current.approve && held >= holdMs ? [[['waits for a person: galerkin release promote', 'yellow']]] : [];
  if (columns >= wide) return [head, [`${what}; ${time}`], ...waits];
  return [head, [what], [time], ...waits];
}

type Criterion = NonNullable<StatusAnswer['judgement']>['criteria'][number];

function criterionLine(criterion: Criterion, columns: number): Piece[] {
  const { metric, verdict, effect, lower, upper, margin, stableSamples, candidateSamples } = criterion;
  const [mark, colour] = marks[verdict];
  const unit = effectUnit(metric);
  const interval = lower === null && upper === null ? '' : `[${effectNumber(lower)}, ${effectNumber(upper)}]`;
  const samples = `${shortCount(stableSamples)}/${shortCount(candidateSamples)}`;
  const limit = `≤ ${Number((100 * margin).toPrecision(3))} ${unit}`;
  const values =
    columns < wide ? '' : `  ${valueText(metric, criterion.stable)} → ${valueText(metric, criterion.candidate)}`;
  return [
    [`${mark} `, colour],
    plain(metric).padEnd(12),
    `${effectNumber(effect)} ${effect === null ? '' : unit}`.trimEnd().padStart(9),
    ` ${interval.padEnd(16)}`,
    ` ${limit.padEnd(7)}`,
    ` ${samples}`.padEnd(10),
    [values, 'dim'],
  ];
}

/** Replicas that do not obey, and why. */
const faultLines = ({ faults = {}, baselineFault = '' }: StatusAnswer): Piece[][] =>
  [
    ...Object.entries(faults)
      .filter(([, why]) => why !== '')
      .slice(0, shownFaults)
      .map(([replica, why]) => `${replica}: ${why}`),
    ...(baselineFault === '' ? [] : [baselineFault]),
  ].map((text): Piece[] => [['! ', 'yellow'], plain(text)]);

function judgeLines({ judgement, advice }: StatusAnswer, columns: number): Piece[][] {
  if (judgement === undefined) return [[['  The judge has heard nothing yet.', 'dim']]];
  const head: Piece[] = [['  worse by       effect interval         margin  samples', 'dim']];
  const words = wrapped(plain(judgement.reason), columns - 2).map((text): Piece[] => [[`  ${text}`, 'dim']]);
  const advised: Piece[][] =
    advice?.advice === undefined
      ? []
      : [
          [
            [advice.advice === 'hold' ? '! ' : '  ', 'yellow'],
            `adviser: ${advice.advice}, worse with ${(100 * advice.probability).toFixed(0)} %`,
            ` (${advice.drivers
              .slice(0, 2)
              .map(({ feature }) => plain(feature))
              .join(', ')})`,
          ],
        ];
  return [head, ...judgement.criteria.map(each => criterionLine(each, columns)), ...words, ...advised];
}

export function trafficPieces(traffic: TrafficTally): Piece[] {
  const { perSecond, answered, failed, unsent, reasons } = traffic;
  const why = reasons.length === 0 ? '' : ` (${reasons.map(([what, count]) => `${plain(what)}: ${count}`).join(', ')})`;
  const late = unsent === 0 ? '' : `, ${unsent} not sent: too many are unanswered`;
  return [
    `traffic ${perSecond.toFixed(0)} requests/s, ${shortCount(answered)} answered, `,
    failed === 0 ? ['none failed', 'green'] : [`${failed} failed${why}`, 'red'],
    [late, 'yellow'],
  ];
}

/** An event with its time since the start. */
export const eventPieces = ({ atMs, kind, text, by }: EventAnswer, startMs: number): Piece[] => [
  [`${clockTime(atMs - startMs).padStart(5)} ${plain(kind).padEnd(8)}`, 'dim'],
  ` ${plain(text)}`,
  // Commands name who gave them.
  [by === '' || text.includes(by) ? '' : ` (${plain(by)})`, 'dim'],
];

export const headPieces = (status: StatusAnswer): Piece[] => [
  [plain(status.spec.model), 'bold'],
  ` ${status.baseline} → ${status.candidate}  ${plain(status.spec.strategy.kind)}  `,
  [status.phase, phaseColour(status)],
  [`  ${plain(status.id)}`, 'dim'],
];

/** The whole picture, each line at most `columns` wide. */
export function frame(seen: Seen, { columns, colours }: CanvasOptions): string[] {
  const { status, events, traffic, trouble, nowMs } = seen;
  const last = events.slice(-shownEvents).map(each => eventPieces(each, status.startedAtMs));
  const lines: Piece[][] = [
    headPieces(status),
    ...stageLines(status, { nowMs, columns }),
    ...wrapped(plain(status.reason), columns).map((text): Piece[] => [text]),
    ...faultLines(status),
    [],
    ...judgeLines(status, columns),
    [],
    ...(traffic === undefined ? [] : [trafficPieces(traffic)]),
    ...last,
    ...(trouble === undefined ? [] : [[['! ', 'red'], plain(trouble)] satisfies Piece[]]),
  ];
  return lines.map(pieces => line(pieces, { columns, colours }));
}
