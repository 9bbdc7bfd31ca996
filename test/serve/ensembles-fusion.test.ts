// Fused graphs give the bits of their steps: chains, branches, a member twice, graphs inside nodes, constants among inputs.
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { seededRandom, type Tensor } from 'galerkin/base';
import { openSession } from 'galerkin/runtime';
import * as onnx from 'onnx-buf';
import { describe, expect, test } from 'vitest';
import { type EnsemblePlan, ensemblePlan } from '../../dist/serve/ensembles/ensemble-plan.js';
import { fuseGraphs } from '../../dist/serve/ensembles/fuse-graphs.js';
import { layer, type StepText, sumModel } from './fixtures/ensembles.js';
import { onnxModel } from './fixtures/onnx.js';
import { scaleBy } from './fixtures/plain-repository.js';
import { packageOf } from './fixtures/sequence-driver.js';

const port = (name: string) => ({ name, data_type: 'TYPE_FP32' as const, dims: [4] });

const planOf = (steps: readonly StepText[], inputs: readonly string[], outputs: readonly string[]): EnsemblePlan =>
  ensemblePlan(
    packageOf({
      backend: '',
      platform: 'ensemble',
      max_batch_size: 8,
      input: inputs.map(port),
      output: outputs.map(port),
      ensemble_scheduling: {
        step: steps.map(({ model, from, to }) => ({
          model_name: model,
          input_map: { ...from },
          output_map: { ...to },
        })),
      },
    }),
  );

type Named = Record<string, Tensor>;

async function compute(bytes: Uint8Array, feeds: Named): Promise<Named> {
  const session = await openSession(bytes, { threads: 1, spin: false });
  return session.run(feeds);
}

/** The steps one after another, each in a session of its own. */
async function stepByStep(plan: EnsemblePlan, bytes: readonly Uint8Array[], given: Named): Promise<Named> {
  const values: Named = { ...given };
  for (const place of plan.order) {
    const step = plan.steps[place];
    const feeds: Named = {};
    for (const { name, tensor } of step?.inputs ?? []) {
      const value = values[plan.tensors[tensor] ?? ''];
      if (value !== undefined) feeds[name] = value;
    }
    const outputs = await compute(bytes[place] ?? new Uint8Array(), feeds);
    for (const { name, tensor } of step?.outputs ?? []) {
      const value = outputs[name];
      if (value !== undefined) values[plan.tensors[tensor] ?? ''] = value;
    }
  }
  return Object.fromEntries(plan.outputs.flatMap(({ name }) => (values[name] ? [[name, values[name]]] : [])));
}

function rows(count: number, seed: number): Tensor {
  const random = seededRandom(seed);
  return {
    dtype: 'FP32',
    shape: [count, 4],
    data: Float32Array.from({ length: 4 * count }, () => 4 * random.uniform() - 2),
  };
}

async function expectSame(plan: EnsemblePlan, bytes: readonly Uint8Array[], inputs: readonly string[]): Promise<void> {
  const fused = fuseGraphs(bytes, plan);
  if ('why' in fused) throw new Error(fused.why);
  for (const count of [1, 3, 8]) {
    const given = Object.fromEntries(inputs.map((name, k) => [name, rows(count, 10 * count + k)]));
    expect(await compute(fused.bytes, given)).toEqual(await stepByStep(plan, bytes, given));
  }
}

/** y = relu(x) where the sum of x is positive, else -x: both branches read x from outside. */
function branching(): Uint8Array {
  const info = (name: string) => {
    const [value] = fromBinary(onnx.ModelProtoSchema, scaleBy(1)).graph?.output ?? [];
    if (value === undefined) throw new Error('no output');
    value.name = name;
    return value;
  };
  const branch = (op: string, output: string) =>
    create(onnx.GraphProtoSchema, {
      name: op,
      node: [create(onnx.NodeProtoSchema, { opType: op, input: ['x'], output: [output] })],
      output: [info(output)],
    });
  const attribute = (name: string, g: onnx.GraphProto) =>
    create(onnx.AttributeProtoSchema, { name, type: onnx.AttributeProto_AttributeType.GRAPH, g });
  const bytes = onnxModel({
    inputs: [{ name: 'x', dtype: 'FP32', shape: ['n', 4] }],
    outputs: [{ name: 'y', dtype: 'FP32', shape: ['n', 4] }],
    nodes: [
      { op: 'ReduceSum', inputs: ['x'], outputs: ['sum'], attributes: { keepdims: 0 } },
      { op: 'Greater', inputs: ['sum', 'zero'], outputs: ['isPositive'] },
      { op: 'If', inputs: ['isPositive'], outputs: ['y'] },
    ],
    constants: { zero: Float32Array.of(0) },
  });
  const model = fromBinary(onnx.ModelProtoSchema, bytes);
  const choice = model.graph?.node.find(({ opType }) => opType === 'If');
  choice?.attribute.push(
    attribute('then_branch', branch('Relu', 'then')),
    attribute('else_branch', branch('Neg', 'otherwise')),
  );
  return toBinary(onnx.ModelProtoSchema, model);
}

const scalarModel = (): Uint8Array =>
  onnxModel({
    inputs: [{ name: 'factor', dtype: 'FP32', shape: [] }],
    outputs: [{ name: 'y', dtype: 'FP32', shape: [] }],
    nodes: [{ op: 'Identity', inputs: ['factor'], outputs: ['y'] }],
  });

/** y = factor x, where the factor is listed among the inputs, as old exporters do. */
function listedConstant(): Uint8Array {
  const model = fromBinary(onnx.ModelProtoSchema, scaleBy(5));
  const [scalar] = fromBinary(onnx.ModelProtoSchema, scalarModel()).graph?.input ?? [];
  if (scalar !== undefined) model.graph?.input.push(scalar);
  return toBinary(onnx.ModelProtoSchema, model);
}

/** Gives x itself, besides twice of it. */
const passing = (): Uint8Array =>
  onnxModel({
    inputs: [{ name: 'x', dtype: 'FP32', shape: ['n', 4] }],
    outputs: ['y', 'same'].map(name => ({ name, dtype: 'FP32' as const, shape: ['n', 4] })),
    nodes: [
      { op: 'Add', inputs: ['x', 'x'], outputs: ['y'] },
      { op: 'Identity', inputs: ['x'], outputs: ['same'] },
    ],
  });

const step = (model: string, from: string, to: string): StepText => ({ model, from: { x: from }, to: { y: to } });

describe('the same bits', () => {
  test('of a chain, whose tensors between may be outputs', () => {
    const plan = planOf([step('a', 'x', 't'), step('b', 't', 'y')], ['x'], ['y', 't']);
    return expectSame(plan, [layer(1), layer(2)], ['x']);
  });

  test('of steps in any order, branches that meet, and one member several times', () => {
    const plan = planOf(
      [
        { model: 'sum', from: { a: 'left', b: 'right' }, to: { y: 'y' } },
        step('a', 'x', 'left'),
        step('a', 'left', 'middle'),
        { model: 'sum', from: { a: 'middle', b: 'z' }, to: { y: 'right' } },
      ],
      ['x', 'z'],
      ['y'],
    );
    return expectSame(plan, [sumModel(), layer(3), layer(3), sumModel()], ['x', 'z']);
  });

  test('of graphs inside nodes that read values from outside', () => {
    const plan = planOf([step('a', 'x', 't'), step('if', 't', 'y')], ['x'], ['y']);
    return expectSame(plan, [layer(4), branching()], ['x']);
  });

  test('of constants listed among inputs, of inputs passed through, of names that look like ours', () => {
    const steps: StepText[] = [
      { model: 'pass', from: { x: 'step0/x' }, to: { y: 'step', same: 'steptensor/t' } },
      step('five', 'step', 't'),
      { model: 'sum', from: { a: 't', b: 'steptensor/t' }, to: { y: 'x' } },
    ];
    const plan = planOf(steps, ['step0/x'], ['x', 'steptensor/t']);
    return expectSame(plan, [passing(), listedConstant(), sumModel()], ['step0/x']);
  });
});

describe('not fused', () => {
  const plan = planOf([step('a', 'x', 't'), step('b', 't', 'y')], ['x'], ['y']);

  test('models of different operator versions', () => {
    const other = fromBinary(onnx.ModelProtoSchema, layer(2));
    for (const set of other.opsetImport) set.version = 18n;
    const fused = fuseGraphs([layer(1), toBinary(onnx.ModelProtoSchema, other)], plan);
    expect(fused).toEqual({ why: "its members use versions 17 and 18 of the operators 'ai.onnx'" });
  });

  test('models with functions of their own', () => {
    const other = fromBinary(onnx.ModelProtoSchema, layer(2));
    other.functions.push(create(onnx.FunctionProtoSchema, { name: 'own', domain: 'here' }));
    const fused = fuseGraphs([layer(1), toBinary(onnx.ModelProtoSchema, other)], plan);
    expect(fused).toEqual({ why: 'a member defines operators of its own' });
  });
});

test('a configuration of 500 steps in reverse order is put in order at once', () => {
  const steps = Array.from({ length: 500 }, (_, k) =>
    step('a', k === 0 ? 'x' : `t${k}`, k === 499 ? 'y' : `t${k + 1}`),
  );
  const plan = planOf(steps.toReversed(), ['x'], ['y']);
  expect(plan.order).toEqual(Array.from({ length: 500 }, (_, k) => 499 - k));
});
