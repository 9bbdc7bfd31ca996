import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { type Random, seededRandom } from 'galerkin/base';
import { decodeNpz, encodeNpz, type NpzArray, type NpzDType, readNpz, writeNpz } from 'galerkin/store';
import { describe, expect, test } from 'vitest';
import { freshPaths } from './folder.js';

const freshPath = freshPaths();
const dtypes: readonly NpzDType[] = ['float32', 'float64', 'int32', 'int64', 'uint8'];

function randomArray(dtype: NpzDType, shape: readonly number[], random: Random): NpzArray {
  const count = shape.reduce((a, b) => a * b, 1);
  const values = Array.from({ length: count }, () => random.integer(200));
  switch (dtype) {
    case 'float32':
      return { dtype, shape, data: Float32Array.from(values, v => v + random.normal()) };
    case 'float64':
      return { dtype, shape, data: Float64Array.from(values, v => v * random.normal()) };
    case 'int32':
      return { dtype, shape, data: Int32Array.from(values, v => v - 100) };
    case 'int64':
      return { dtype, shape, data: BigInt64Array.from(values, v => BigInt(v) - 2n ** 62n) };
    case 'uint8':
      return { dtype, shape, data: Uint8Array.from(values) };
  }
}

/** A .npy member with the header as given. */
function npy(header: string, data: Uint8Array = new Uint8Array(), version = 1): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length = version === 2 ? 4 : 2;
  const bytes = Buffer.alloc(8 + length + text.length + data.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  bytes.writeUIntLE(text.length, 8, length);
  bytes.set(text, 8 + length);
  bytes.set(data, 8 + length + text.length);
  return bytes;
}

interface Member {
  readonly content: Uint8Array;
  readonly deflate?: boolean;
  /** What the directory says instead of the truth. */
  readonly claimedBytes?: number;
  readonly flags?: number;
}

/** A zip archive by hand, so that it can lie. */
function zip(members: readonly (readonly [string, Member])[]): Uint8Array {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, { content, deflate = false, claimedBytes, flags = 0 }] of members) {
    const packed = deflate ? deflateRawSync(content) : content;
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(flags, 2);
    fields.writeUInt16LE(deflate ? 8 : 0, 4);
    fields.writeUInt32LE(crc32(content), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(claimedBytes ?? content.length, 18);
    fields.writeUInt16LE(name.length, 22);
    bodies.push(Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), packed]));
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), fields, rest, Buffer.from(name)]));
    at += bodies.at(-1)?.length ?? 0;
  }
  const end = Buffer.alloc(18);
  end.writeUInt16LE(members.length, 4);
  end.writeUInt16LE(members.length, 6);
  end.writeUInt32LE(Buffer.concat(directory).length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...bodies, ...directory, Buffer.from('PK\x05\x06'), end]);
}

const header = (descr: string, shape: string, order = 'False'): string =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`;
const one = (content: Uint8Array): Uint8Array => zip([['a.npy', { content }]]);

describe('npz', () => {
  test.each([false, true])('every dtype and rank comes back, deflated: %s', deflate => {
    const random = seededRandom(1);
    const arrays: Record<string, NpzArray> = {};
    for (const dtype of dtypes) {
      for (const shape of [[], [0], [7], [3, 5], [2, 0, 4], [2, 3, 4]]) {
        arrays[`${dtype} ${shape}`] = randomArray(dtype, shape, random);
      }
    }
    expect(decodeNpz(encodeNpz(arrays, { deflate }))).toEqual(arrays);
  });

  test('stored arrays are views of the file, not copies, wherever the names end', () => {
    const random = seededRandom(2);
    for (let k = 1; k < 70; k++) {
      const bytes = encodeNpz({
        ['n'.repeat(k)]: randomArray('float64', [k], random),
        é: randomArray('int64', [3], random),
      });
      for (const { data } of Object.values(decodeNpz(bytes))) expect(data.buffer).toBe(bytes.buffer);
    }
  });

  test('bytes that begin at an odd address are read all the same', () => {
    const arrays = { a: randomArray('float64', [9], seededRandom(3)) };
    const bytes = encodeNpz(arrays);
    const shifted = new Uint8Array(bytes.length + 3).subarray(3);
    shifted.set(bytes);
    expect(decodeNpz(shifted)).toEqual(arrays);
    expect(decodeNpz(Buffer.from(shifted.buffer, 3))).toEqual(arrays);
  });

  test('the same arrays give the same bytes', () => {
    const make = (): Uint8Array => encodeNpz({ a: randomArray('float32', [4, 4], seededRandom(4)) });
    expect(make()).toEqual(make());
  });

  test('names that look like JavaScript or like paths are only names', () => {
    const array = randomArray('uint8', [1], seededRandom(5));
    const arrays = Object.fromEntries(['__proto__', 'constructor', '../../etc', 'a/b'].map(name => [name, array]));
    expect(Object.entries(decodeNpz(encodeNpz(arrays)))).toEqual(Object.entries(arrays));
  });

  test('no arrays at all is a valid file', () => {
    expect(decodeNpz(encodeNpz({}))).toEqual({});
  });

  test('a file of the kind numpy writes: version 2, data descriptor flag, header with other spacing', () => {
    const content = npy(
      `{'shape':(2,),'descr' : '<i4','fortran_order':False}  \n`,
      Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0),
      2,
    );
    const { a } = decodeNpz(zip([['a.npy', { content, deflate: true, flags: 8 }]]));
    expect(a).toEqual({ dtype: 'int32', shape: [2], data: Int32Array.of(1, 2) });
  });

  test('a file on disk comes back, and its path is named when it is damaged', async () => {
    const path = join(freshPath(), 'a.npz');
    const arrays = { a: randomArray('float32', [2, 2], seededRandom(6)) };
    await writeNpz(path, arrays);
    expect(await readNpz(path)).toEqual(arrays);
    await expect(readNpz(`${path}x`)).rejects.toMatchObject({ code: 'FILE_READ_FAILED' });
    mkdirSync(`${path}d`);
    await expect(readNpz(`${path}d`)).rejects.toThrow(/got a folder/);
  });
});

describe('hostile npz', () => {
  const eight = new Uint8Array(8);
  test.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(), /a zip archive, got 0 bytes/],
    ['text', new TextEncoder().encode('hello '.repeat(50)), /a zip archive/],
    ['a member without magic', one(new Uint8Array(200)), /without its magic/],
    ['version 3', one(npy(header("'<f4'", '(2,)'), eight, 3)), /version 3/],
    ['a header longer than the file', one(npy('{ nothing }').fill(255, 8, 10)), /a header of at most/],
    ['a header that is no dictionary', one(npy('__import__("os")')), /Python syntax/],
    ['objects', one(npy(header("'|O'", '(1,)'), eight)), /dtype '\|O'/],
    ['records', one(npy(header("[('x', '<f4')]", '(2,)'), eight)), /Python syntax|dtype/],
    ['big-endian', one(npy(header("'>f8'", '(1,)'), eight)), /little-endian, got dtype '>f8'/],
    ['Fortran order', one(npy(header("'<f8'", '(1, 1)', 'True'), eight)), /row-major \(C\) order/],
    ['no order', one(npy("{'descr': '<f8', 'shape': (1,)}", eight)), /row-major/],
    ['a negative shape', one(npy(header("'<f8'", '(-1,)'), eight)), /Python syntax|whole numbers/],
    ['a shape beyond all memory', one(npy(header("'<f8'", '(99999999999, 99999999999)'), eight)), /can exist/],
    ['more shape than data', one(npy(header("'<f8'", '(2,)'), eight)), /16 bytes for shape \[2\], got 8 bytes/],
    ['more data than shape', one(npy(header("'<f8'", '()'), new Uint8Array(9))), /8 bytes for shape \[\], got 9/],
    ['a member that is no array', zip([['evil.py', { content: eight }]]), /only \.npy members/],
    [
      'a name twice',
      zip([
        ['a.npy', { content: eight }],
        ['a.npy', { content: eight }],
      ]),
      /twice/,
    ],
    ['encryption', zip([['a.npy', { content: eight, flags: 1 }]]), /encrypted/],
    ['a member that claims more', zip([['a.npy', { content: eight, claimedBytes: 9 }]]), /sizes that agree/],
    [
      'a ratio that deflate cannot have',
      zip([['a.npy', { content: eight, deflate: true, claimedBytes: 2e6 }]]),
      /agree/,
    ],
    ['less inflated than claimed', zip([['a.npy', { content: eight, deflate: true, claimedBytes: 40 }]]), /damaged/],
    [
      'more inflated than claimed',
      zip([['a.npy', { content: new Uint8Array(9000), deflate: true, claimedBytes: 99 }]]),
      /damaged|other bytes/,
    ],
  ])('%s: refused with what was wanted', (_, bytes, message) => {
    const read = () => decodeNpz(bytes);
    expect(read).toThrowError(expect.objectContaining({ code: 'NPZ_INVALID' }));
    expect(read).toThrow(message);
  });

  test('a bomb is refused before anything is inflated', () => {
    const content = new Uint8Array(50e6);
    const bomb = zip(['a', 'b', 'c'].map(name => [`${name}.npy`, { content, deflate: true }] as const));
    expect(bomb.length).toBeLessThan(200_000);
    expect(() => decodeNpz(bomb, { budgetBytes: 120e6 })).toThrow(/at most 120000000 bytes inflated/);
  });

  test('a header made to keep a parser busy is refused at once', () => {
    const slow = `{${"'a':b  ".repeat(1400)}!`;
    expect(() => decodeNpz(one(npy(slow)))).toThrow(/Python syntax/);
  });

  test('cut off at any byte, a file is refused', () => {
    const bytes = encodeNpz({
      a: randomArray('float32', [3], seededRandom(7)),
      b: randomArray('uint8', [5], seededRandom(8)),
    });
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeNpz(bytes.subarray(0, length))).toThrowError(expect.objectContaining({ code: 'NPZ_INVALID' }));
    }
  });

  test('with any byte changed, a file is refused or read: nothing else happens', () => {
    const random = seededRandom(9);
    for (const deflate of [false, true]) {
      const bytes = encodeNpz(
        { a: randomArray('float32', [30], random), b: randomArray('int64', [5], random) },
        { deflate },
      );
      for (let k = 0; k < 3000; k++) {
        const changed = bytes.slice();
        for (let flips = 1 + random.integer(3); flips > 0; flips--)
          changed[random.integer(bytes.length)] = random.integer(256);
        try {
          decodeNpz(changed, { budgetBytes: 1e6 });
        } catch (error) {
          expect(error).toMatchObject({ code: 'NPZ_INVALID' });
        }
      }
    }
  });

  test('arrays whose shape and data disagree are not written', () => {
    const data = new Float32Array(3);
    for (const shape of [[4], [-3], [1.5, 2], [Number.NaN]]) {
      expect(() => encodeNpz({ a: { dtype: 'float32', shape, data } })).toThrowError(
        expect.objectContaining({ code: 'NPZ_INVALID' }),
      );
    }
    expect(() => encodeNpz({ '': { dtype: 'float32', shape: [3], data } })).toThrow(/array names/);
  });
});

describe('numpy', () => {
  const python = spawnSync('python3', ['-c', 'import numpy; print(numpy.__version__)'], { encoding: 'utf8' });
  const reason = 'python3 with numpy is not installed on this machine';
  test('reads what is written here, and what it writes is read here', context => {
    if (python.status !== 0) {
      console.warn(`skipped: ${reason}`);
      context.skip(reason);
    }
    const path = freshPath();
    const script = [
      'import numpy as np, sys',
      'a = np.load(sys.argv[1] + "/ours.npz")',
      'assert a["x"].dtype == np.float32 and a["x"].shape == (2, 3) and float(a["x"][1, 2]) == 5.5',
      'assert a["k"].dtype == np.int64 and a["k"].tolist() == [-1, 2**40]',
      'np.savez(sys.argv[1] + "/stored.npz", **a)',
      'np.savez_compressed(sys.argv[1] + "/deflated.npz", **a)',
    ].join('\n');
    const arrays: Record<string, NpzArray> = {
      x: { dtype: 'float32', shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5.5) },
      k: { dtype: 'int64', shape: [2], data: BigInt64Array.of(-1n, 2n ** 40n) },
    };
    return writeNpz(join(path, 'ours.npz'), arrays).then(async () => {
      const { status, stderr } = spawnSync('python3', ['-c', script, path], { encoding: 'utf8' });
      expect(stderr).toBe('');
      expect(status).toBe(0);
      expect(await readNpz(join(path, 'stored.npz'))).toEqual(arrays);
      expect(await readNpz(join(path, 'deflated.npz'))).toEqual(arrays);
    });
  });
});
