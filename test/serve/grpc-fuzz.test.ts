import { isGalerkinError, type Random, seededRandom } from 'galerkin/base';
import { describe, expect, test } from 'vitest';
import { type ByteBudget, MessageFramer } from '../../dist/serve/grpc/framing.js';
import { readInferMessage } from '../../dist/serve/grpc/infer-message.js';
import { questionOf } from '../../dist/serve/grpc/infer-question.js';
import {
  readControlRequest,
  readIndexRequest,
  readLogRequest,
  readModelName,
  readRegionRequest,
  readTraceRequest,
} from '../../dist/serve/grpc/small-requests.js';
import { sharedMemory } from '../../dist/serve/protocol/shared-memory.js';
import { encodeInfer } from './fixtures/grpc-client.js';
import { servedKinds } from './fixtures/served.js';

const surroundings = {
  caller: { tenant: '', signal: new AbortController().signal },
  memory: sharedMemory({ allowed: false }),
};
const model = servedKinds(['FP32', 'BYTES', 'INT64']);

const seeds = [
  encodeInfer({
    model: 'kinds',
    version: '1',
    id: 'id',
    parameters: { priority: 1, sequence_id: { uint64: 2n ** 60n }, own: 'x', f: { double: 0.5 }, b: true },
    inputs: [
      { name: 'x_FP32', datatype: 'FP32', shape: [2, 3] },
      { name: 'x_BYTES', datatype: 'BYTES', shape: [2, 1] },
      { name: 'x_INT64', datatype: 'INT64', shape: [2, 2] },
    ],
    outputs: [{ name: 'y_FP32', parameters: { classification: 2 } }],
    raw: [new Uint8Array(24), Buffer.from([1, 0, 0, 0, 65, 0, 0, 0, 0]), new Uint8Array(32)],
  }),
  encodeInfer({
    model: 'kinds',
    inputs: [
      { name: 'x_FP32', datatype: 'FP32', shape: [1, 2], contents: Buffer.from('32080000803f00000040', 'hex') },
      { name: 'x_BYTES', datatype: 'BYTES', shape: [1, 1], contents: Buffer.from('420141', 'hex') },
      { name: 'x_INT64', datatype: 'INT64', shape: [1, 2], contents: Buffer.from('1a0b01ffffffffffffffffff01', 'hex') },
    ],
  }),
];

/** A few bytes changed, dropped, doubled or put in; or the end cut off. */
function mutate(bytes: Buffer, random: Random): Buffer {
  let mutated = Buffer.from(bytes);
  for (let times = 1 + random.integer(4); times > 0; times--) {
    const at = random.integer(mutated.length + 1);
    const act = random.integer(6);
    if (act === 0) mutated = mutated.subarray(0, at);
    else if (act === 1) mutated = Buffer.concat([mutated.subarray(0, at), mutated.subarray(at + random.integer(9))]);
    else if (act === 2) mutated = Buffer.concat([mutated, mutated.subarray(at)]);
    else if (act === 3)
      mutated = Buffer.concat([mutated.subarray(0, at), Buffer.alloc(random.integer(12), 0xff), mutated.subarray(at)]);
    else if (at < mutated.length)
      mutated[at] = act === 4 ? random.integer(256) : (mutated[at] ?? 0) ^ (1 << random.integer(8));
  }
  return mutated;
}

/** Runs it; only refusals that are the client's own fault may come out. */
function survives(run: () => void): boolean {
  try {
    run();
    return true;
  } catch (error) {
    if (!isGalerkinError(error) || error.http >= 500) throw error;
    return false;
  }
}

describe('fuzz', () => {
  test('40 000 damaged inference requests are answered or refused, never more', () => {
    const random = seededRandom(11);
    let taken = 0;
    for (let k = 0; k < 40_000; k++) {
      const bytes = mutate(seeds[k % 2] ?? Buffer.alloc(0), random);
      if (survives(() => void questionOf(model, readInferMessage(bytes), surroundings))) taken++;
    }
    expect(taken).toBeGreaterThan(1000);
    expect(taken).toBeLessThan(39_000);
  });

  test('20 000 messages of noise to every other reader', () => {
    const random = seededRandom(12);
    const readers = [
      readModelName,
      readIndexRequest,
      readControlRequest,
      readRegionRequest,
      readTraceRequest,
      readLogRequest,
    ];
    for (let k = 0; k < 20_000; k++) {
      const bytes = Buffer.from(Uint8Array.from({ length: random.integer(40) }, () => random.integer(256)));
      const read = readers[k % readers.length];
      survives(() => void read?.(bytes));
    }
  });

  test('messages come out whole however they are cut', () => {
    const random = seededRandom(13);
    for (let k = 0; k < 2000; k++) {
      const messages = Array.from({ length: random.integer(6) }, () =>
        Buffer.alloc(random.integer(k % 50 === 0 ? 90_000 : 40), k),
      );
      const wire = Buffer.concat(messages.flatMap(message => [prefixOf(message.length), message]));
      const budget: ByteBudget = { heldBytes: 0, limitBytes: 2 ** 30 };
      const framer = new MessageFramer(100_000, budget);
      const read: Buffer[] = [];
      for (let at = 0; at < wire.length; ) {
        const next = at + 1 + random.integer(k % 50 === 0 ? 30_000 : 20);
        framer.push(wire.subarray(at, next), ({ bytes }) => read.push(Buffer.from(bytes)));
        at = next;
      }
      const same =
        read.length === messages.length && read.every((bytes, place) => bytes.equals(messages[place] ?? wire));
      expect([same, framer.isBetween, budget.heldBytes]).toEqual([true, true, 0]);
    }
  });
});

function prefixOf(length: number): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(length, 1);
  return prefix;
}

describe('the framer', () => {
  const drop = (): void => {};

  test('believes no length before the bytes are there', () => {
    const budget: ByteBudget = { heldBytes: 0, limitBytes: 2 ** 32 };
    const framer = new MessageFramer(2 ** 31 - 1, budget);
    framer.push(Buffer.concat([prefixOf(2 ** 31 - 1), Buffer.alloc(100)]), drop);
    expect(budget.heldBytes).toBeLessThanOrEqual(2 ** 20);
    framer.close();
    expect(budget.heldBytes).toBe(0);
  });

  test('refuses what is too large, and what has another flag', () => {
    const framer = () => new MessageFramer(1000, { heldBytes: 0, limitBytes: 2 ** 30 });
    expect(() => framer().push(prefixOf(1001), drop)).toThrow('maximum allowed value of 1000 bytes');
    expect(() => framer().push(Buffer.from([2, 0, 0, 0, 0]), drop)).toThrow('compressed-flag');
  });

  test('shares its memory among the calls, but takes a message alone, however large', () => {
    const budget: ByteBudget = { heldBytes: 0, limitBytes: 1000 };
    const [first, second] = [new MessageFramer(10_000, budget), new MessageFramer(10_000, budget)];
    const begun = Buffer.concat([prefixOf(900), Buffer.alloc(1)]);
    first.push(begun, drop);
    expect(() => second.push(begun, drop)).toThrow('too many requests');
    first.close();
    second.close();
    new MessageFramer(10_000, budget).push(Buffer.concat([prefixOf(5000), Buffer.alloc(1)]), drop);
    expect(budget.heldBytes).toBe(5000);
  });
});
