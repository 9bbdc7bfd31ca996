// The child that is weighed: opens the sessions, runs them, and says how much it has grown.
import { readFileSync, writeFileSync } from 'node:fs';
import { openSession, type Session } from '../../runtime/index.js';
import type { MemoryAnswer, MemoryQuestion } from './memory.js';

const runs = 3;

/** Linux begins to count the peak anew; elsewhere the memory after the runs has to do. */
function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // The peak since the start then counts, which is a little more.
  }
}

/**
 * Peak of resident memory in bytes; 0 where the system does not tell. Not getrusage's: that begins with what the parent had when it forked.
 */
function peakBytes(): number {
  try {
    const [, kibibytes = '0'] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return Number(kibibytes) * 1024;
  } catch {
    return 0;
  }
}

async function grown({ path, settings, feeds, first }: MemoryQuestion): Promise<number> {
  const { instances, threads, graphLevel } = settings;
  const opening = await openSession(first, { threads, graphLevel, spin: false });
  await opening.run({ x: { dtype: 'FP32', shape: [1], data: new Float32Array(1) } });
  forgetPeak();
  const before = process.memoryUsage.rss();
  const sessions: Session[] = [];
  for (let k = 0; k < instances; k++) sessions.push(await openSession(path, { threads, graphLevel, spin: false }));
  for (let k = 0; k < runs; k++) for (const session of sessions) await session.run(feeds);
  const peak = Math.max(process.memoryUsage.rss(), peakBytes());
  return Math.max(0, peak - before);
}

process.once('message', (question: MemoryQuestion) => {
  const reply = (answer: MemoryAnswer): void => void process.send?.(answer);
  grown(question).then(
    grownBytes => reply({ grownBytes }),
    (error: unknown) => reply({ failed: error instanceof Error ? error.message : String(error) }),
  );
});
process.once('disconnect', () => process.exit(0));
process.on('SIGINT', () => {});
