// Each pass alone, and all levels, leave random graphs the same: the exact ones bit for bit, also for NaN, infinities and -0.
import type { Tensor } from 'galerkin/base';
import { type Model, optimizeGraph, readModel, writeModel } from 'galerkin/graph';
import { describe, expect, it } from 'vitest';
import { algebra } from '../../dist/graph/passes/algebra.js';
import { commonSubexpressions } from '../../dist/graph/passes/common-subexpressions.js';
import { constantNodes } from '../../dist/graph/passes/constant-nodes.js';
import { deadCode } from '../../dist/graph/passes/dead-code.js';
import { foldBatchNorm } from '../../dist/graph/passes/fold-batch-norm.js';
import { constantFolding } from '../../dist/graph/passes/fold-constants.js';
import { fusions } from '../../dist/graph/passes/fusions.js';
import { identities } from '../../dist/graph/passes/identities.js';
import type { Pass } from '../../dist/graph/passes/pass.js';
import { sinkLayout } from '../../dist/graph/passes/sink-layout.js';
import { answersOf, compare } from './case-run.js';
import { type RandomOptions, randomCase } from './random-graph.js';

const bitwise = { relative: 0, absolute: 0 };
const rounded = { relative: 1e-4, absolute: 1e-5 };
const plain = { graphLevel: 'disabled' } as const;

/** A random case and the runtime's own answers to it, which many passes are held to. */
const originals = new Map<string, Promise<ReturnType<typeof randomCase> & { truth: Tensor[] }>>();
function originalOf(seed: number, { isSpecial, isOpen, steps }: RandomOptions) {
  const key = JSON.stringify([seed, isSpecial, isOpen, steps]);
  const made = async () => {
    const one = randomCase(seed, { isSpecial, isOpen, steps });
    return { ...one, truth: await answersOf(writeModel(one.model), one.inputs, plain) };
  };
  const known = originals.get(key) ?? made();
  originals.set(key, known);
  return known;
}

/** What the changed graph says to the original's answers. */
async function verdict(
  seed: number,
  change: (model: Model) => Promise<{ model: Model; applied: number }>,
  options: RandomOptions & { closeness: typeof bitwise },
) {
  const { model, inputs, truth } = await originalOf(seed, options);
  const before = JSON.stringify(model.graph.nodes.map(({ name }) => name));
  const { model: changed, applied } = await change(model);
  expect(JSON.stringify(model.graph.nodes.map(({ name }) => name))).toBe(before);
  const answer = await answersOf(writeModel(readModel(writeModel(changed))), inputs, plain);
  return { said: compare(answer, truth, options.closeness), applied };
}

const exact: [string, Pass][] = [
  constantNodes,
  identities,
  constantFolding(),
  deadCode,
  commonSubexpressions,
  algebra,
  sinkLayout,
].map(pass => [pass.name, pass]);
const rounding: [string, Pass][] = [foldBatchNorm, fusions].map(pass => [pass.name, pass]);

describe('a pass alone keeps every bit of random graphs', () => {
  it.each(exact)('%s', async (name, pass) => {
    let total = 0;
    for (let seed = 0; seed < 25; seed++) {
      const options = { isSpecial: true, isOpen: seed % 2 === 0, steps: 14, closeness: bitwise };
      const { said, applied } = await verdict(seed, pass.run, options);
      expect(said, `seed ${seed}`).toBe('same');
      total += applied;
    }
    if (name !== 'constants') expect(total).toBeGreaterThan(3);
  });
});

describe('a pass alone keeps the values of random graphs within rounding', () => {
  it.each(rounding)('%s', async (_, pass) => {
    let total = 0;
    for (let seed = 0; seed < 25; seed++) {
      const options = { isSpecial: false, isOpen: seed % 2 === 0, steps: 8, closeness: rounded };
      const { said, applied } = await verdict(seed, pass.run, options);
      expect(['same', 'close'], `seed ${seed}: ${said}`).toContain(said);
      total += applied;
    }
    expect(total).toBeGreaterThan(10);
  });
});

describe('all passes together', () => {
  it.each(['O1', 'O2'] as const)('at %s keep every bit of graphs without batch norms', async level => {
    for (let seed = 100; seed < 140; seed++) {
      const change = async (model: Model) => ({ ...(await optimizeGraph(model, { level })), applied: 1 });
      const { said } = await verdict(seed, change, {
        isSpecial: true,
        isOpen: seed % 2 === 0,
        steps: 25,
        closeness: bitwise,
      });
      expect(said, `seed ${seed}`).toBe('same');
    }
  });

  it('at O3 keep values within rounding, end at a fixed point, and make graphs smaller', async () => {
    let [before, after] = [0, 0];
    for (let seed = 200; seed < 240; seed++) {
      const change = async (model: Model) => {
        const { model: changed, report } = await optimizeGraph(model, { level: 'O3' });
        expect(report.isFixedPoint).toBe(true);
        before += report.nodesBefore;
        after += report.nodesAfter;
        return { model: changed, applied: 1 };
      };
      const { said } = await verdict(seed, change, {
        isSpecial: false,
        isOpen: seed % 2 === 0,
        steps: 15,
        closeness: rounded,
      });
      expect(['same', 'close'], `seed ${seed}: ${said}`).toContain(said);
    }
    expect(after / before).toBeLessThan(0.9);
  });

  it('at O0 do nothing at all', async () => {
    const { model } = randomCase(1, { isSpecial: false, isOpen: true, steps: 10 });
    expect((await optimizeGraph(model, { level: 'O0' })).model).toBe(model);
  });

  it('give the same bytes each time', async () => {
    const { model } = randomCase(2, { isSpecial: false, isOpen: true, steps: 20 });
    const [first, second] = [await optimizeGraph(model), await optimizeGraph(readModel(writeModel(model)))];
    expect(Buffer.from(writeModel(first.model)).equals(writeModel(second.model))).toBe(true);
  });
});
