import { manualClock } from 'galerkin/base';
import { describe, expect, test } from 'vitest';
import { progressBar } from '../../dist/cli/progress-bar.js';

function terminal(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, columns: 200, write: (text: string) => written.push(text), written };
}

describe('progressBar', () => {
  test('shows share, figure, time taken and time left', () => {
    const clock = manualClock();
    const screen = terminal(true);
    const { onProgress } = progressBar(screen, clock);
    onProgress({ task: 'training', done: 0, total: 100 });
    clock.advance(10_000);
    onProgress({ task: 'training', done: 25, total: 100, figure: { name: 'loss', value: 0.125 } });
    expect(screen.written.at(-1)).toMatch(/training .* 25 % {2}loss 0\.125 .*0:10, 0:30 left/);
  });

  test('what an earlier run had finished does not make the estimate rosier', () => {
    const clock = manualClock();
    const screen = terminal(true);
    const { onProgress } = progressBar(screen, clock);
    onProgress({ task: 'training', done: 50, total: 100 });
    clock.advance(10_000);
    onProgress({ task: 'training', done: 60, total: 100 });
    expect(screen.written.at(-1)).toMatch(/ 60 % .*0:40 left/);
  });

  test('without a terminal it writes a line at each tenth, not at each call', () => {
    const screen = terminal(false);
    const { onProgress } = progressBar(screen, manualClock());
    for (let done = 0; done <= 1000; done++) onProgress({ task: 'solving', done, total: 1000 });
    expect(screen.written).toHaveLength(11);
  });

  test('a live terminal is redrawn at most every 80 ms, but always at the end', () => {
    const screen = terminal(true);
    const { onProgress } = progressBar(screen, manualClock());
    for (let done = 0; done <= 1000; done++) onProgress({ task: 'solving', done, total: 1000 });
    expect(screen.written).toHaveLength(3);
    expect(screen.written.at(-1)).toBe('\n');
  });
});
