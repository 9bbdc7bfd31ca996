// Weights that lie in a file beside the graph.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Server, serve } from 'galerkin/serve';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { onnxModel } from './fixtures/onnx.js';
import { type PlainRepository, plainRepository, scaleConfig } from './fixtures/plain-repository.js';

const weighted = (file: string): Uint8Array =>
  onnxModel({
    inputs: [{ name: 'x', dtype: 'FP32', shape: ['batch', 4] }],
    outputs: [{ name: 'y', dtype: 'FP32', shape: ['batch', 4] }],
    nodes: [{ op: 'Mul', inputs: ['x', 'weights'], outputs: ['y'] }],
    outside: { weights: { file, shape: [4] } },
  });

let repository: PlainRepository;
let server: Server | undefined;
beforeEach(async () => {
  repository = await plainRepository();
  await repository.configure('weighted', scaleConfig());
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await repository.dispose();
});
const weights = (...values: readonly number[]): Promise<void> =>
  writeFile(join(repository.folder, 'weighted', '1', 'weights.bin'), Float32Array.from(values));

test.each(['thread', 'process'])('are used by instances in a %s', async isolation => {
  const parameter = `parameters { key: "isolation" value { string_value: "${isolation}" } }`;
  await repository.configure('weighted', scaleConfig(parameter));
  await repository.add('weighted', 1, weighted('weights.bin'));
  await weights(1, 10, 100, 1000);
  server = await serve({ repository: repository.folder, port: 0, instances: 2 });
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }];
  const body = JSON.stringify({ inputs });
  const reply = await fetch(`${server.url}/v2/models/weighted/infer`, { method: 'POST', body });
  expect((await reply.json()).outputs[0].data).toEqual([1, 20, 300, 4000]);
});

test.each(['../weights.bin', '/etc/passwd', '1/../../weights.bin'])(
  'outside of the version are never opened: %s',
  async file => {
    await repository.add('weighted', 1, weighted(file));
    await expect(serve({ repository: repository.folder, port: 0 })).rejects.toMatchObject({ code: 'PACKAGE_INVALID' });
  },
);
