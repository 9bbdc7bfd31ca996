// The child that is weighed: opens the sessions, runs them, and says how much it has grown.
import { openSession, type Session } from '../../runtime/index.js';
import type { MemoryAnswer, MemoryQuestion } from './memory.js';

const runs = 3;

async function grown({ path, settings, feeds }: MemoryQuestion): Promise<number> {
  const { instances, threads, graphLevel } = settings;
  // The runtime's own code and first allocations are not the model's.
  await import('onnxruntime-node');
  const before = process.memoryUsage.rss();
  const sessions: Session[] = [];
  for (let k = 0; k < instances; k++) sessions.push(await openSession(path, { threads, graphLevel, spin: false }));
  for (let k = 0; k < runs; k++) for (const session of sessions) await session.run(feeds);
  const peak = Math.max(process.memoryUsage.rss(), process.resourceUsage().maxRSS * 1024);
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
