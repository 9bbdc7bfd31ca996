// A random program: a seed decides how many arrays it takes, the steps on them, what is differentiated and what comes back.
import { type Random, seededRandom } from 'galerkin/base';
import { grad, jvp, np, type Spec, type Traced, vmap } from 'galerkin/compile';
import { elementSteps, pick, type Step, shapeSteps, sumSteps } from './steps.js';
import { wholeSteps } from './whole-steps.js';

export interface RandomProgram {
  readonly seed: number;
  readonly specs: readonly Spec[];
  readonly fn: (...args: Traced[]) => Traced[];
  /** The names of the steps of the last run. */
  readonly steps: () => readonly string[];
}

type Family = Readonly<Record<string, Step>>;
const floatFamilies: readonly [Family, ...Family[]] = [elementSteps, shapeSteps, sumSteps];
const wholeFamilies: readonly [Family, ...Family[]] = [wholeSteps];
const sizes = [1, 2, 3, 4, 5, 6] as const;
const largest = 400;

function randomSpec(random: Random, dtype: Spec['dtype']): Spec {
  const rank = random.integer(4);
  return { shape: Array.from({ length: rank }, () => pick(random, [...sizes])), dtype };
}

/** Walks the seed's steps; decides by shapes only, so that numbers and recordings take the same way. */
function walk(random: Random, args: readonly Traced[], names: string[]): Traced[] {
  const pool = [...args];
  const anyOf = (): Traced => pool[random.integer(pool.length)] ?? args[0] ?? np.zeros([]);
  const count = 2 + random.integer(3);
  for (let k = 0; k < count; k++) {
    const family = Object.entries(pick(random, args[0]?.dtype === 'int32' ? wholeFamilies : floatFamilies));
    const [name, step] = family[random.integer(family.length)] ?? ['none', () => undefined];
    const draw = { random, x: anyOf(), y: anyOf(), mask: (args[0] ?? anyOf()).ref.greater(0) };
    const made = step(draw);
    if (made === undefined) continue;
    names.push(name);
    if (made.size > largest) made.dispose();
    else pool.push(made);
  }
  return pool.slice(-3);
}

const total = (arrays: readonly Traced[]): Traced =>
  arrays.map(array => np.sin(array.ref).sum()).reduce((sum, one) => sum.add(one));

type Shape = (run: (...args: Traced[]) => Traced[], args: Traced[]) => Traced[];

/** As it is, its gradients, its tangents, all gradients of a mapped one, second derivatives. */
const shapes: readonly [Shape, ...Shape[]] = [
  (run, args) => run(...args),
  (run, args) => grad((...xs: Traced[]) => total(run(...xs)), { argnums: args.map((_, k) => k) })(...args),
  (run, args) => {
    const tangents = args.map(arg => np.cos(arg.ref));
    const [value, tangent] = jvp((...xs: Traced[]) => total(run(...xs)), args, tangents);
    return [value, tangent];
  },
  (run, args) => {
    const mapped = vmap((...xs: Traced[]) => total(run(...xs)));
    return [mapped(...args.map(arg => np.stack([arg.ref, np.sin(arg.ref)])))];
  },
  (run, args) => {
    const mapped = vmap(grad((...xs: Traced[]) => total(run(...xs))));
    return [mapped(...args.map(arg => np.stack([arg.ref, arg.ref.mul(0.5)])))];
  },
];

/** How often each of them comes, of twenty: what the tracer is slow at comes more rarely. */
const often = [12, 3, 2, 2, 1];
const deck = often.flatMap((count, k) => Array.from({ length: count }, () => k));

/** The program of a seed. */
export function randomProgram(seed: number, dtype: Spec['dtype'] = 'float32'): RandomProgram {
  const random = seededRandom(seed);
  const specs = Array.from({ length: 1 + random.integer(2) }, () => randomSpec(random, dtype));
  const drawn = deck[random.integer(deck.length)] ?? 0;
  const derivation = dtype === 'int32' ? 0 : drawn;
  const shape = shapes[derivation] ?? shapes[0];
  const stream = random.integer(2 ** 31 - 1);
  let names: string[] = [];
  const fn = (...args: Traced[]): Traced[] => {
    names = [];
    return shape((...xs) => walk(seededRandom(stream), xs, names), args);
  };
  return { seed, specs, fn, steps: () => [`derivation ${derivation}`, ...names] };
}
