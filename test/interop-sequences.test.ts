// What Triton's published sequence examples send and assert, by our own client on the example repository.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, connect, type InferInput } from 'galerkin/client';
import { type Server, serve } from 'galerkin/serve';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeExampleRepository } from '../scripts/example-repository.mjs';

let repository: string;
let server: Server;
let client: Client;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'galerkin-interop-'));
  const models = ['simple_sequence', 'simple_dyna_sequence', 'simple_string_dyna_sequence'] as const;
  repository = writeExampleRepository(folder, models);
  server = await serve({ repository, port: 0, threads: 1 });
  client = connect(server.url);
});
afterAll(async () => {
  await server?.close();
  await rm(repository, { recursive: true, force: true });
});

describe('sequences', () => {
  const values = [11, 7, 5, 3, 2, 0, 1];
  const sequences = [
    { values: [0, ...values], id: 1000 },
    { values: [100, ...values.map(value => 0 - value)], id: 1001 },
    { values: [20, ...values.map(value => 0 - value)], id: '1002' },
  ];

  async function send(model: string, numbers: readonly number[], id: number | string): Promise<number[]> {
    const answers: number[] = [];
    for (const [place, value] of numbers.entries()) {
      const input: InferInput = { shape: [1, 1], data: Int32Array.of(value) };
      const sequence = { id, start: place === 0, end: place === numbers.length - 1 };
      const { outputs } = await client.infer(model, { INPUT: input }, { sequence });
      answers.push(...(outputs.OUTPUT?.datatype === 'INT32' ? outputs.OUTPUT.data : []));
    }
    return answers;
  }

  test.each(sequences)('simple_sequence adds one at the start of $id', async ({ values: [first = 0, ...rest], id }) => {
    expect(await send('simple_sequence', [first, ...rest], id)).toEqual([first + 1, ...rest]);
  });

  test('simple_dyna_sequence adds the id at the end', async () => {
    expect(await send('simple_dyna_sequence', [0, ...values], 1000)).toEqual([1, 11, 7, 5, 3, 2, 0, 1001]);
  });

  test('simple_string_dyna_sequence sums over the sequence, in state that the server keeps', async () => {
    const wanted = [20, 9, 2, -3, -6, -8, -8, -9 + 1002];
    expect(await send('simple_string_dyna_sequence', [20, ...values.map(value => 0 - value)], '1002')).toEqual(wanted);
  });

  test('two sequences that interleave do not mix', async () => {
    const both = await Promise.all([
      send('simple_string_dyna_sequence', values, '7'),
      send(
        'simple_string_dyna_sequence',
        values.map(value => 0 - value),
        '8',
      ),
    ]);
    expect(both).toEqual([
      [11, 18, 23, 26, 28, 28, 29 + 7],
      [-11, -18, -23, -26, -28, -28, -29 + 8],
    ]);
  });
});
