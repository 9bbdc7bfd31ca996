// Every conformance case that the runtime itself passes gives the same values after O3.
import { optimizeGraph, readModel, writeModel } from 'galerkin/graph';
import { describe, expect, it } from 'vitest';
import { answersOf, compare, dataOf } from './case-run.js';
import { corpus, hasCorpus } from './corpus.js';

/** What the cases themselves allow. */
const closeness = { relative: 1e-3, absolute: 1e-7 };

const quiet = async (work: () => Promise<string>): Promise<string> => {
  try {
    return await work();
  } catch (error) {
    return `threw ${error}`;
  }
};

describe.skipIf(!hasCorpus)('optimized at O3, the conformance cases', () => {
  it('that the runtime passes give the same values', async () => {
    const counts = { cases: 0, same: 0, close: 0, nodesBefore: 0, nodesAfter: 0, bounded: 0 };
    const wrong: string[] = [];
    for (const { name, folder, bytes } of corpus()) {
      const [inputs, truths] = [dataOf(folder, 'input'), dataOf(folder, 'output')];
      if (inputs === undefined || truths === undefined) continue;
      const original = await answersOf(bytes, inputs).catch(() => undefined);
      if (original === undefined || !['same', 'close'].includes(compare(original, truths, closeness))) continue;
      counts.cases++;
      const verdict = await quiet(async () => {
        const { model, report } = await optimizeGraph(readModel(bytes), { level: 'O3' });
        counts.nodesBefore += report.nodesBefore;
        counts.nodesAfter += report.nodesAfter;
        if (!report.isFixedPoint) counts.bounded++;
        return compare(await answersOf(writeModel(model), inputs), original, closeness);
      });
      if (verdict === 'same') counts.same++;
      else if (verdict === 'close') counts.close++;
      else wrong.push(`${name}: ${verdict}`);
    }
    console.log(counts);
    expect(wrong).toEqual([]);
    expect(counts.cases).toBeGreaterThan(900);
    expect(counts.bounded).toBe(0);
  });
});
