// Weak forms compiled: one fused loop over the triangles, written as source text and handed to the engine's optimising compiler.
import { type Algebra, folding, type Known } from './algebra.js';
import { type Element, elementMatrix, elementVector, type Three } from './element.js';
import type { WeakForm } from './weak-form.js';

/** Arrays a kernel reads and the one it adds to. `scatter` has 9 (matrix) or 3 (vector) targets per triangle. */
export interface KernelArguments {
  readonly points: Float64Array;
  readonly triangles: Int32Array;
  readonly scatter: Int32Array;
  readonly target: Float64Array;
  /** Coefficients at the nodes, in the order of `form.coefficients`. */
  readonly coefficients: readonly Float64Array[];
}

export interface Kernel {
  /** Adds every triangle's integrals into `target`; allocates nothing. */
  readonly run: (on: KernelArguments) => void;
  /** The generated source, for reading. */
  readonly source: string;
}

interface Line {
  readonly name: string;
  readonly text: string;
  readonly reads: readonly string[];
}

/** An algebra whose values are names of variables; each operation writes one line, and equal operations share it. */
function emitter() {
  const lines: Line[] = [];
  const known = new Map<string, string>();
  const write = (text: string, reads: readonly string[]): string => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const name = `v${lines.length}`;
    lines.push({ name, text, reads });
    known.set(text, name);
    return name;
  };
  const commutative = (operator: string) => (left: string, right: string) => {
    const [first, second] = left < right ? [left, right] : [right, left];
    return write(`${first} ${operator} ${second}`, [left, right]);
  };
  const algebra: Algebra<string> = {
    constant: value => (value < 0 || Object.is(value, -0) ? `(${value})` : String(value)),
    add: commutative('+'),
    multiply: commutative('*'),
    subtract: (left, right) => write(`${left} - ${right}`, [left, right]),
    divide: (left, right) => write(`${left} / ${right}`, [left, right]),
    negate: of => write(`-${of}`, [of]),
  };
  /** The lines that the results depend on, in order. */
  const needed = (results: readonly Known<string>[]): string[] => {
    const wanted = new Set<Known<string>>(results);
    for (const { name, reads } of lines.toReversed()) {
      if (wanted.has(name)) for (const read of reads) wanted.add(read);
    }
    return lines.filter(({ name }) => wanted.has(name)).map(({ name, text }) => `const ${name} = ${text};`);
  };
  return { algebra: folding(algebra), write, needed };
}

const corners = [0, 1, 2] as const;

/** The element as variables: indices, coordinates, coefficients loaded; area and gradients computed from them. */
function loadedElement(form: WeakForm, { algebra, write }: ReturnType<typeof emitter>): Element<Known<string>> {
  const { add, subtract, multiply, divide, negate } = algebra;
  const load = (array: string, index: string): string => write(`${array}[${index}]`, []);
  const at = (k: number) => ({ x: load('points', `2 * i${k}`), y: load('points', `2 * i${k} + 1`) });
  const [a, b, c] = [at(0), at(1), at(2)];
  const [abx, aby] = [subtract(b.x, a.x), subtract(b.y, a.y)];
  const [acx, acy] = [subtract(c.x, a.x), subtract(c.y, a.y)];
  const twice = subtract(multiply(abx, acy), multiply(acx, aby));
  const scale = divide(1, twice);
  const [bx, by] = [multiply(acy, scale), negate(multiply(acx, scale))];
  const [cx, cy] = [negate(multiply(aby, scale)), multiply(abx, scale)];
  const values = (index: number): Three<string> => [
    load(`c${index}`, 'i0'),
    load(`c${index}`, 'i1'),
    load(`c${index}`, 'i2'),
  ];
  return {
    area: multiply(0.5, twice),
    gradients: [
      [negate(add(bx, cx)), negate(add(by, cy))],
      [bx, by],
      [cx, cy],
    ],
    corners: [
      [a.x, a.y],
      [b.x, b.y],
      [c.x, c.y],
    ],
    coefficients: Object.fromEntries(form.coefficients.map((name, index) => [name, values(index)])),
  };
}

function compile(form: WeakForm, perTriangle: 3 | 9): Kernel {
  const emit = emitter();
  const element = loadedElement(form, emit);
  const results =
    perTriangle === 9 ? elementMatrix(form, emit.algebra, element) : elementVector(form, emit.algebra, element);
  const source = [
    "'use strict';",
    ...form.coefficients.map((_, index) => `const c${index} = coefficients[${index}];`),
    `for (let t = 0, s = 0; t < triangles.length; t += 3, s += ${perTriangle}) {`,
    ...corners.map(k => `  const i${k} = triangles[t + ${k}];`),
    ...emit.needed(results).map(line => `  ${line}`),
    ...results.map((result, k) => `  target[scatter[s + ${k}]] += ${result};`),
    '}',
  ].join('\n');
  const compiled = new Function('points', 'triangles', 'scatter', 'target', 'coefficients', source);
  const run = ({ points, triangles, scatter, target, coefficients }: KernelArguments): void => {
    compiled(points, triangles, scatter, target, coefficients);
  };
  return Object.freeze({ run, source });
}

/** Compiles a bilinear form into a kernel that adds 9 entries per triangle. */
export const matrixKernel = (form: WeakForm): Kernel => compile(form, 9);

/** Compiles a linear form into a kernel that adds 3 entries per triangle. */
export const vectorKernel = (form: WeakForm): Kernel => compile(form, 3);
