// The machine in Triton's three names: nv_cpu_utilization, nv_cpu_memory_total_bytes, nv_cpu_memory_used_bytes.
import { cpus, freemem, totalmem } from 'node:os';
import type { Clock } from '../../base/index.js';
import type { Collector, MetricHead } from '../../observe/index.js';

const heads = {
  utilization: {
    name: 'nv_cpu_utilization',
    type: 'gauge',
    help: 'Share of the time of all CPUs that was not idle since the last scrape, 0 to 1.',
  },
  total: { name: 'nv_cpu_memory_total_bytes', type: 'gauge', help: 'Memory of the machine.' },
  used: { name: 'nv_cpu_memory_used_bytes', type: 'gauge', help: 'Memory of the machine that is not available.' },
} as const satisfies Record<string, MetricHead>;

/** Over shorter times the kernel's ticks say nothing: scrapes that come sooner see the figure before. */
const shortestMs = 1000;

interface CpuTicks {
  readonly busy: number;
  readonly all: number;
}

function readTicks(): CpuTicks {
  let busy = 0;
  let all = 0;
  for (const { times } of cpus()) {
    const sum = times.user + times.nice + times.sys + times.irq;
    busy += sum;
    all += sum + times.idle;
  }
  return { busy, all };
}

export function hostMetrics(clock: Clock): Collector {
  let before = readTicks();
  let readMs = clock.monotonic();
  let utilization = 0;
  return {
    collect(page) {
      const nowMs = clock.monotonic();
      if (nowMs - readMs >= shortestMs) {
        const now = readTicks();
        const all = now.all - before.all;
        utilization = all > 0 ? Math.min(1, Math.max(0, (now.busy - before.busy) / all)) : utilization;
        before = now;
        readMs = nowMs;
      }
      const totalBytes = totalmem();
      page.head(heads.utilization);
      page.sample('', utilization);
      page.head(heads.total);
      page.sample('', totalBytes);
      page.head(heads.used);
      page.sample('', totalBytes - freemem());
    },
  };
}
