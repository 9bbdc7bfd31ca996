// Progress of long work in the terminal: one live line with a bar, the figure that matters and the time left; plain lines where there is no terminal.
import type { Clock, Progress, ProgressListener } from '../base/index.js';

export interface ProgressBar {
  readonly onProgress: ProgressListener;
  /** Ends the live line, so that other output starts on a fresh one. */
  finish(): void;
}

interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const barWidth = 24;
const redrawMs = 80;
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

function bar(share: number): string {
  const cells = share * barWidth;
  const full = Math.floor(cells);
  return `${'█'.repeat(full)}${eighths[Math.floor((cells - full) * 8)] ?? ''}`.padEnd(barWidth, '·');
}

/** Minutes and seconds: `1:05`. */
function clockTime(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

function figureText({ figure }: Progress): string {
  if (!figure || !Number.isFinite(figure.value)) return '';
  return `${figure.name} ${figureValue(figure.value, figure.unit)}${figure.unit ? ` ${figure.unit}` : ''}`;
}

function figureValue(value: number, unit: string | undefined): string {
  if (unit === '%') return value.toFixed(2);
  return Math.abs(value) >= 1000 ? value.toFixed(0) : value.toPrecision(3);
}

/** What this run has spent, and what an earlier one had finished, which costs no time now. */
interface Spent {
  readonly elapsedMs: number;
  readonly startDone: number;
}

/** One line of progress: task, bar, share, figure, time taken and left. */
function progressLine(progress: Progress, { elapsedMs, startDone }: Spent): string {
  const { task, done, total } = progress;
  const share = total > 0 ? Math.min(1, done / total) : 0;
  const leftMs = (elapsedMs / (done - startDone)) * (total - done);
  const left = done > startDone && done < total ? `, ${clockTime(Math.ceil(leftMs / 1000))} left` : '';
  const shareText = `${Math.floor(100 * share)} %`.padStart(5);
  return `${task.padEnd(22)} ${bar(share)} ${shareText}  ${figureText(progress).padEnd(20)}  ${clockTime(Math.floor(elapsedMs / 1000))}${left}`;
}

/** Draws progress on `terminal`; without a terminal, one line at each tenth. */
export function progressBar(terminal: Terminal, clock: Clock): ProgressBar {
  let task = '';
  let startMs = 0;
  let startDone = 0;
  let drawnMs = Number.NEGATIVE_INFINITY;
  let tenth = -1;
  let live = false;

  const finish = (): void => {
    if (live) terminal.write('\n');
    live = false;
  };
  const begin = (progress: Progress): void => {
    finish();
    task = progress.task;
    startMs = clock.monotonic();
    startDone = progress.done === progress.total ? 0 : progress.done;
    tenth = -1;
    drawnMs = Number.NEGATIVE_INFINITY;
  };
  const onProgress = (progress: Progress): void => {
    if (progress.task !== task) begin(progress);
    const nowMs = clock.monotonic();
    const complete = progress.done >= progress.total;
    const line = progressLine(progress, { elapsedMs: nowMs - startMs, startDone });
    if (terminal.isTTY) {
      if (!complete && nowMs - drawnMs < redrawMs) return;
      drawnMs = nowMs;
      terminal.write(`\r${line.slice(0, (terminal.columns ?? 120) - 1)}\x1b[K`);
      live = true;
      if (complete) finish();
    } else {
      const reached = Math.floor((10 * progress.done) / Math.max(1, progress.total));
      if (reached !== tenth) terminal.write(`${line}\n`);
      tenth = reached;
    }
  };
  return { onProgress, finish };
}
