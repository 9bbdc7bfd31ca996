import { seededRandom } from 'galerkin/base';
import { describe, expect, test } from 'vitest';
import { maxFloatTextBytes, writeFloat32s } from '../../dist/serve/tensors/float-text.js';
import { fromHalf, toHalf } from '../../dist/serve/tensors/half.js';
import { readJsonList } from '../../dist/serve/tensors/json-list.js';
import { scanNumbers } from '../../dist/serve/tensors/number-scan.js';

const scan = (text: string, count: number): { got: number; values: number[] } => {
  const target = new Float64Array(count);
  return { got: scanNumbers(Buffer.from(text), target), values: [...target] };
};

/** Every way in which programs write the same double, and numbers at the edges of what the fast way can do. */
function numberTexts(random: ReturnType<typeof seededRandom>): string[] {
  const bits = new DataView(new ArrayBuffer(8));
  for (let k = 0; k < 8; k++) bits.setUint8(k, random.integer(256));
  const any = bits.getFloat64(0);
  const exponent = random.integer(50) - 30;
  const value = (random.uniform() - 0.5) * 10 ** exponent;
  const digits = Array.from({ length: 1 + random.integer(22) }, () => random.integer(10))
    .join('')
    .replace(/^0+(?=\d)/, '');
  const point = random.integer(digits.length);
  return [
    ...(Number.isFinite(any) ? [String(any)] : []),
    String(value),
    String(Math.fround(value)),
    value.toPrecision(1 + random.integer(17)),
    value.toExponential(random.integer(18)),
    `${random.uniform() < 0.5 ? '-' : ''}${digits}`,
    `${digits.slice(0, point) || '0'}.${digits.slice(point)}`.replace(/^0+(?=\d)/, ''),
    `0.${'0'.repeat(random.integer(12))}${digits}`,
    `${digits}e${random.integer(60) - 40}`,
    `${digits}.5E+${random.integer(20)}`,
  ];
}

describe('numbers read from their bytes', () => {
  test('are bit for bit those of JSON.parse and a copy', () => {
    const random = seededRandom(41);
    for (let round = 0; round < 300; round++) {
      const texts = Array.from({ length: 40 }, () => numberTexts(random)).flat();
      const list = `[${texts.join(random.uniform() < 0.5 ? ',' : ', ')}]`;
      const wanted = new Float64Array(JSON.parse(list));
      const got = new Float64Array(texts.length);
      expect(scanNumbers(Buffer.from(list), got)).toBe(texts.length);
      const fault = wanted.findIndex((value, k) => !Object.is(value, got[k]));
      expect(fault < 0 ? '' : `${texts[fault]}: ${got[fault]}`).toBe('');
      const single = new Float32Array(texts.length);
      scanNumbers(Buffer.from(list), single);
      expect(single).toEqual(new Float32Array(wanted));
    }
  });

  test('halfway between two doubles, ties go to the even one', () => {
    for (const text of [
      '9007199254740993',
      '9007199254740995',
      '0.500000000000000166533453693773481063544750213623046875',
      '1.00000000000000011102230246251565404e0',
      '2.2250738585072011e-308',
      '4.35',
      '0.000001',
      '123456789012345678',
    ]) {
      expect([text, scan(`[${text}]`, 1).values[0]]).toEqual([text, Number(text)]);
    }
  });

  test('white space and nesting are those of JSON', () => {
    expect(scan(' [ 1 ,\t[2,\r\n3] , [[ -4e0 ]] , [] ] ', 4)).toEqual({ got: 4, values: [1, 2, 3, -4] });
    expect(scan('[]', 0).got).toBe(0);
    expect(scan('[1,2,3]', 1)).toEqual({ got: 3, values: [1] });
    expect(Object.is(scan('[-0]', 1).values[0], -0)).toBe(true);
  });

  test('floats that are not finite are read as Python writes them', () => {
    expect(scan('[NaN, Infinity, -Infinity]', 3).values).toEqual([Number.NaN, Infinity, -Infinity]);
  });

  test.each([
    '',
    '[',
    ']',
    '1',
    '[1',
    '[1,]',
    '[,1]',
    '[1 2]',
    '[1,,2]',
    '[01]',
    '[+1]',
    '[.5]',
    '[1.]',
    '[1e]',
    '[1e+]',
    '[-]',
    '[0x1]',
    '[1]]',
    '[1][2]',
    '[1],',
    '["1"]',
    '[null]',
    '[true]',
    '[{}]',
    '[Nan]',
    '[Infinit]',
    '[--1]',
    '[1.2.3]',
    '[1e5.5]',
    '[1_000]',
    '[1\u00a02]',
    '[\u0000]',
  ])('what is no list of numbers is left to another reader: %s', text => {
    expect(scan(text, 4).got).toBe(-1);
  });

  test('any bytes at all are read or left, never a crash', () => {
    const random = seededRandom(5);
    const letters = '[[[]],,..--++eE0123456789 \n"NaNInfinity{}:\\';
    const target = new Float64Array(8);
    for (let k = 0; k < 30_000; k++) {
      const text = `[${Array.from({ length: random.integer(14) }, () => letters[random.integer(letters.length)]).join('')}`;
      const got = scanNumbers(Buffer.from(text), target);
      if (got < 0) continue;
      const same = text.replaceAll(/(?<![a-zA-Z])-?(NaN|Infinity)/g, '0');
      expect([text, JSON.parse(same).flat(99).length]).toEqual([text, got]);
    }
  });
});

describe('lists of other values', () => {
  const read = (dtype: Parameters<typeof readJsonList>[0], text: string, count: number) =>
    readJsonList(dtype, [count], Buffer.from(text));

  test('whole numbers keep to the range of their datatype', () => {
    expect(read('INT8', '[-128,127]', 2)).toMatchObject({ data: Int8Array.of(-128, 127) });
    expect(read('INT8', '[128]', 1)).toMatchObject({ kind: 'value', got: '128' });
    expect(read('UINT8', '[1.5]', 1)).toMatchObject({ kind: 'value' });
    expect(read('INT32', '[1e3]', 1)).toMatchObject({ data: Int32Array.of(1000) });
    expect(read('INT64', '[9223372036854775807,-9223372036854775808,"5"]', 3)).toMatchObject({ kind: 'value' });
    expect(read('INT64', '[9223372036854775807,-9223372036854775808]', 2)).toMatchObject({
      data: BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n)),
    });
    expect(read('UINT64', '[18446744073709551616]', 1)).toMatchObject({ kind: 'value' });
  });

  test('text, truth values and strings for floats', () => {
    expect(read('BYTES', '["a","]\\"["]', 2)).toMatchObject({ data: ['a', ']"['] });
    expect(read('BOOL', '[true,[false,1]]', 3)).toMatchObject({ data: Uint8Array.of(1, 0, 1) });
    expect(read('FP32', '["NaN",1]', 2)).toMatchObject({ data: Float32Array.of(Number.NaN, 1) });
    expect(read('FP32', '[1,', 1)).toBeUndefined();
    expect(read('FP32', '[[1,2],[3]]', 4)).toEqual({ kind: 'count', expected: 4, got: 3 });
  });
});

describe('float32 as text', () => {
  const write = (data: Float32Array): string => {
    const out = new Uint8Array(data.length * maxFloatTextBytes);
    return Buffer.from(out.subarray(0, writeFloat32s(data, out, 0))).toString();
  };

  test('reads back as the same value, in at most nine digits', () => {
    const random = seededRandom(17);
    const bits = Uint32Array.from({ length: 60_000 }, () => random.integer(2 ** 32));
    const values = new Float32Array(bits.buffer).map((value, k) => (Number.isFinite(value) ? value : k));
    for (let k = 0; k < 20_000; k++) values[k] = k < 5000 ? k / 8 : 2 ** ((k % 250) - 125) * (1 + (k % 3) * 2 ** -23);
    const texts = write(values).split(',');
    const read = Float32Array.from(JSON.parse(`[${texts.join(',')}]`));
    expect(values.findIndex((value, k) => !Object.is(value, read[k]))).toBe(-1);
    const digits = texts.map(text => text.replace(/e.*/, '').replace(/^-?0?\.?0*|[-.]/g, '').length);
    expect(Math.max(...digits)).toBeLessThanOrEqual(9);
  });

  test('is short for short numbers, and Python reads what JSON has no word for', () => {
    expect(write(Float32Array.of(0, -0, 0.1, -2.5, 3, 100, 16_777_216, 1e-4, 1e10, 1e-30, 3.4028235e38, 1e-45))).toBe(
      '0,-0,0.1,-2.5,3,100,16777216,0.0001,1e10,1e-30,3.40282347e+38,1.40129846e-45',
    );
    expect(write(Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY))).toBe(
      'NaN,Infinity,-Infinity',
    );
  });
});

describe('16-bit floats', () => {
  test.each(['FP16', 'BF16'] as const)('%s: every pattern goes to a number and back', dtype => {
    for (let bits = 0; bits < 65_536; bits++) {
      const value = fromHalf(bits, dtype);
      if (Number.isNaN(value)) continue;
      if (toHalf(value, dtype) !== bits) expect([bits, toHalf(value, dtype)]).toEqual([bits, bits]);
    }
  });

  test('numbers between two patterns go to the nearer, ties to the even one', () => {
    expect(toHalf(1 + 2 ** -11, 'FP16')).toBe(0x3c00);
    expect(toHalf(1 + 3 * 2 ** -11, 'FP16')).toBe(0x3c02);
    expect([toHalf(65_519.99, 'FP16'), toHalf(65_520, 'FP16'), toHalf(-1e9, 'FP16')]).toEqual([0x7bff, 0x7c00, 0xfc00]);
    expect([toHalf(2.9e-8, 'FP16'), toHalf(3e-8, 'FP16'), toHalf(2 ** -24, 'FP16')]).toEqual([0, 1, 1]);
    expect([toHalf(1e-320, 'FP16'), toHalf(-5e-324, 'BF16')]).toEqual([0, 0x8000]);
    expect(Number.isNaN(fromHalf(toHalf(Number.NaN, 'BF16'), 'BF16'))).toBe(true);
  });
});
