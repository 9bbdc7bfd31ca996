import { manualClock } from 'galerkin/base';
import { expect, test } from 'vitest';
import { scalingReport } from '../../dist/serve/people/scaling.js';
import { modelStatistics } from '../../dist/serve/statistics/model-statistics.js';

test('utilization is the share of the interval that instances computed, over all of them', () => {
  const clock = manualClock();
  const statistics = modelStatistics({ name: 'm', version: '1', clock });
  const model = {
    served: { name: 'm', version: '1' },
    package: { config: { instance_group: [{ count: 2 }, { count: 1 }] } },
    statistics,
    pending: 7,
    isReady: () => true,
  };
  const engine = { models: [model] };
  const report = scalingReport({ engine, clock, instances: 0 });
  const compute = (totalMs: number) =>
    statistics.execute({
      items: 1,
      requests: 1,
      inputMs: 0,
      inferMs: totalMs,
      outputMs: 0,
      why: 'single',
      waitedMs: 0,
      doneMs: 0,
    });
  compute(3000);
  clock.advance(2000);
  expect(report()).toMatchObject({ intervalSeconds: 2, models: [{ instances: 3, queued: 7, utilization: 0.5 }] });
  compute(500);
  clock.advance(500);
  expect(report().models[0]?.utilization).toBe(0.5);
  clock.advance(500);
  expect(report()).toMatchObject({ intervalSeconds: 1, models: [{ utilization: 0.1667 }] });
});
