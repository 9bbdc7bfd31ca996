// What each pass does to the graph it is for, and what it must leave alone.
import { float, floatsOf, graph as graphAttribute, int, ints, type Level, optimizeGraph } from 'galerkin/graph';
import { describe, expect, it } from 'vitest';
import { floats, graphOf, modelOf, node, operators, type SmallGraph, value, whole, written } from './small-graph.js';

const x = value('x', ['batch', 4]);
const y = value('y', ['batch', 4]);
const out = value('out', undefined);
const at = async (level: Level, small: SmallGraph) => (await optimizeGraph(modelOf(small), { level })).model;

describe('constants', () => {
  it('that nodes compute from constants are computed once, and nothing is left of the nodes', async () => {
    const model = await at('O1', {
      nodes: [node('Add', ['a', 'b'], 's'), node('Sqrt', ['s'], 'r'), node('Mul', ['x', 'r'], 'out')],
      constants: [floats('a', [1, 4, 9, 16]), floats('b', [3, 5, 7, 9])],
      inputs: [x],
      outputs: [out],
    });
    expect(written(model)).toEqual(['Mul(x,r)']);
    const root = model.graph.constants.get('r');
    expect(root && Array.from(floatsOf(root))).toEqual([2, 3, 4, 5]);
    expect(model.graph.constants.size).toBe(1);
  });

  it('are not folded where that would make the file much larger, or by chance', async () => {
    const model = await at('O3', {
      nodes: [
        node('ConstantOfShape', ['big'], 'zeros'),
        node('RandomNormal', [], 'noise', { shape: ints([4]) }),
        node('Add', ['zeros', 'noise'], 'sum'),
        node('Add', ['x', 'sum'], 'out'),
      ],
      constants: [whole('big', [100_000, 4])],
      inputs: [x],
      outputs: [out],
    });
    expect(operators(model).toSorted()).toEqual(['Add', 'Add', 'ConstantOfShape', 'RandomNormal']);
  });

  it('are folded no further where all of them together would make the file much larger', async () => {
    const sizes = Array.from({ length: 100 }, (_, k) => whole(`s${k}`, [1, 15_000 + k]));
    const model = await at('O1', {
      nodes: [
        ...sizes.map(({ name }, k) => node('ConstantOfShape', [name], `z${k}`)),
        node(
          'Concat',
          sizes.map((_, k) => `z${k}`),
          'out',
          { axis: int(1) },
        ),
      ],
      constants: sizes,
      outputs: [out],
    });
    const bytes = [...model.graph.constants.values()].reduce((sum, one) => sum + one.bytes.byteLength, 0);
    expect(bytes).toBeLessThan(2 ** 21);
    expect(operators(model).filter(name => name === 'ConstantOfShape').length).toBeGreaterThan(60);
  });

  it('of a size that would not fit into memory are never computed', async () => {
    const model = await at('O3', {
      nodes: [node('ConstantOfShape', ['big'], 'zeros'), node('ReduceSum', ['zeros'], 'out')],
      constants: [whole('big', [1_000_000, 1_000_000])],
      outputs: [out],
    });
    expect(operators(model)).toEqual(['ConstantOfShape', 'ReduceSum']);
  });

  it('that a feed may replace are no constants', async () => {
    const model = await at('O3', {
      nodes: [node('Neg', ['w'], 'n'), node('Add', ['x', 'n'], 'out')],
      constants: [floats('w', [1, 2, 3, 4])],
      inputs: [x, value('w', [4])],
      outputs: [out],
    });
    expect(written(model)).toEqual(['Sub(x,w)']);
  });

  it('of quantized weights stay small', async () => {
    const model = await at('O3', {
      nodes: [node('DequantizeLinear', ['q', 's'], 'w'), node('MatMul', ['x', 'w'], 'out')],
      constants: [{ name: 'q', dtype: 'int8', shape: [4, 4], bytes: new Uint8Array(16) }, floats('s', [0.1], [])],
      inputs: [x],
      outputs: [out],
    });
    expect(operators(model)).toEqual(['DequantizeLinear', 'MatMul']);
  });

  it('inside a branch are folded there, with those from around it', async () => {
    const branch = (operator: string) =>
      graphOf({
        nodes: [node(operator, ['c', 'c'], 't'), node('Add', ['x', 't'], 'u')],
        outputs: [value('u', undefined)],
      });
    const model = await at('O1', {
      nodes: [
        node('If', ['which'], 'out', {
          then_branch: graphAttribute(branch('Add')),
          else_branch: graphAttribute(branch('Mul')),
        }),
      ],
      constants: [floats('c', [1, 2, 3, 4])],
      inputs: [x, value('which', [], 'bool')],
      outputs: [out],
    });
    const [yes, no] = Object.values(model.graph.nodes[0]?.attributes ?? {}).flatMap(one =>
      one.kind === 'graph' ? [one.value] : [],
    );
    expect([yes?.nodes.length, no?.nodes.length]).toEqual([1, 1]);
    const [sum, product] = [yes, no].map(one => one?.constants.get('t'));
    expect([sum && [...floatsOf(sum)], product && [...floatsOf(product)]]).toEqual([
      [2, 4, 6, 8],
      [1, 4, 9, 16],
    ]);
  });
});

describe('identities', () => {
  it('go, and outputs keep their names', async () => {
    const model = await at('O1', {
      nodes: [
        node('Identity', ['x'], 'a'),
        node('Relu', ['a'], 'b'),
        node('Dropout', ['b'], 'c'),
        node('Identity', ['c'], 'out'),
      ],
      inputs: [x],
      outputs: [out],
    });
    expect(written(model)).toEqual(['Relu(x)']);
    expect(model.graph.nodes[0]?.outputs).toEqual(['out']);
  });

  it('stay where an output is an input, or a constant, or another output', async () => {
    const model = await at('O3', {
      nodes: [
        node('Identity', ['x'], 'out'),
        node('Identity', ['k'], 'fixed'),
        node('Relu', ['x'], 'first'),
        node('Identity', ['first'], 'second'),
      ],
      constants: [floats('k', [1])],
      inputs: [x],
      outputs: [out, value('fixed', undefined), value('first', undefined), value('second', undefined)],
    });
    expect(written(model).toSorted()).toEqual(['Identity(first)', 'Identity(k)', 'Identity(x)', 'Relu(x)']);
  });

  it('of dropout in training stay', async () => {
    const training = { name: 't', dtype: 'bool', shape: [], bytes: Uint8Array.of(1) } as const;
    const model = await at('O3', {
      nodes: [node('Dropout', ['x', '', 't'], 'out')],
      constants: [training],
      inputs: [x],
      outputs: [out],
    });
    expect(operators(model)).toEqual(['Dropout']);
  });
});

describe('algebra', () => {
  const apply = async (operator: string, constant: number, isFirst = false) =>
    operators(
      await at('O2', {
        nodes: [
          node('Relu', ['x'], 'r'),
          node(operator, isFirst ? ['c', 'r'] : ['r', 'c'], 'a'),
          node('Tanh', ['a'], 'out'),
        ],
        constants: [floats('c', [constant], [])],
        inputs: [x],
        outputs: [out],
      }),
    );

  it.each([
    ['Mul', 1, false],
    ['Mul', 1, true],
    ['Div', 1, false],
    ['Sub', 0, false],
    ['Add', -0, false],
    ['Add', -0, true],
    ['Pow', 1, false],
  ] as const)('drops %s with %d (constant first: %s)', async (operator, constant, isFirst) => {
    expect(await apply(operator, constant, isFirst)).toEqual(['Relu', 'Tanh']);
  });

  it.each([
    ['Add', 0, false],
    ['Sub', -0, false],
    ['Sub', 0, true],
    ['Div', 1, true],
    ['Pow', 1, true],
    ['Mul', 0, false],
  ] as const)(
    'keeps %s with %d (constant first: %s), which changes some input',
    async (operator, constant, isFirst) => {
      expect(await apply(operator, constant, isFirst)).toContain(operator);
    },
  );

  it('keeps a neutral element that makes the value larger', async () => {
    const model = await at('O2', {
      nodes: [node('Mul', ['x', 'ones'], 'out')],
      constants: [floats('ones', [1, 1, 1, 1], [4, 1, 1])],
      inputs: [x],
      outputs: [out],
    });
    expect(operators(model)).toEqual(['Mul']);
  });

  it('lets two transposes become one, two reshapes the last, and a cast and its way back nothing', async () => {
    const model = await at('O2', {
      nodes: [
        node('Transpose', ['x'], 'a', { perm: ints([1, 0]) }),
        node('Transpose', ['a'], 'b', { perm: ints([1, 0]) }),
        node('Cast', ['b'], 'c', { to: int(11) }),
        node('Cast', ['c'], 'd', { to: int(1) }),
        node('Reshape', ['d', 's'], 'e'),
        node('Reshape', ['e', 't'], 'out'),
      ],
      constants: [whole('s', [2, -1]), whole('t', [-1, 2, 2])],
      inputs: [x],
      outputs: [out],
    });
    expect(written(model)).toEqual(['Reshape(x,t)']);
  });
});

describe('common subexpressions', () => {
  it('are computed once, through chains and equal constants', async () => {
    const chain = (k: string) => [node('Mul', ['x', `c${k}`], `m${k}`), node('Tanh', [`m${k}`], `t${k}`)];
    const model = await at('O2', {
      nodes: [...chain('1'), ...chain('2'), node('Add', ['t1', 't2'], 'out')],
      constants: [floats('c1', [3], []), floats('c2', [3], [])],
      inputs: [x],
      outputs: [out],
    });
    expect(operators(model)).toEqual(['Mul', 'Tanh', 'Add']);
  });

  it('are not what chance gives, nor constants that differ in the sign of zero', async () => {
    const noise = (name: string) => node('RandomNormalLike', ['x'], name);
    const model = await at('O3', {
      nodes: [
        noise('a'),
        noise('b'),
        node('Div', ['a', 'p'], 'c'),
        node('Div', ['b', 'n'], 'd'),
        node('Max', ['c', 'd'], 'out'),
      ],
      constants: [floats('p', [0], []), floats('n', [-0], [])],
      inputs: [x],
      outputs: [out],
    });
    expect(operators(model).filter(name => name === 'RandomNormalLike')).toHaveLength(2);
    expect(model.graph.constants.size).toBe(2);
  });
});

describe('layout sinking', () => {
  it('lets transposes on both sides of element-by-element operators cancel', async () => {
    const perm = { perm: ints([0, 2, 1]) };
    const model = await at('O2', {
      nodes: [
        node('Transpose', ['p'], 'a', perm),
        node('Add', ['a', 'bias'], 'b'),
        node('Sigmoid', ['b'], 'c'),
        node('Transpose', ['c'], 'out', perm),
      ],
      constants: [floats('bias', [1, 2, 3])],
      inputs: [value('p', ['batch', 3, 5])],
      outputs: [out],
    });
    expect(operators(model)).toEqual(['Add', 'Sigmoid']);
    expect([...model.graph.constants.values()].map(({ shape }) => shape)).toEqual([[1, 3, 1]]);
  });
});

describe('fusion', () => {
  it('of a batch norm into the convolution before it, and of the activation after it', async () => {
    const channel = (name: string) => floats(name, [1, 2]);
    const model = await at('O3', {
      nodes: [
        node('Conv', ['image', 'w'], 'c'),
        node('BatchNormalization', ['c', 'g', 'b', 'm', 'v'], 'n', { epsilon: float(1e-3) }),
        node('Relu', ['n'], 'out'),
      ],
      constants: [floats('w', [1, 2, 3, 4], [2, 2, 1, 1]), ...['g', 'b', 'm', 'v'].map(channel)],
      inputs: [value('image', ['batch', 2, 6, 6])],
      outputs: [out],
    });
    expect(operators(model)).toEqual(['FusedConv']);
    expect(model.opsets.get('com.microsoft')).toBe(1);
  });

  it('of a product, its bias and its activation', async () => {
    const model = await at('O3', {
      nodes: [node('MatMul', ['x', 'w'], 'm'), node('Add', ['m', 'b'], 'a'), node('Relu', ['a'], 'out')],
      constants: [floats('w', [1, 2, 3, 4, 5, 6, 7, 8], [4, 2]), floats('b', [1, 2])],
      inputs: [x],
      outputs: [out],
    });
    expect(operators(model)).toEqual(['FusedGemm']);
  });

  const feature = value('f', ['batch', 8, 4]);
  const number = (name: string, one: number) => floats(name, [one], []);

  it('of a GELU, a softmax, a sigmoid and a layer norm that were written out', async () => {
    const last = { axes: ints([-1]) };
    const model = await at('O3', {
      nodes: [
        node('ReduceMean', ['f'], 'mean', last),
        node('Sub', ['f', 'mean'], 'c'),
        node('Pow', ['c', 'two'], 'squares'),
        node('ReduceMean', ['squares'], 'variance', last),
        node('Add', ['variance', 'epsilon'], 'v'),
        node('Sqrt', ['v'], 'root'),
        node('Div', ['c', 'root'], 'n'),
        node('Mul', ['n', 'scale'], 'm'),
        node('Add', ['m', 'bias'], 'norm'),
        node('Div', ['norm', 'sqrt2'], 'd'),
        node('Erf', ['d'], 'e'),
        node('Add', ['e', 'one'], 'p'),
        node('Mul', ['norm', 'p'], 'q'),
        node('Mul', ['q', 'half'], 'gelu'),
        node('ReduceMax', ['gelu'], 'peak', last),
        node('Sub', ['gelu', 'peak'], 'shifted'),
        node('Exp', ['shifted'], 'exp'),
        node('ReduceSum', ['exp', 'axis'], 'sum'),
        node('Div', ['exp', 'sum'], 'softmax'),
        node('Neg', ['softmax'], 'neg'),
        node('Exp', ['neg'], 'en'),
        node('Add', ['one', 'en'], 'o'),
        node('Div', ['one', 'o'], 'out'),
      ],
      constants: [
        number('two', 2),
        number('epsilon', 1e-5),
        number('sqrt2', Math.SQRT2),
        number('one', 1),
        number('half', 0.5),
        floats('scale', [1, 2, 3, 4]),
        floats('bias', [4, 3, 2, 1]),
        whole('axis', [-1]),
      ],
      inputs: [feature],
      outputs: [out],
    });
    expect(operators(model)).toEqual(['LayerNormalization', 'Gelu', 'Softmax', 'Sigmoid']);
  });

  it('leaves values alone that somebody else reads', async () => {
    const model = await at('O3', {
      nodes: [node('MatMul', ['x', 'w'], 'm'), node('Add', ['m', 'b'], 'a'), node('Mul', ['a', 'm'], 'out')],
      constants: [floats('w', [1, 2, 3, 4, 5, 6, 7, 8], [4, 2]), floats('b', [1, 2])],
      inputs: [x],
      outputs: [out],
    });
    expect(operators(model)).toEqual(['MatMul', 'Add', 'Mul']);
  });

  it('takes nodes in any order, as the runtime does', async () => {
    const nodes = [node('Neg', ['b'], 'out'), node('Neg', ['a'], 'b'), node('Relu', ['x'], 'a')];
    const model = await at('O3', { nodes, inputs: [x], outputs: [out] });
    expect(operators(model)).toEqual(['Relu']);
  });

  it('never takes an operator of the model for the standard one of its name', async () => {
    const own = node('Neg', ['x'], 'a');
    const model = modelOf({
      nodes: [
        { ...own, domain: 'mine' },
        { ...node('Neg', ['a'], 'out'), domain: 'mine' },
      ],
      inputs: [x, y],
      outputs: [out],
    });
    expect((await optimizeGraph(model)).model).toBe(model);
  });
});
