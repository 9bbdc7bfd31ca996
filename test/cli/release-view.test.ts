// The picture of a release in a terminal: fits, says what matters, and nothing that a server says moves the cursor.
import { seededRandom } from 'galerkin/base';
import { statusAnswer } from 'galerkin/control';
import { describe, expect, test } from 'vitest';
import { frame, type Seen } from '../../dist/cli/release/frame.js';
import { liveScreen } from '../../dist/cli/release/live-screen.js';
import { clockTime, effectNumber, shortCount } from '../../dist/cli/release/words.js';

const metrics = ['latency-mean', 'latency-p99', 'error-rate', 'guard-rate', 'residual', 'conservation', 'resource-use'];

function seen(more: object = {}, words = 'Stage 2 of 3: canary 25 %.'): Seen {
  const criteria = metrics.map((metric, k) => ({
    metric,
    test: words,
    verdict: (['promote', 'continue', 'abort'] as const)[k % 3],
    stableSamples: 12_345,
    candidateSamples: 678,
    stable: 3.1,
    candidate: 3.2,
    effect: -0.3214 + k / 10,
    lower: -0.5,
    upper: k === 1 ? null : 0.25,
    margin: 0.1,
    harm: null,
    safety: 3,
  }));
  const status = statusAnswer.parse({
    id: 'darcy-2-k3f9',
    spec: { model: 'darcy', description: '', strategy: { kind: 'canary' }, judge: { minSamples: 50 } },
    candidate: 2,
    baseline: 1,
    stages: [5, 25, 50].map(weight => ({
      title: `canary ${weight} %`,
      candidateShare: 100 * weight,
      replicas: 'all',
      mirrorShare: 2000,
      holdMs: 60_000,
      approve: false,
    })),
    phase: 'running',
    stage: 1,
    stageSinceMs: 1_000_000,
    stageHeldMs: 0,
    revision: 2,
    obeyed: ['server'],
    faults: { 'replica-b': words },
    reason: words,
    startedBy: words,
    startedAtMs: 940_000,
    updatedAtMs: 1_000_000,
    judgement: { verdict: 'continue', atMs: 1_000_000, reason: words, criteria },
    advice: {
      probability: 0.97,
      advice: 'hold',
      confidence: 0.97,
      drivers: [{ feature: words, value: 1, contribution: 2 }],
    },
    ...more,
  });
  const event = { id: 'darcy-2-k3f9', sequence: 1, atMs: 945_000, kind: 'stage', text: words, by: words };
  const traffic = { perSecond: 99.6, sent: 999, answered: 990, failed: 3, unsent: 2, reasons: [['503', 3]] as const };
  return { status, events: [event], traffic, trouble: words, nowMs: 1_030_000 };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const uncoloured = (text: string): string => text.replace(/\x1b\[[0-9;]*m/g, '');

describe('the picture of a release', () => {
  test('says where it is, how long it takes, what is proven, and what failed', () => {
    const text = frame(seen(), { columns: 100, colours: false }).join('\n');
    expect(text).toMatch(/^darcy 1 → 2 {2}canary {2}running/);
    expect(text).toMatch(/ 50 % {2}stage 2\/3/);
    expect(text).toMatch(/canary 25 %: candidate 25 %, copies of 20 %; held 0:30 of 1:00, all over in 1:30 at most/);
    expect(text).toMatch(/✓ latency-mean +−32\.1 % \[−50\.0, \+25\.0\] +≤ 10 % +12k\/678 +3\.10 ms → 3\.20 ms/);
    expect(text).toMatch(/· latency-p99 .*\[−50\.0, –\]/);
    expect(text).toMatch(/✗ error-rate +−12\.1 pt/);
    expect(text).toMatch(/traffic 100 requests\/s, 990 answered, 3 failed \(503: 3\), 2 not sent/);
  });

  test('stands still while it is paused', () => {
    const paused = frame(seen({ phase: 'paused', stageHeldMs: 12_000 }), { columns: 100, colours: false }).join('\n');
    expect(paused).toMatch(/held 0:12 of 1:00/);
  });

  test('is whole only when the new version is in', () => {
    const at = (phase: string) =>
      frame(seen({ phase, stage: 2, stageHeldMs: 60_000 }), { columns: 80, colours: false })[1];
    expect(at('promoted')).toMatch(/█{40}.*100 %/);
    expect(at('running')).toMatch(/ 99 %/);
    expect(frame(seen({ phase: 'aborted' }), { columns: 80, colours: false })[1]).toMatch(/░.* 33 %/);
  });

  test.each([60, 61, 80, 97, 120, 200])('fits into %d columns, with figures of any size', columns => {
    const random = seededRandom(columns);
    for (let round = 0; round < 50; round++) {
      const base = seen({}, 'word '.repeat(random.integer(80)));
      const criteria = base.status.judgement?.criteria.map(each => ({
        ...each,
        effect: random.normal() * 10 ** random.integer(12),
        upper: random.normal() * 10 ** random.integer(12),
        stableSamples: random.integer(2 ** 31),
      }));
      const shown = seen({ judgement: { ...base.status.judgement, criteria } });
      for (const line of frame(shown, { columns, colours: true }))
        expect(uncoloured(line).length).toBeLessThanOrEqual(columns);
    }
  });

  test('lets nothing through that could drive the terminal', () => {
    const hostile = '\u001b[2J\u001b]0;title\u0007\r\nforged line\u009b31m\u2028';
    for (const line of frame(seen({}, hostile), { columns: 80, colours: false })) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
      expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028]/);
    }
  });

  test('has colours only where they are wanted', () => {
    expect(frame(seen(), { columns: 80, colours: false }).join('')).not.toContain('\u001b');
    expect(frame(seen(), { columns: 80, colours: true }).join('')).toContain('\u001b[32m');
  });
});

/** A terminal that knows the sequences that are used here, and wraps long lines as terminals do. */
function terminal(columns: number, rows: number) {
  let screen: string[] = [''];
  let [row, column] = [0, 0];
  const put = (character: string): void => {
    if (column === size.columns) [row, column] = [row + 1, 0];
    const line = (screen[row] ?? '').padEnd(column);
    screen[row] = line.slice(0, column) + character + line.slice(column + 1);
    column++;
  };
  const obey = (code: string, count: number): void => {
    if (code === 'A') row = Math.max(0, row - count);
    else if (code === 'K') screen[row] = (screen[row] ?? '').slice(0, column);
    else if (code === 'J') screen = [...screen.slice(0, row), (screen[row] ?? '').slice(0, column)];
    else if (!/[hlm]/.test(code)) throw new Error(`sequence ${code}`);
  };
  const size = {
    columns,
    rows,
    writes: 0,
    text: () => screen.join('\n').trimEnd(),
    write(text: string) {
      size.writes++;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
      for (const [all, count, code] of text.matchAll(/\x1b\[\??(\d*)([A-Za-z])|[\s\S]/g)) {
        if (code !== undefined) obey(code, Number(count || 1));
        else if (all === '\n') [row, column] = [row + 1, 0];
        else if (all === '\r') column = 0;
        else put(all);
        screen[row] ??= '';
      }
    },
    /** Narrower, with what was drawn wrapped anew and the cursor at its end. */
    narrow(next: number) {
      screen = screen.flatMap(line => line.match(new RegExp(`.{1,${next}}`, 'g')) ?? ['']);
      size.columns = next;
      [row, column] = [screen.length - 1, 0];
    },
  };
  return size;
}

describe('a picture that is drawn in its place', () => {
  test('shows the last frame and nothing of those before, in one write each', () => {
    const random = seededRandom(9);
    const device = terminal(40, 30);
    const screen = liveScreen(device);
    for (let round = 0; round < 30; round++) {
      const lines = Array.from({ length: 1 + random.integer(12) }, (_, k) =>
        `${round}/${k} ${'x'.repeat(random.integer(30))}`.trim(),
      );
      const before = device.writes;
      screen.draw(lines);
      expect(device.writes).toBe(before + 1);
      expect(device.text()).toBe(lines.join('\n'));
    }
    screen.finish();
    device.write('after');
    expect(device.text()).toMatch(/\nafter$/);
  });

  test('keeps its place when the terminal becomes narrower', () => {
    const device = terminal(60, 30);
    const screen = liveScreen(device);
    screen.draw(['a'.repeat(50), 'b'.repeat(20), 'c'.repeat(55)]);
    device.narrow(30);
    screen.draw(['d', 'e']);
    expect(device.text()).toBe('d\ne');
  });

  test('is cut where the terminal is too low for it', () => {
    const device = terminal(40, 5);
    const screen = liveScreen(device);
    const tall = (word: string) => Array.from({ length: 20 }, (_, k) => `${word}${k}`);
    screen.draw(tall('a'));
    screen.draw(tall('b'));
    expect(device.text()).toBe('b0\nb1\nb2\nb3');
  });
});

test('figures are short', () => {
  expect([999, 1234, 12_345, 1_234_567, 123_456_789].map(shortCount)).toEqual(['999', '1.2k', '12k', '1.2M', '123M']);
  expect([0, 65_000, 3_723_000, -5].map(clockTime)).toEqual(['0:00', '1:05', '1:02:03', '0:00']);
  expect([0.012, -0.00001, 0.0004, 12.3, null].map(effectNumber)).toEqual(['+1.2', '+0.00', '+0.04', '+1230', '–']);
});
