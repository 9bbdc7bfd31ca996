import { type DType, dtypeBytes, type Random, seededRandom, type Tensor } from 'galerkin/base';
import { describe, expect, test } from 'vitest';
import { seal, unseal } from '../../dist/serve/cache/sealed.js';
import { decodeAnswer, encodeAnswer, leastBytes } from '../../dist/serve/cache/stored-answer.js';
import type { Answer } from '../../dist/serve/engine/question.js';
import { isFixed, tensorOver } from '../../dist/serve/tensors/bytes.js';

const dtypes: readonly DType[] = Object.keys(dtypeBytes).filter((name): name is DType => name in dtypeBytes);
const pick = <T>(random: Random, items: readonly T[]): T => items[random.integer(items.length)];
const letters = ['', 'a', 'é', '\u0000', '漢字', '😀', 'long '.repeat(40)];

function randomTensor(random: Random): Tensor {
  const dtype = pick(random, dtypes);
  const shape = Array.from({ length: random.integer(4) }, () => random.integer(5));
  const count = shape.reduce((product, size) => product * size, 1);
  if (!isFixed(dtype))
    return { dtype: 'BYTES', shape, data: Array.from({ length: count }, () => pick(random, letters)) };
  const bytes = Uint8Array.from({ length: count * dtypeBytes[dtype] }, () => random.integer(256));
  return tensorOver(dtype, shape, bytes.buffer);
}

const randomTensors = (random: Random): Record<string, Tensor> =>
  Object.fromEntries(
    Array.from({ length: random.integer(4) }, (_, k) => [`${pick(random, letters)}${k}`, randomTensor(random)]),
  );

function randomAnswer(random: Random): Answer {
  const number = (): number => pick(random, [0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, random.normal()]);
  const figures = { residual: number(), fluxImbalance: number() };
  const report = {
    figures: { ...figures, residualBound: number(), fluxBound: number() },
    verdict: pick(random, ['accepted', 'flagged', 'rejected', 'fallback'] as const),
  };
  const answer = {
    outputs: randomTensors(random),
    maps: randomTensors(random),
    guard: pick(random, [undefined, report, { ...report, refused: figures }]),
    answeredBy: pick(random, ['surrogate', 'solver', 'mixed'] as const),
  };
  return random.uniform() < 0.5
    ? answer
    : { ...answer, parameters: { n: number(), s: pick(random, letters), b: true, c: false } };
}

describe('a stored answer', () => {
  test('comes back as it was: every datatype, shape, figure and parameter', () => {
    const random = seededRandom(21);
    for (let round = 0; round < 500; round++) {
      const answer = randomAnswer(random);
      const bytes = encodeAnswer(answer);
      expect(decodeAnswer(bytes)).toStrictEqual(answer);
      const shifted = new Uint8Array(bytes.length + 1);
      shifted.set(bytes, 1);
      expect(decodeAnswer(shifted.subarray(1))).toStrictEqual(answer);
    }
  });

  test('shares no memory with the answer, with its bytes, or with another reading', () => {
    const answer: Answer = {
      outputs: {
        u: { dtype: 'FP32', shape: [2], data: Float32Array.of(1, 2) },
        v: { dtype: 'UINT8', shape: [1], data: Uint8Array.of(5) },
      },
      maps: {},
      guard: undefined,
      answeredBy: 'surrogate',
    };
    const bytes = encodeAnswer(answer);
    const before = decodeAnswer(bytes);
    const spoiled = decodeAnswer(bytes);
    for (const one of [answer, spoiled])
      for (const tensor of Object.values(one?.outputs ?? {}))
        if (tensor.dtype !== 'BYTES') new Uint8Array(tensor.data.buffer).fill(9);
    expect(decodeAnswer(bytes)).toStrictEqual(before);
    const [u, v] = Object.values(decodeAnswer(bytes)?.outputs ?? {});
    if (u === undefined || v === undefined || u.dtype === 'BYTES' || v.dtype === 'BYTES')
      throw new Error('outputs are missing');
    expect(u.data.buffer).not.toBe(v.data.buffer);
    expect([u.data.buffer.byteLength, v.data.buffer.byteLength]).toEqual([8, 1]);
  });

  test('is never less than its bound says', () => {
    const random = seededRandom(22);
    for (let round = 0; round < 500; round++) {
      const answer = randomAnswer(random);
      const fixed = {
        ...answer,
        outputs: Object.fromEntries(Object.entries(answer.outputs).filter(([, t]) => t.dtype !== 'BYTES')),
        maps: {},
      };
      expect(encodeAnswer(fixed).length).toBeGreaterThanOrEqual(leastBytes(fixed));
    }
  });

  test('that was damaged is a miss or an answer, never an error, and cut short always a miss', () => {
    const random = seededRandom(23);
    let read = 0;
    for (let round = 0; round < 1000; round++) {
      const good = encodeAnswer(randomAnswer(random));
      for (let again = 0; again < 20; again++) {
        const bad = Uint8Array.from(good);
        if (decodeAnswer(bad.subarray(0, random.integer(bad.length))) !== undefined) read += 1;
        for (let k = 0; k <= random.integer(4); k++)
          bad[random.integer(Math.min(bad.length, 80))] = random.integer(256);
        decodeAnswer(bad);
        decodeAnswer(Uint8Array.from({ length: random.integer(60) }, (_, k) => (k === 0 ? 1 : random.integer(256))));
      }
    }
    expect(read).toBe(0);
  });

  test('cannot reach an object through its prototype', () => {
    const answer = randomAnswer(seededRandom(24));
    const outputs = Object.fromEntries([
      ['__proto__', { dtype: 'UINT8', shape: [1], data: Uint8Array.of(1) } as const],
    ]);
    const back = decodeAnswer(encodeAnswer({ ...answer, outputs }));
    expect([Object.keys(back?.outputs ?? {}), Object.getPrototypeOf(back?.outputs)]).toEqual([
      ['__proto__'],
      Object.prototype,
    ]);
  });
});

describe('a sealed value', () => {
  const bytes = encodeAnswer(randomAnswer(seededRandom(25)));

  test('opens with its key and secret, and with no other', () => {
    const sealed = seal('secret', 'key', bytes);
    expect(unseal('secret', 'key', sealed)).toEqual(bytes);
    expect([unseal('other', 'key', sealed), unseal('secret', 'kez', sealed), unseal('', 'key', sealed)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('with any damage does not open', () => {
    const random = seededRandom(26);
    const sealed = seal('', 'key', bytes);
    for (let round = 0; round < 5000; round++) {
      const bad = Uint8Array.from(sealed);
      const place = random.integer(bad.length);
      bad[place] = (bad[place] ?? 0) ^ (1 << random.integer(8));
      expect(unseal('', 'key', bad)).toBeUndefined();
      expect(unseal('', 'key', sealed.subarray(0, random.integer(sealed.length)))).toBeUndefined();
    }
  });
});
