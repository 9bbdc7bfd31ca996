// What a change of precision does to types, constants and bodies, what it must leave alone, and what it refuses.
import type { Tensor } from 'galerkin/base';
import {
  type Constant,
  changePrecision,
  constantOf,
  graph as graphAttribute,
  inferTypes,
  int,
  type Model,
  type PrecisionOptions,
  readModel,
  tensor,
  writeModel,
} from 'galerkin/graph';
import { optimizedModel } from 'galerkin/runtime';
import { describe, expect, it } from 'vitest';
import { halfKernels } from '../../dist/graph/passes/precision/kernels.js';
import { answersOf, compare, dataOf } from './case-run.js';
import { corpus, hasCorpus } from './corpus.js';
import { floats, graphOf, modelOf, node, operators, value, whole } from './small-graph.js';

const toSingle = { from: 'float64', to: 'float32' } as const;
const toHalf = { from: 'float32', to: 'float16' } as const;
const doubles = (name: string, values: readonly number[], shape: readonly number[] = [values.length]): Constant =>
  constantOf(name, 'float64', { shape, values });
const out = value('out', undefined, 'float64');
const casts = (model: Model): number => operators(model).filter(name => name === 'Cast').length;
const constantIn = ({ graph }: Model, name: string): string | undefined => graph.constants.get(name)?.dtype;

describe('nodes and constants', () => {
  it('attributes that name a type name the smaller one, and constants inside nodes are of it', async () => {
    const model = modelOf({
      nodes: [
        node('Cast', ['x'], 'c', { to: int(11) }),
        node('Constant', [], 'k', { value: tensor(doubles('', [2], [])) }),
        node('ConstantOfShape', ['size'], 'z', { value: tensor(doubles('', [0.5])) }),
        node('EyeLike', ['m'], 'e', { dtype: int(11) }),
        node('MatMul', ['z', 'e'], 'p'),
        node('Mul', ['c', 'k'], 'q'),
        node('Add', ['p', 'q'], 'out'),
      ],
      constants: [whole('size', [3, 3]), whole('m', [0, 0, 0, 0, 0, 0, 0, 0, 0], [3, 3])],
      inputs: [value('x', [3], 'int64')],
      outputs: [out],
    });
    const { model: changed, report } = changePrecision(model, { ...toSingle, door: 'change' });
    const x: Tensor = { dtype: 'INT64', shape: [3], data: BigInt64Array.of(1n, 2n, 3n) };
    const [answer] = await answersOf(writeModel(changed), [x]);
    expect(answer?.dtype).toBe('FP32');
    expect(Array.from(answer?.data ?? [], Number).slice(0, 3)).toEqual([2.5, 4.5, 6.5]);
    expect([report.casts, report.changed]).toEqual([0, 7]);
    expect(constantIn(changed, 'size')).toBe('int64');
  });

  it('a loop carries the smaller type, reads it from around, and gives the same sums', async () => {
    const body = graphOf({
      nodes: [node('Add', ['sum', 'x'], 'next'), node('Identity', ['go'], 'on'), node('Mul', ['next', 'two'], 'row')],
      constants: [doubles('two', [2], [])],
      inputs: [value('k', [], 'int64'), value('go', [], 'bool'), value('sum', [2], 'float64')],
      outputs: [value('on', [], 'bool'), value('next', [2], 'float64'), value('row', [2], 'float64')],
    });
    const loop = {
      ...node('Loop', ['n', '', 'zero'], 'end', { body: graphAttribute(body) }),
      outputs: ['end', 'rows'],
    };
    const model = modelOf({
      nodes: [
        loop,
        node('Range', ['from', 'to', 'by'], 'grid'),
        node('ReduceSum', ['grid'], 'g', { keepdims: int(0) }),
      ],
      constants: [
        whole('n', [3], []),
        doubles('zero', [0, 0]),
        ...[doubles('from', [0], []), doubles('to', [1], []), doubles('by', [0.1], [])],
      ],
      inputs: [value('x', [2], 'float64')],
      outputs: [value('end', [2], 'float64'), value('rows', [3, 2], 'float64'), value('g', [], 'float64')],
    });
    const x: Tensor = { dtype: 'FP64', shape: [2], data: Float64Array.of(1.5, -2) };
    const truth = await answersOf(writeModel(model), [x]);
    const { model: changed, report } = changePrecision(model, toSingle);
    expect(compare(await answersOf(writeModel(changed), [x]), truth, { relative: 1e-6, absolute: 0 })).not.toContain(
      'out',
    );
    expect(inferTypes(changed).graph.values.get('rows_float32')?.type).toMatchObject({ dtype: 'float32' });
    // Steps of 0.1 are counted in double precision: rounded, one could be gained or lost.
    expect(report.kept).toEqual({ Range: 1 });
    expect(constantIn(changed, 'by')).toBe('float64');
  });

  it('in float16 weights are halved, what calculates stays between casts, and moves follow the numbers', () => {
    const model = modelOf({
      nodes: [node('Transpose', ['w'], 't'), node('MatMul', ['x', 't'], 'y'), node('Resize', ['y', '', 's'], 'out')],
      constants: [floats('w', [1, 2, 3, 4], [2, 2]), floats('s', [1.7, 1.7])],
      inputs: [value('x', [1, 2])],
      outputs: [value('out', undefined)],
    });
    const { model: changed, report } = changePrecision(model, toHalf);
    expect(operators(changed)).toEqual(['Transpose', 'Cast', 'MatMul', 'Resize']);
    expect([constantIn(changed, 'w'), constantIn(changed, 's')]).toEqual(['float16', 'float32']);
    expect(report).toMatchObject({
      changed: 1,
      casts: 1,
      kept: { MatMul: 1, Resize: 1 },
      bytesBefore: 24,
      bytesAfter: 16,
    });
    expect(changePrecision(model, { ...toHalf, door: 'change' }).report.casts).toBe(3);
  });
});

describe('numbers beyond the smaller type', () => {
  const masked = (...values: number[]) =>
    modelOf({
      nodes: [node('Add', ['x', 'mask'], 'out')],
      constants: [floats('mask', values)],
      inputs: [value('x', [values.length])],
      outputs: [value('out', undefined)],
    });

  it('are refused with their place, or clamped; infinities stay', () => {
    const model = masked(-3.4e38, Number.NEGATIVE_INFINITY, 65504, 1);
    expect(() => changePrecision(model, toHalf)).toThrow(/'mask' holds -3\.\d+e\+38, but float16 ends at 65504/);
    const { model: clamped, report } = changePrecision(model, { ...toHalf, overflow: 'clamp' });
    expect(Array.from(clamped.graph.constants.get('mask')?.bytes ?? [])).toEqual([255, 251, 0, 252, 255, 123, 0, 60]);
    expect(report.clamped).toBe(1);
    expect(() =>
      changePrecision(modelOf({ nodes: [], constants: [doubles('c', [1e39])], outputs: [out] }), toSingle),
    ).toThrow(expect.objectContaining({ code: 'PRECISION_OVERFLOW' }));
  });

  it('that would become 0 keep their constant as it is', () => {
    const { model, report } = changePrecision(masked(1e-12), toHalf);
    expect([report.vanishing, constantIn(model, 'mask')]).toEqual([['mask'], 'float32']);
    // Beside a one it is less than the rounding of the one.
    expect(constantIn(changePrecision(masked(1e-12, 1), toHalf).model, 'mask')).toBe('float16');
  });
});

describe('models that are refused, by name of the reason', () => {
  const plain = modelOf({
    nodes: [node('Relu', ['x'], 'out')],
    inputs: [value('x', [2])],
    outputs: [value('out', [2])],
  });
  const held = { ...value('x', [2]), type: { kind: 'other', encoded: new Uint8Array() } } as const;
  it.each<[string, Model, RegExp]>([
    ['local functions', { ...plain, functions: [new Uint8Array()] }, /local functions/],
    ['sequences at the door', { ...plain, graph: { ...plain.graph, inputs: [held] } }, /'x' is a sequence/],
    ['sequences inside', modelOf({ nodes: [node('SequenceEmpty', [], 'out')], outputs: [out] }), /SequenceEmpty/],
    [
      'sparse constants',
      { ...plain, graph: { ...plain.graph, sparse: [{ name: 's', encoded: new Uint8Array() }] } },
      /'s' is a sparse/,
    ],
    ['old operator sets', { ...plain, opsets: new Map([['', 5]]) }, /operator set is 5/],
    [
      'attributes that nobody reads',
      modelOf({
        nodes: [node('Relu', ['x'], 'out', { a: { kind: 'other', encoded: new Uint8Array() } })],
        outputs: [out],
      }),
      /attribute 'a'/,
    ],
  ])('%s', (_, model, reason) => {
    expect(() => changePrecision(model, toHalf)).toThrow(expect.objectContaining({ code: 'PRECISION_UNSUPPORTED' }));
    expect(() => changePrecision(model, toHalf)).toThrow(reason);
  });

  it('steps that are none, and texts are carried along untouched', () => {
    const skip: PrecisionOptions = { from: 'float64', to: 'float16' };
    expect(() => changePrecision(plain, skip)).toThrow(/not one step/);
    const texts = {
      name: 't',
      dtype: 'string',
      shape: [1],
      bytes: new Uint8Array(),
      texts: [new Uint8Array()],
    } as const;
    const model = modelOf({
      nodes: [node('Identity', ['t'], 'out'), node('Add', ['nowhere', 'x'], 'y'), node('Neg', ['z'], 'z')],
      constants: [texts],
      inputs: [value('x', [1])],
      outputs: [value('out', [1], 'string'), value('y', undefined)],
    });
    const { graph } = changePrecision(model, toHalf).model;
    expect([graph.constants.get('t'), graph.outputs[0]]).toEqual([texts, model.graph.outputs[0]]);
  });
});

describe.skipIf(!hasCorpus)('the conformance cases', () => {
  it.each<[PrecisionOptions, number, number]>([
    [toSingle, 1e-5, 35],
    [toHalf, 1e-2, 800],
  ])('%o give the original answers within %d', async (options, tolerance, least) => {
    const wrong: string[] = [];
    let cases = 0;
    for (const { name, folder, bytes } of corpus()) {
      // By chance.
      if (/bernoulli/.test(name)) continue;
      const changed = changeOf(bytes, options);
      const inputs = changed && dataOf(folder, 'input');
      const original = inputs && (await answersOf(bytes, inputs).catch(() => undefined));
      if (changed === undefined || inputs === undefined || original === undefined) continue;
      const got = await answersOf(writeModel(changed), inputs).catch(String);
      let size = 1;
      for (const { data } of original)
        for (const one of data) if (Math.abs(Number(one)) < 1e30) size = Math.max(size, Math.abs(Number(one)));
      const closeness = { relative: tolerance, absolute: tolerance * size };
      const verdict = typeof got === 'string' ? got : compare(got, original, closeness);
      cases++;
      if (verdict !== 'same' && verdict !== 'close') wrong.push(`${name}: ${verdict}`);
    }
    expect(wrong).toEqual([]);
    expect(cases).toBeGreaterThan(least);
  });

  it('the table of float16 operators is what the runtime computes without casts of its own', async () => {
    const seen = new Set<string>();
    for (const { name, bytes } of corpus().filter(({ name }) => name.startsWith('node/'))) {
      const model = changeOf(bytes, { ...toHalf, door: 'change', overflow: 'clamp' });
      const [only, ...others] = model === undefined ? [] : readModel(bytes).graph.nodes;
      if (model === undefined || only === undefined || others.length > 0 || !halfKernels.operators.has(only.operator))
        continue;
      const opened = await optimizedModel(writeModel(model), { threads: 1, graphLevel: 'disabled' }).catch(
        () => undefined,
      );
      if (opened === undefined) continue;
      // A cast at the door of an operator that makes float32 is ours.
      if (model.graph.nodes.length > 1) continue;
      expect(casts(readModel(opened)), name).toBe(casts(model));
      seen.add(only.operator);
    }
    expect([...halfKernels.operators].filter(operator => !seen.has(operator))).toEqual([]);
  });
});

/** The changed model; undefined where it does not use the type, or is refused. */
function changeOf(bytes: Uint8Array, options: PrecisionOptions): Model | undefined {
  try {
    const { model, report } = changePrecision(readModel(bytes), options);
    const isUsed = report.changed + report.constants + Object.keys(report.kept).length > 0;
    return isUsed ? model : undefined;
  } catch {
    return undefined;
  }
}
