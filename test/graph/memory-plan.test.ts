// Memory plans: no two values that live at once overlap, little is lost to gaps, and the runtime needs about as much.
import { float32, seededRandom } from 'galerkin/base';
import { type Model, modelOf, type Node, planMemory, tensorValue, type Value, writeModel } from 'galerkin/graph';
import { profileRuns } from 'galerkin/runtime';
import { describe, expect, test } from 'vitest';

const node = (operator: string, inputs: string[], output: string): Node => ({
  name: output,
  operator,
  domain: '',
  inputs,
  outputs: [output],
  attributes: {},
});
const modelWith = (nodes: Node[], inputs: Value[], outputs: string[]): Model =>
  modelOf({ nodes, inputs, outputs: outputs.map(name => tensorValue(name)) });

/** Each value is made from one of the dozen before it: what lives how long is hard to foresee. */
function randomModel(seed: number, count: number): Model {
  const random = seededRandom(seed);
  const inputs = Array.from({ length: 6 }, (_, k) => tensorValue(`x${k}`, ['batch', 1 + random.integer(3000)]));
  const names = inputs.map(({ name }) => name);
  const nodes = Array.from({ length: count }, (_, k): Node => {
    const from = names[Math.max(0, names.length - 1 - random.integer(12))] ?? 'x0';
    names.push(`v${k}`);
    return node(random.integer(2) === 0 ? 'Sin' : 'Atan', [from], `v${k}`);
  });
  return modelWith(nodes, inputs, [names.at(-1) ?? '']);
}

describe('plans', () => {
  test.each(Array.from({ length: 20 }, (_, seed) => seed))('values that live at once never overlap (seed %i)', seed => {
    const { values, arenaBytes, leastBytes, unknown } = planMemory(randomModel(seed, 150), { batch: 4 });
    expect(unknown).toEqual([]);
    for (const a of values) {
      expect(a.offset % 64).toBe(0);
      expect(a.offset + a.bytes).toBeLessThanOrEqual(arenaBytes);
      for (const b of values) {
        if (a === b || a.last < b.first || b.last < a.first) continue;
        expect(a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset).toBe(true);
      }
    }
    expect(arenaBytes).toBeLessThanOrEqual(1.12 * leastBytes);
  });

  test('a chain of elementwise operators needs one piece of memory, for any batch', () => {
    const names = Array.from({ length: 10 }, (_, k) => `h${k}`);
    const nodes = names.map((name, k) => node('Tanh', [k === 0 ? 'x' : `h${k - 1}`], name));
    const model = modelWith(nodes, [tensorValue('x', ['batch', 100])], ['h9']);
    expect(planMemory(model, { batch: 3 }).arenaBytes).toBe(3 * 400);
    expect(planMemory(model, { batch: 48 }).arenaBytes).toBe(48 * 400);
    expect(planMemory(model).unknown).toContain('x');
  });

  test.each([
    [{ batch: -1 }, 'a whole number from 1'],
    [{ batch: 1.5 }, 'a whole number from 1'],
    [{ batch: Number.NaN }, 'a whole number from 1'],
    [{ batch: 0 }, 'a whole number from 1'],
    [{ bacth: 8 }, 'one of [batch]'],
  ])('the sizes %j are refused', (sizes, wanted) => {
    const model = modelWith([node('Tanh', ['x'], 'y')], [tensorValue('x', ['batch', 4])], ['y']);
    expect(() => planMemory(model, sizes)).toThrow(
      expect.objectContaining({ code: 'SIZE_INVALID', message: expect.stringContaining(wanted) }),
    );
  });

  test('reshapes are free', () => {
    const shaped = modelWith(
      [node('Sin', ['x'], 'a'), node('Flatten', ['a'], 'b'), node('Cos', ['b'], 'c')],
      [tensorValue('x', [8, 16])],
      ['c'],
    );
    expect(planMemory(shaped)).toMatchObject({ arenaBytes: 2 * 512, leastBytes: 2 * 512, inputBytes: 512 });
  });
});

test('the runtime needs what the plan says, within a quarter, on square products that keep several values alive', async () => {
  const size = 256;
  const nodes = [node('MatMul', ['x', 'x'], 'v0')];
  for (let k = 1; k < 12; k++) nodes.push(node('MatMul', [`v${k - 1}`, k > 4 ? `v${k - 4}` : 'x'], `v${k}`));
  const model = modelWith(nodes, [tensorValue('x', [size, size])], ['v11']);
  const plan = planMemory(model);
  const [run] = await profileRuns(writeModel(model), [{ x: float32(new Float32Array(size * size), [size, size]) }], {
    threads: 1,
  });
  expect(plan.leastBytes).toBe(5 * size * size * 4);
  expect((run?.peakBytes ?? 0) / plan.arenaBytes).toBeGreaterThan(0.75);
  expect((run?.peakBytes ?? 0) / plan.arenaBytes).toBeLessThan(1.25);
});
