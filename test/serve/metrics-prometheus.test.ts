import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { systemClock } from 'galerkin/base';
import { processMetrics } from 'galerkin/observe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostMetrics } from '../../dist/serve/statistics/host-metrics.js';
import { writeMetrics } from '../../dist/serve/statistics/metrics-page.js';
import { modelStatistics } from '../../dist/serve/statistics/statistics.js';
import { hasPrometheus, type Prometheus, startPrometheus } from './fixtures/prometheus.js';
import { given, judged, timesOf } from './fixtures/recorded.js';

const hostileName = 'q"uote \\ line\nend } é漢🙂 {le="1"} # EOF';

const running = (name: string, residuals: readonly number[]) => {
  const bounds = { residualBound: 0.5, fluxBound: 0.1 };
  const statistics = modelStatistics({ name, version: '1', clock: systemClock, guard: bounds, isCached: true });
  for (const residual of residuals) {
    const times = timesOf(systemClock.monotonic() + 1000, { queue: 1, infer: 3 });
    statistics.succeed(times, 4, given(2, judged('accepted', residual)));
  }
  return { statistics, pending: 2, isReady: () => true };
};

/** A plain server with a page per format; `scraped()` resolves when both were asked for twice more. */
class Pages {
  readonly accepts = new Set<string>();
  models = [
    running(
      'darcy',
      Array.from({ length: 100 }, (_, k) => (k + 1) / 100),
    ),
    running(hostileName, [0.1]),
    running('gone', []),
  ];
  private readonly counts = { '/metrics': 0, '/plain': 0 };
  private readonly collectors = [hostMetrics(systemClock), processMetrics()] as const;
  private waiting: (() => void) | undefined;
  private readonly server: Server = createServer((request, response) => {
    const { url } = request;
    if (url !== '/metrics' && url !== '/plain') return void response.writeHead(404).end();
    if (url === '/metrics') this.accepts.add(request.headers.accept ?? '');
    const accept = url === '/metrics' ? request.headers.accept : undefined;
    const { contentType, body } = writeMetrics(this.models, { accept, collectors: this.collectors });
    response.writeHead(200, { 'content-type': contentType }).end(body);
    this.counts[url]++;
    if (Math.min(this.counts['/metrics'], this.counts['/plain']) > 2) this.waiting?.();
  });

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `127.0.0.1:${address.port}`;
  }

  /** A scrape ends before the next one begins: when the third comes, the second is stored. */
  scraped(): Promise<void> {
    this.counts['/metrics'] = this.counts['/plain'] = 0;
    return new Promise(resolve => {
      this.waiting = resolve;
    });
  }

  async stop(): Promise<void> {
    this.collectors[1].stop();
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

describe.skipIf(!hasPrometheus())('a real Prometheus', () => {
  const pages = new Pages();
  let prometheus: Prometheus;
  beforeAll(async () => {
    const target = await pages.start();
    prometheus = await startPrometheus({ open: [target, '/metrics'], plain: [target, '/plain'] });
    await pages.scraped();
  });
  afterAll(async () => {
    await prometheus?.stop();
    await pages.stop();
  });

  const one = async (expression: string): Promise<number> => {
    const points = await prometheus.query(expression);
    expect([expression, points.length]).toEqual([expression, 1]);
    return points[0].value;
  };

  test('takes the page in both formats, and asks for OpenMetrics itself', async () => {
    expect((await prometheus.query('up')).map(({ value }) => value)).toEqual([1, 1]);
    expect([...pages.accepts].join()).toMatch(/application\/openmetrics-text/);
    const names = 'count by (job) ({__name__=~"nv_.*|galerkin_(batch|guard|model).*"})';
    const [first, second] = (await prometheus.query(names)).map(({ value }) => value);
    expect(first).toBe(second);
    expect(first).toBeGreaterThan(1000);
  });

  test.each([
    ['nv_inference_count', 200],
    ['nv_inference_request_success', 100],
    ['nv_inference_request_failure{reason="BACKEND"}', 0],
    ['nv_inference_queue_duration_us', 100_000],
    ['nv_inference_compute_infer_duration_us', 300_000],
    ['nv_inference_request_duration_histogram_us_count', 100],
    ['nv_inference_request_duration_histogram_us_bucket{le="3072.0"}', 0],
    ['nv_inference_request_duration_histogram_us_bucket{le="4096.0"}', 100],
    ['nv_inference_pending_request_count', 2],
    ['galerkin_guard_verdicts_total{verdict="accepted"}', 100],
    ['galerkin_guard_residual_bound', 0.5],
  ])('reads %s as it was counted', async (metric, wanted) => {
    const [name = '', labels = ''] = metric.split(/[{}]/);
    for (const job of ['open', 'plain'])
      expect([job, await one(`${name}{model="darcy",job="${job}",${labels}}`)]).toEqual([job, wanted]);
  });

  test('computes the quantiles that the statistics report', async () => {
    const { residual } = pages.models[0].statistics.series.verdicts;
    for (const share of [0.5, 0.9, 0.99]) {
      const bucket = 'galerkin_guard_residual_bucket{model="darcy",job="open"}';
      expect(await one(`histogram_quantile(${share}, ${bucket})`)).toBeCloseTo(residual.quantile(share), 9);
    }
  });

  test('keeps a hostile name as it is', async () => {
    const points = await prometheus.query('nv_inference_count{job="open"} == 2');
    expect(points.map(({ labels }) => labels.model)).toEqual([hostileName]);
  });

  test('knows the help and the type of each metric', async () => {
    const facts = await prometheus.api('metadata?metric=nv_inference_count');
    expect(JSON.stringify(facts)).toMatch(/Items computed/);
    expect(JSON.stringify(await prometheus.api('metadata?metric=galerkin_guard_residual'))).toMatch(/"histogram"/);
  });

  test('reads the process and the machine', async () => {
    expect(await one('process_resident_memory_bytes{job="open"}')).toBeGreaterThan(1e6);
    expect(await one('nv_cpu_memory_total_bytes{job="plain"}')).toBeGreaterThan(1e8);
    expect(await one('galerkin_event_loop_active_seconds_total{job="open"}')).toBeGreaterThan(0);
  });

  test('forgets a model that is unloaded', async () => {
    expect((await prometheus.query('nv_inference_count{model="gone"}')).length).toBe(2);
    pages.models = pages.models.slice(0, 2);
    await pages.scraped();
    expect(await prometheus.query('nv_inference_count{model="gone"}')).toEqual([]);
  });
});
