import { seededRandom } from 'galerkin/base';
import {
  Exposition,
  type ExpositionFormat,
  escapeLabelValue,
  Histogram,
  labelSet,
  logBuckets,
  metricsRegistry,
  negotiateFormat,
  processMetrics,
} from 'galerkin/observe';
import { describe, expect, test } from 'vitest';
import { parseExposition } from './fixtures/parse-exposition.js';

const hostile = ['', '"', '\\', '\n', '\\n', '\\"', '"} 1\nfake 2', 'é漢🙂', "a,b={c='d'}", ' ', '# EOF', '\r', '\t'];

function pageOf(format: ExpositionFormat, write: (page: Exposition) => void) {
  const page = new Exposition(format);
  write(page);
  return parseExposition(page.finish(), format === 'openmetrics');
}

describe.each(['text', 'openmetrics'] as const)('the page as %s', format => {
  test('carries hostile label values unchanged', () => {
    const parsed = pageOf(format, page => {
      page.head({ name: 'hostile', type: 'gauge', help: 'A backslash \\, a "quote"\nand a line.' });
      hostile.forEach((value, k) => {
        page.sample(labelSet({ value, k: String(k) }), k);
      });
    });
    expect(parsed.samples.map(({ labels }) => labels.value)).toEqual(hostile);
    expect(parsed.helps.get('hostile')).toBe(
      format === 'text' ? 'A backslash \\\\, a "quote"\\nand a line.' : 'A backslash \\\\, a \\"quote\\"\\nand a line.',
    );
  });

  test('writes histograms cumulatively, the same labels in both formats', () => {
    const histogram = new Histogram(logBuckets({ low: -1, high: 2, parts: 1 }));
    for (const value of [0.5, 0.6, 3, 100]) histogram.record(value);
    const parsed = pageOf(format, page => {
      page.head({ name: 'h', type: 'histogram', help: 'H.' });
      page.histogram('', histogram);
      page.histogram('a="b"', histogram);
    });
    const buckets = parsed.all('h_bucket', { a: 'b' }).map(({ labels, value }) => [labels.le, value]);
    expect(buckets).toEqual([
      ['0.5', 1],
      ['1.0', 2],
      ['2.0', 2],
      ['4.0', 3],
      ['+Inf', 4],
    ]);
    expect(parsed.value('h_sum', { a: 'b' })).toBe(104.1);
    expect(parsed.all('h_count').map(({ value }) => value)).toEqual([4, 4]);
  });

  test('writes every number as a reader of it reads it', () => {
    const random = seededRandom(3);
    const odd = [0, -0, 1e21, 1e-7, 2 ** 53, Infinity, -Infinity, Number.NaN, Number.MAX_VALUE, 5e-324];
    const values = [
      ...odd,
      ...Array.from({ length: 200 }, () => (random.uniform() - 0.5) * 10 ** (random.uniform() * 40 - 20)),
    ];
    const parsed = pageOf(format, page => {
      page.head({ name: 'n', type: 'gauge', help: 'N.' });
      values.forEach((value, k) => {
        page.sample(`k="${k}"`, value);
      });
    });
    expect(parsed.samples.map(({ value }) => value + 0)).toEqual(values.map(value => value + 0));
  });
});

describe('formats', () => {
  test('a counter keeps its name in both: without _total, OpenMetrics calls it unknown', () => {
    const write = (page: Exposition): void => {
      page.head({ name: 'nv_inference_count', type: 'counter', help: 'C.' });
      page.sample('', 1);
      page.head({ name: 'x_total', type: 'counter', help: 'X.' });
      page.sample('', 2);
    };
    expect([...pageOf('text', write).types]).toEqual([
      ['nv_inference_count', 'counter'],
      ['x_total', 'counter'],
    ]);
    expect([...pageOf('openmetrics', write).types]).toEqual([
      ['nv_inference_count', 'unknown'],
      ['x', 'counter'],
    ]);
    expect(pageOf('openmetrics', write).value('x_total')).toBe(2);
  });

  test.each([
    [undefined, 'text'],
    ['', 'text'],
    ['*/*', 'text'],
    ['text/plain', 'text'],
    ['application/openmetrics-text; version=1.0.0', 'openmetrics'],
    ['application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.9', 'text'],
    ['application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1', 'openmetrics'],
    ['application/openmetrics-text;q=0', 'text'],
    ['application/openmetrics-text;q=lots', 'text'],
    ['APPLICATION/OpenMetrics-Text', 'openmetrics'],
    [`${'x,'.repeat(5000)}application/openmetrics-text`, 'text'],
    [';;;,,,q=1', 'text'],
  ] as const)('Accept %s gives %s', (accept, format) => {
    expect(negotiateFormat(accept)).toBe(format);
  });

  test('a NUL, at which parsers end, becomes a replacement character; long values are cut', () => {
    expect(escapeLabelValue('a\0b')).toBe('a\uFFFDb');
    expect(escapeLabelValue('x'.repeat(10_000)).length).toBe(512);
  });
});

describe('a registry', () => {
  test('bounds the series of each metric: what comes later shares one, and the page says how often', () => {
    const registry = metricsRegistry();
    const visits = registry.counters({ name: 'visits_total', help: 'V.', labels: ['who'], maxSeries: 10 });
    for (let k = 0; k < 10_000; k++) visits.of(`visitor ${k}`).add();
    visits.of('visitor 3').add(5);
    const parsed = pageOf('text', page => registry.collect(page));
    expect(parsed.all('visits_total').length).toBe(11);
    expect(parsed.value('visits_total', { who: 'visitor 3' })).toBe(6);
    expect(parsed.value('visits_total', { who: '_overflow' })).toBe(9990);
    expect(parsed.value('galerkin_metrics_overflow_total', { metric: 'visits_total' })).toBe(9990);
  });

  test('a series removed is gone, and its place is free', () => {
    const registry = metricsRegistry();
    const gauges = registry.gauges({ name: 'g', help: 'G.', labels: ['a', 'b'], maxSeries: 1 });
    gauges.of('1', '2').set(7);
    gauges.remove('1', '2');
    gauges.of('3').set(8);
    expect(pageOf('text', page => registry.collect(page)).all('g')).toEqual([
      { name: 'g', labels: { a: '3', b: '' }, value: 8 },
    ]);
  });

  test.each([
    [{ name: '0bad', help: '' }, /wanted letters, digits/],
    [{ name: 'a b', help: '' }, /wanted letters, digits/],
    [{ name: 'taken', help: '' }, /wanted one not used yet/],
    [{ name: 'galerkin_metrics_overflow_total', help: '' }, /wanted one not used yet/],
    [{ name: 'x', help: '', labels: ['le'] }, /labels/],
    [{ name: 'x', help: '', labels: ['__name__'] }, /labels/],
    [{ name: 'x', help: '', labels: ['a"'] }, /labels/],
    [{ name: 'x', help: '', labels: ['a', 'a'] }, /wanted different ones/],
    [{ name: 'x', help: '', maxSeries: 0 }, /maxSeries/],
  ])('refuses %o', (options, words) => {
    const registry = metricsRegistry();
    registry.gauges({ name: 'taken', help: '' });
    expect(() => registry.counters(options)).toThrow(words);
  });
});

describe('the process', () => {
  test('shows its CPU, memory, files, event loop and garbage', async () => {
    const metrics = processMetrics();
    try {
      const before = pageOf('text', page => metrics.collect(page));
      expect(before.value('process_resident_memory_bytes')).toBeGreaterThan(1e6);
      expect(before.value('process_open_fds')).toBeGreaterThan(2);
      expect(before.value('galerkin_build_info')).toBe(1);
      for (let round = 0; round < 20; round++) Array.from({ length: 100_000 }, (_, k) => ({ k }));
      await new Promise(resolve => setImmediate(resolve));
      const after = pageOf('openmetrics', page => metrics.collect(page));
      expect(after.value('process_cpu_seconds_total')).toBeGreaterThan(before.value('process_cpu_seconds_total'));
      const busy = after.value('galerkin_event_loop_utilization_ratio');
      expect(busy).toBeGreaterThanOrEqual(0);
      expect(busy).toBeLessThanOrEqual(1);
      expect(after.value('galerkin_event_loop_lag_max_seconds')).toBeGreaterThanOrEqual(0);
      expect(after.all('galerkin_gc_pause_seconds_count').length).toBeGreaterThan(3);
    } finally {
      metrics.stop();
    }
  });
});
