// Static arguments: numbers, texts and truth values that are constants of a program, and structured results.
import { compileNative, np, ready, type Traced, trace } from 'galerkin/compile';
import { beforeAll, expect, it } from 'vitest';
import { f32, tensor } from './parity.js';

beforeAll(ready);

interface Settings {
  depth: number;
  activation: 'tanh' | 'sin';
  residual: boolean;
}
const network = (x: Traced, { depth, activation, residual }: Settings, scale: number) => {
  let h = x;
  for (let k = 0; k < depth; k++) h = (residual ? h : np.zeros([1])).add(np[activation](h).mul(scale));
  return { h, parts: [{ total: h.sum() }, [h, h.mul(2)]] as const };
};
const settings = { depth: 2, activation: 'sin', residual: true } as const;

it('static arguments stand for themselves among the specs and in the call', async () => {
  const program = await compileNative(network, [f32(1), settings, 0.5]);
  const x = tensor('float32', [1], [1]);
  const { h, parts } = await program.run(x, settings, 0.5);
  const once = 1 + Math.sin(1) / 2;
  const twice = once + Math.sin(once) / 2;
  expect(Number(h.data[0])).toBeCloseTo(twice, 6);
  expect(Number(parts[1][1].data[0])).toBeCloseTo(2 * twice, 5);
  expect(parts[0].total.shape).toEqual([]);
  expect(program.program.inputs.map(({ path }) => path)).toEqual(['0']);
  expect(program.program.outputs.map(({ path }) => path)).toEqual(['h', 'parts.0.total', 'parts.1.0', 'parts.1.1']);
});

it('a call with another value, or without one, is refused', async () => {
  const program = await compileNative(network, [f32(1), settings, 0.5]);
  const x = tensor('float32', [1], [1]);
  await expect(program.run(x, { ...settings, depth: 3 }, 0.5)).rejects.toThrow("'1.depth'");
  await expect(program.run(x, settings, 0.25)).rejects.toThrow('number 0.5');
  await expect(Reflect.apply(program.run, program, [x, settings])).rejects.toThrow("'2'");
  await expect(Reflect.apply(program.run, program, [x, { ...settings, more: 1 }, 0.5])).rejects.toThrow("'1.more'");
});

it('two values make two programs', () => {
  const nodes = (depth: number): number =>
    trace(network, [f32(1), { ...settings, depth }, 0.5]).recordings[0]?.jaxpr.eqns.length ?? 0;
  expect(nodes(4)).toBeGreaterThan(nodes(2));
});
