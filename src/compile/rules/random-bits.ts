// The rule of random bits: Threefry-2x32 with 20 rounds (Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC 2011), the counter of each element its position.
import { z } from 'zod';
import { reshapeView } from '../layout/reshape.js';
import { freshView, product, shapeOf, type View } from '../layout/view.js';
import { type Formula, formula } from './formula.js';
import { type Rule, readParams, two } from './rule.js';

const params = z.object({ shape: z.array(z.int()), mode: z.union([z.literal('xor'), z.literal(0), z.literal(1)]) });

/** Parity word of the key schedule. */
const parity = 0x1bd11bda;
/** How far each round turns the second word; groups of four rounds take turns. */
const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;
const groups = 5;

function turned(words: Formula, x: View, by: number): View {
  const left = words('BitShift', [x, by], { direction: 'LEFT' });
  const right = words('BitShift', [x, 32 - by], { direction: 'RIGHT' });
  return words('BitwiseOr', [left, right]);
}

/** Both words of the cipher, of the counter (0, position) under the key. */
function threefry(words: Formula, key: readonly [View, View], counter: View): readonly [View, View] {
  const third = words('BitwiseXor', [words('BitwiseXor', [...key]), parity]);
  const schedule = [...key, third];
  const keyAt = (index: number): View => schedule[index % 3] ?? third;
  let [x, y]: [View, View] = [keyAt(0), words('Add', [counter, keyAt(1)])];
  for (let group = 0; group < groups; group++) {
    for (const by of rotations[group % 2] ?? []) {
      x = words('Add', [x, y]);
      y = words('BitwiseXor', [turned(words, y, by), x]);
    }
    x = words('Add', [x, keyAt(group + 1)]);
    y = words('Add', [words('Add', [y, keyAt(group + 2)]), group + 1]);
  }
  return [x, y];
}

const randomBits: Rule = ({ graph }, step, inputs) => {
  const { shape, mode } = readParams(params, step);
  const [first, second] = two(inputs);
  const keyShape = shapeOf(first);
  const made = shape.slice(keyShape.length);
  const words = formula(graph, 'uint32');
  const [a, b] = two([first, second].map(key => reshapeView(graph, key, [...keyShape, ...made.map(() => 1)])));
  const count = product(made);
  const positions = Uint32Array.from({ length: count }, (_, k) => k);
  const counter = freshView(graph.constant('uint32', made, positions), made, 'uint32');
  const [x, y] = threefry(words, [a, b], counter);
  if (mode === 'xor') return [words('BitwiseXor', [x, y])];
  return [mode === 0 ? x : y];
};

export const randomRules: Readonly<Record<string, Rule>> = { random_bits: randomBits };
