// The process as Prometheus knows one: CPU, memory, files, what keeps it busy; with its event loop and its garbage.
import { readdirSync, readFileSync } from 'node:fs';
import { packageVersion } from '../base/index.js';
import { eventLoopMetrics } from './event-loop.js';
import type { Collector, Exposition, MetricHead } from './exposition.js';
import { garbageMetrics } from './garbage.js';
import { labelSet } from './labels.js';

function writeOne(page: Exposition, head: MetricHead, value: number | undefined): void {
  if (value === undefined) return;
  page.head(head);
  page.sample('', value);
}

const counter = (name: string, help: string): MetricHead => ({ name, type: 'counter', help });
const gauge = (name: string, help: string): MetricHead => ({ name, type: 'gauge', help });

const heads = {
  user: counter('process_cpu_user_seconds_total', 'CPU time in user code, of all threads.'),
  system: counter('process_cpu_system_seconds_total', 'CPU time in the kernel, of all threads.'),
  cpu: counter('process_cpu_seconds_total', 'CPU time of all threads.'),
  start: gauge('process_start_time_seconds', 'Unix time at which the process began.'),
  rss: gauge('process_resident_memory_bytes', 'Memory that the process holds in RAM.'),
  heapUsed: gauge('galerkin_heap_used_bytes', 'JavaScript heap of the main thread that is in use.'),
  heapTotal: gauge('galerkin_heap_total_bytes', 'JavaScript heap of the main thread that is reserved.'),
  external: gauge('galerkin_external_bytes', 'Memory outside the heap that objects hold, such as tensors.'),
  buffers: gauge('galerkin_array_buffer_bytes', 'Part of the external memory that array buffers hold.'),
  openFiles: gauge('process_open_fds', 'Open file descriptors, sockets among them.'),
  maxFiles: gauge('process_max_fds', 'File descriptors that the process may have open.'),
  resources: gauge('galerkin_active_resources', 'What keeps the event loop alive, by type: sockets, timers, requests.'),
  build: gauge('galerkin_build_info', 'Always 1; the labels say which version runs on which Node.'),
};

/** Undefined where there is no /proc. */
function openFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return undefined;
  }
}

function maxFiles(): number | undefined {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/** Node's own types of resources, about a dozen: their number is bounded by Node. */
function writeResources(page: Exposition): void {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1);
  page.head(heads.resources);
  for (const [type, count] of [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    page.sample(labelSet({ type }), count);
  }
}

function writeUse(page: Exposition): void {
  const { user, system } = process.cpuUsage();
  writeOne(page, heads.user, user / 1e6);
  writeOne(page, heads.system, system / 1e6);
  writeOne(page, heads.cpu, (user + system) / 1e6);
  const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
  writeOne(page, heads.rss, rss);
  writeOne(page, heads.heapUsed, heapUsed);
  writeOne(page, heads.heapTotal, heapTotal);
  writeOne(page, heads.external, external);
  writeOne(page, heads.buffers, arrayBuffers);
}

/** Begins to watch this process; one is enough. `stop` ends what it watches with. */
export function processMetrics(): Collector & { stop(): void } {
  const startedSeconds = Math.round(Date.now() - process.uptime() * 1000) / 1000;
  const most = maxFiles();
  const build = labelSet({ version: packageVersion(), node: process.version });
  const loop = eventLoopMetrics();
  const garbage = garbageMetrics();
  return {
    collect(page) {
      page.head(heads.build);
      page.sample(build, 1);
      writeOne(page, heads.start, startedSeconds);
      writeUse(page);
      writeOne(page, heads.openFiles, openFiles());
      writeOne(page, heads.maxFiles, most);
      writeResources(page);
      loop.collect(page);
      garbage.collect(page);
    },
    stop() {
      loop.stop();
      garbage.stop();
    },
  };
}
