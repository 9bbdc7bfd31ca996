// Random graphs, seeded: chains and webs of operators with everything in them that passes look for.
import { type Random, seededRandom, type Tensor } from 'galerkin/base';
import {
  type Attributes,
  type Constant,
  constantOf,
  float,
  type Graph,
  graph as graphAttribute,
  int,
  ints,
  type Model,
  type Node,
  type Value,
} from 'galerkin/graph';

/** What a graph is made of: anything at all, or only what does not make small differences large. */
interface Stock {
  readonly unary: readonly string[];
  readonly binary: readonly string[];
  readonly neutral: readonly number[];
}

const smooth: Stock = {
  unary: ['Neg', 'Abs', 'Relu', 'Sigmoid', 'Tanh', 'Identity', 'Dropout', 'Erf'],
  binary: ['Add', 'Sub', 'Max', 'Min'],
  neutral: [0, -0, 1, 2, 0.5, -1],
};
const anything: Stock = {
  unary: [...smooth.unary, 'Exp', 'Floor', 'Round', 'Sqrt', 'Reciprocal'],
  binary: [...smooth.binary, 'Mul', 'Div'],
  neutral: [...smooth.neutral, 4, Number.POSITIVE_INFINITY],
};

interface Made {
  readonly name: string;
  readonly shape: readonly number[];
}

class Builder {
  readonly nodes: Node[] = [];
  readonly constants = new Map<string, Constant>();
  readonly values: Made[] = [];
  readonly #random: Random;
  readonly #stock: Stock;
  #count = 0;

  constructor(random: Random, stock: Stock) {
    this.#random = random;
    this.#stock = stock;
  }

  one<T>(items: readonly T[]): T {
    const item = items[this.#random.integer(items.length)];
    if (item === undefined) throw new Error('nothing to choose from');
    return item;
  }

  add(operator: string, inputs: readonly string[], shape: readonly number[], attributes: Attributes = {}): Made {
    const name = `v${this.#count++}`;
    this.nodes.push({ name: `node_${name}`, operator, domain: '', inputs, outputs: [name], attributes });
    const made = { name, shape };
    this.values.push(made);
    return made;
  }

  constant(shape: readonly number[], values: readonly number[]): string {
    const name = `c${this.#count++}`;
    this.constants.set(name, constantOf(name, 'float32', { shape, values }));
    return name;
  }

  whole(values: readonly number[]): string {
    const name = `i${this.#count++}`;
    this.constants.set(name, constantOf(name, 'int64', { shape: [values.length], values }));
    return name;
  }

  normals(shape: readonly number[]): string {
    const length = shape.reduce((product, size) => product * size, 1);
    return this.constant(
      shape,
      Array.from({ length }, () => this.#random.normal()),
    );
  }

  /** One random step from values that exist. */
  step(): void {
    const { name, shape } = this.one(this.values);
    const kinds = [
      'unary',
      'unary',
      'binary',
      'binary',
      'scalar',
      'scalar',
      'transpose',
      'reshape',
      'cast',
      'repeat',
      'constant',
      'if',
      'pow',
      'product',
    ] as const;
    const rank = shape.length;
    switch (this.one(kinds)) {
      case 'unary':
        this.add(this.one(this.#stock.unary), [name], shape);
        return;
      case 'binary': {
        const other = this.one(this.values.filter(value => String(value.shape) === String(shape)));
        this.add(this.one(this.#stock.binary), [name, other.name], shape);
        return;
      }
      case 'scalar': {
        const constant = this.constant(this.one([[], [1], new Array<number>(rank).fill(1)]), [
          this.one(this.#stock.neutral),
        ]);
        this.add(
          this.one(this.#stock.binary),
          this.one([
            [name, constant],
            [constant, name],
          ]),
          shape,
        );
        return;
      }
      case 'transpose': {
        const perm = [...this.#random.shuffle(Int32Array.from(shape, (_, axis) => axis))];
        this.add(
          'Transpose',
          [name],
          perm.map(axis => shape[axis] ?? 1),
          { perm: ints(perm) },
        );
        return;
      }
      case 'reshape': {
        const moved = this.one([
          shape.toReversed(),
          [...shape].toSorted((a, b) => a - b),
          [shape.reduce((a, b) => a * b, 1)],
          [1, ...shape],
        ]);
        if (moved.length > 4) return;
        this.add('Reshape', [name, this.whole(moved)], moved);
        return;
      }
      case 'cast': {
        const wide = this.add('Cast', [name], shape, { to: int(11) });
        this.values.pop();
        this.add('Cast', [wide.name], shape, { to: int(1) });
        return;
      }
      case 'repeat': {
        const node = this.nodes[this.#random.integer(this.nodes.length)];
        const made = this.values.find(value => value.name === node?.outputs[0]);
        if (node !== undefined && made !== undefined) this.add(node.operator, node.inputs, made.shape, node.attributes);
        return;
      }
      case 'constant': {
        const sum = this.add(this.one(['Add', 'Mul']), [this.normals(shape), this.normals(shape)], shape);
        this.add('Add', [name, sum.name], shape);
        return;
      }
      case 'if':
        this.branch(name, shape);
        return;
      case 'pow':
        this.add('Pow', [name, this.constant([], [this.one([1, 2, 3])])], shape);
        return;
      case 'product': {
        const [width = 1] = shape.slice(-1);
        const product = this.add('MatMul', [name, this.normals([width, 3])], [...shape.slice(0, -1), 3]);
        this.add('Add', [product.name, this.normals([3])], product.shape);
        return;
      }
    }
  }

  /** The runtime loses values from between casts that only a branch reads, whatever its level: none of ours. */
  #isCast(name: string): boolean {
    return this.nodes.some(({ operator, outputs }) => operator === 'Cast' && outputs.includes(name));
  }

  /** An If whose branches read values from around them. */
  branch(name: string, shape: readonly number[]): void {
    const fits = this.values.filter(value => String(value.shape) === String(shape) && !this.#isCast(value.name));
    if (fits.length === 0 || this.#isCast(name)) return;
    const other = this.one(fits);
    const yes = this.body([
      ['Neg', [name]],
      ['Neg', ['b0']],
      ['Add', ['b1', other.name]],
    ]);
    const no = this.body([
      ['Abs', [other.name]],
      ['Mul', ['b0', name]],
      ['Mul', ['b0', name]],
      ['Add', ['b1', 'b2']],
    ]);
    const condition = `i${this.#count++}`;
    this.constants.set(condition, constantOf(condition, 'bool', { shape: [], values: [this.#random.integer(2)] }));
    this.add('If', [condition], shape, { then_branch: graphAttribute(yes), else_branch: graphAttribute(no) });
  }

  body(steps: readonly (readonly [string, readonly string[]])[]): Graph {
    return {
      name: 'branch',
      nodes: steps.map(([operator, inputs], k) => ({
        name: `s${k}`,
        operator,
        domain: '',
        inputs,
        outputs: [`b${k}`],
        attributes: {},
      })),
      constants: new Map(),
      inputs: [],
      outputs: [{ name: `b${steps.length - 1}`, type: undefined }],
      values: new Map(),
      sparse: [],
    };
  }

  /** A convolution with a batch norm and an activation. */
  convolution(x: Made): void {
    const weights = this.normals([5, x.shape[1] ?? 1, 3, 3]);
    const inputs = this.one([
      [x.name, weights],
      [x.name, weights, this.normals([5])],
    ]);
    const made = this.add('Conv', inputs, [x.shape[0] ?? 1, 5, x.shape[2] ?? 1, x.shape[3] ?? 1], {
      pads: ints([1, 1, 1, 1]),
    });
    const variance = this.constant(
      [5],
      Array.from({ length: 5 }, () => 0.1 + this.#random.uniform()),
    );
    const norm = this.add(
      'BatchNormalization',
      [made.name, this.normals([5]), this.normals([5]), this.normals([5]), variance],
      made.shape,
      { epsilon: float(1e-3) },
    );
    this.add(this.one(['Relu', 'Sigmoid', 'Tanh']), [norm.name], norm.shape);
  }

  /** GELU, softmax and sigmoid as exporters write them. */
  idiom({ name, shape }: Made): void {
    const number = (value: number) => this.constant([], [value]);
    const kind = this.#random.integer(3);
    if (kind === 0) {
      const erf = this.add('Erf', [this.add('Div', [name, number(Math.SQRT2)], shape).name], shape);
      const sum = this.add('Add', [number(1), erf.name], shape);
      this.add('Mul', [this.add('Mul', [name, sum.name], shape).name, number(0.5)], shape);
    } else if (kind === 1) {
      const kept = [...shape.slice(0, -1), 1];
      const peak = this.add('ReduceMax', [name, this.whole([-1])], kept);
      const exp = this.add('Exp', [this.add('Sub', [name, peak.name], shape).name], shape);
      this.add('Div', [exp.name, this.add('ReduceSum', [exp.name, this.whole([-1])], kept).name], shape);
    } else {
      const exp = this.add('Exp', [this.add('Neg', [name], shape).name], shape);
      this.add('Div', [number(1), this.add('Add', [exp.name, number(1)], shape).name], shape);
    }
  }
}

export interface RandomCase {
  readonly model: Model;
  readonly inputs: readonly Tensor[];
}

const special = [
  0,
  -0,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  1e38,
  -1e38,
  1e-40,
  1,
  -1,
  0.5,
  2.5,
];

export interface RandomOptions {
  /** Inputs hold NaN, infinities, -0 and subnormals. */
  readonly isSpecial: boolean;
  /** The batch is open. */
  readonly isOpen: boolean;
  readonly steps: number;
}

/** A model of opset 18 over x[2,3,4] and image[2,3,4,4], with its inputs. */
export function randomCase(seed: number, { isSpecial, isOpen, steps }: RandomOptions): RandomCase {
  const random = seededRandom(seed);
  const builder = new Builder(random, isSpecial ? anything : smooth);
  const x = { name: 'x', shape: [2, 3, 4] };
  const image = { name: 'image', shape: [2, 3, 4, 4] };
  builder.values.push(x, { ...x, name: 'y' });
  if (!isSpecial) for (let k = 0; k < 2; k++) builder.convolution(image);
  for (let k = 0; k < steps; k++) {
    builder.step();
    if (!isSpecial && random.integer(3) === 0) builder.idiom(builder.one(builder.values));
  }
  const tensor = (name: string, shape: readonly number[]): Value => ({
    name,
    type: { kind: 'tensor', dtype: 'float32', shape: isOpen ? ['batch', ...shape.slice(1)] : shape },
  });
  const made = new Set(builder.nodes.flatMap(({ outputs }) => outputs));
  const last = builder.values.filter(({ name }) => made.has(name)).slice(-3);
  const some = [builder.one(builder.values), builder.one(builder.values)].filter(({ name }) => made.has(name));
  const names = [...new Set([...last, ...some].map(({ name }) => name))];
  const inputs = [x, { ...x, name: 'y' }, ...(isSpecial ? [] : [image])];
  const model: Model = {
    irVersion: 8,
    opsets: new Map([['', 18]]),
    producer: 'test',
    graph: {
      name: 'random',
      nodes: builder.nodes,
      constants: builder.constants,
      inputs: inputs.map(({ name, shape }) => tensor(name, shape)),
      outputs: names.map(name => ({ name, type: { kind: 'tensor', dtype: 'float32', shape: undefined } })),
      values: new Map(),
      sparse: [],
    },
    functions: [],
    metadata: new Map(),
  };
  const value = () =>
    isSpecial && random.integer(2) === 0 ? (special[random.integer(special.length)] ?? 0) : random.normal();
  return {
    model,
    inputs: inputs.map(({ shape }) => ({
      dtype: 'FP32',
      shape,
      data: Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, value),
    })),
  };
}
