import { manualClock, seededRandom } from 'galerkin/base';
import { metricsRegistry } from 'galerkin/observe';
import { describe, expect, test } from 'vitest';
import { hostMetrics } from '../../dist/serve/statistics/host-metrics.js';
import { type MetricsOptions, writeMetrics } from '../../dist/serve/statistics/metrics-page.js';
import type { Measured } from '../../dist/serve/statistics/model-metrics.js';
import {
  type ModelStatistics,
  modelStatistics,
  type StatisticsOptions,
} from '../../dist/serve/statistics/statistics.js';
import { parseExposition } from '../observe/fixtures/parse-exposition.js';
import { given, judged, timesOf } from './fixtures/recorded.js';

const clock = manualClock(Date.UTC(2026, 0, 1));

interface Running extends Measured {
  readonly statistics: ModelStatistics;
}

const running = (options: Partial<StatisticsOptions>): Running => ({
  statistics: modelStatistics({ name: 'double', version: '1', clock, ...options }),
  pending: 4,
  isReady: () => true,
});

const open = 'application/openmetrics-text; version=1.0.0';
const pageOf = (models: readonly Measured[], options?: MetricsOptions) =>
  parseExposition(writeMetrics(models, options).body, options?.accept === open);

const stages = ['request', 'queue', 'compute_input', 'compute_infer', 'compute_output'] as const;

describe('the metrics page', () => {
  test.each([undefined, open])('has everything at load, with zeros: Accept %s', accept => {
    const page = pageOf([running({})], { accept });
    for (const reason of ['REJECTED', 'CANCELED', 'BACKEND', 'OTHER'])
      expect(page.value('nv_inference_request_failure', { reason, model: 'double', version: '1' })).toBe(0);
    for (const stage of stages) {
      expect(page.value(`nv_inference_${stage}_duration_us`)).toBe(0);
      expect(page.value(`nv_inference_${stage}_duration_histogram_us_count`)).toBe(0);
    }
    for (const name of ['nv_inference_request_success', 'nv_inference_count', 'nv_inference_exec_count'])
      expect([name, page.value(name)]).toEqual([name, 0]);
    expect(page.value('nv_inference_pending_request_count')).toBe(4);
    expect(page.value('galerkin_model_ready')).toBe(1);
    expect(page.samples.filter(({ name }) => /cache|guard/.test(name))).toEqual([]);
  });

  test.each([1, 2, 3])('agrees with the statistics, seed %i', seed => {
    const random = seededRandom(seed);
    const model = running({ guard: { residualBound: 0.5, fluxBound: Infinity }, isCached: true });
    const { statistics } = model;
    statistics.loaded(1234);
    for (let k = 0; k < 500; k++) {
      const spans = { queue: random.integer(900) / 8, infer: random.integer(900) / 8 };
      const guard = judged(random.uniform() < 0.8 ? 'accepted' : 'flagged', random.uniform());
      statistics.succeed(timesOf(clock.monotonic(), spans), spans.queue + spans.infer + 1, given(2, guard));
      if (k % 5 === 0) statistics.hit(0.5, 1, given(1));
      if (k % 7 === 0) statistics.fail(new Error('x'), 1);
    }
    const page = pageOf([model]);
    const { inference_stats, inference_count } = statistics.triton();
    expect(page.value('nv_inference_request_success')).toBe(600);
    expect(page.value('nv_inference_count')).toBe(inference_count);
    expect(page.value('nv_inference_request_failure', { reason: 'OTHER' })).toBe(72);
    const totals = { ...inference_stats, request: inference_stats.success };
    for (const stage of stages) {
      const { count, ns } = totals[stage];
      expect(page.value(`nv_inference_${stage}_duration_us`)).toBe(Math.floor(ns / 1000));
      const name = `nv_inference_${stage}_duration_histogram_us`;
      expect(page.value(`${name}_count`)).toBe(count);
      expect(page.value(`${name}_bucket`, { le: '+Inf' })).toBe(count);
      expect(page.value(`${name}_sum`)).toBeCloseTo(ns / 1000, 3);
    }
    expect(page.value('nv_cache_num_hits_per_model')).toBe(100);
    expect(page.value('nv_cache_hit_duration_per_model')).toBe(50_000);
    expect(page.value('nv_model_load_duration_secs')).toBe(1.234);
    const verdicts = page.all('galerkin_guard_verdicts_total').map(({ value }) => value);
    expect(verdicts.reduce((a, b) => a + b)).toBe(500);
    expect(page.value('galerkin_guard_residual_count')).toBe(500);
    expect([page.value('galerkin_guard_residual_bound'), page.value('galerkin_guard_flux_bound')]).toEqual([
      0.5,
      Infinity,
    ]);
  });

  test('an answer that is no number counts over every bound', () => {
    const model = running({ guard: { residualBound: 0.5, fluxBound: 0.1 } });
    model.statistics.succeed(timesOf(1, {}), 1, given(1, judged('flagged', Number.NaN)));
    const page = pageOf([model]);
    expect(page.value('galerkin_guard_residual_bucket', { le: '+Inf' })).toBe(1);
    expect(page.value('galerkin_guard_residual_bucket', { le: '128.0' })).toBe(0);
    expect(page.value('galerkin_guard_residual_sum')).toBe(0);
  });

  test('shows the models that are given: one that is unloaded disappears, a version twice is shown once', () => {
    const [a, b] = [running({ name: 'a' }), running({ name: 'b' })];
    expect(pageOf([a, b]).all('nv_inference_count').length).toBe(2);
    expect(
      pageOf([b])
        .all('nv_inference_count')
        .map(({ labels }) => labels.model),
    ).toEqual(['b']);
    expect(pageOf([a, a, b]).all('nv_inference_count').length).toBe(2);
    expect(pageOf([]).samples).toEqual([]);
  });

  test('carries hostile names and tags, and no tag takes the place of a label', () => {
    const name = '"} 1\nnv_inference_count{model="forged';
    const tags = {
      team: 'a"b\\c\n',
      'not a label': '1',
      'not-a-label': '2',
      '': '3',
      __name__: '4',
      model: '5',
      é: '6',
    };
    const page = pageOf([running({ name, tags })]);
    expect(page.all('nv_inference_count').map(({ labels }) => labels)).toEqual([
      {
        model: name,
        version: '1',
        _team: 'a"b\\c\n',
        _not_a_label: '1',
        _not_a_label_2: '2',
        _: '3',
        _name__: '4',
        _model: '5',
        __2: '6',
      },
    ]);
  });

  test('a thousand tags give no thousand labels', () => {
    const tags = Object.fromEntries(Array.from({ length: 1000 }, (_, k) => [`t${k}`, 'x'.repeat(5000)]));
    const [sample] = pageOf([running({ tags })]).all('nv_inference_count');
    expect(Object.keys(sample.labels).length).toBe(34);
    expect(Math.max(...Object.values(sample.labels).map(value => value.length))).toBe(512);
  });

  test('has the same number of series for a model that saw everything as for one that saw nothing', () => {
    const [fresh, worn] = [running({}), running({})];
    const before = pageOf([fresh]).samples.length;
    for (let k = 0; k < 3000; k++) {
      worn.statistics.succeed(timesOf(1e6 + k, { infer: 10 ** (k % 9) / 1e4 }), k, given(k));
      worn.statistics.fail(new Error(`reason ${k}`), k);
      const done = { inputMs: 0, inferMs: k, outputMs: 0, why: 'full', waitedMs: 0, doneMs: 1 } as const;
      worn.statistics.execute({ ...done, items: k, requests: k });
    }
    expect(pageOf([worn]).samples.length).toBe(before);
    expect(before).toBeLessThan(300);
  });

  test('says how full the machine is, and what else collects', () => {
    const registry = metricsRegistry();
    registry
      .counters({ name: 'orders_total', help: 'Orders.', labels: ['kind'] })
      .of('field')
      .add(3);
    const page = pageOf([], { collectors: [hostMetrics(clock), registry] });
    const total = page.value('nv_cpu_memory_total_bytes');
    expect(page.value('nv_cpu_memory_used_bytes')).toBeLessThan(total);
    expect(page.value('nv_cpu_utilization')).toBe(0);
    clock.advance(2000);
    expect(page.value('orders_total', { kind: 'field' })).toBe(3);
    const later = pageOf([], { collectors: [hostMetrics(clock)] }).value('nv_cpu_utilization');
    expect(later >= 0 && later <= 1).toBe(true);
  });
});
