import { seededRandom } from 'galerkin/base';
import { openSession, type Session } from 'galerkin/runtime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { onnxModel } from '../serve/fixtures/onnx.js';

let identity: Session;
beforeAll(async () => {
  const port = (name: string) => ({ name, dtype: 'BYTES' as const, shape: ['n'] });
  const nodes = [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }];
  identity = await openSession(onnxModel({ inputs: [port('x')], outputs: [port('y')], nodes }), { threads: 1 });
});
afterAll(() => identity.close());

test('texts come through the runtime as they are, zero characters and all', async () => {
  const random = seededRandom(3);
  const characters = ['\0', 'a', '0', '1', '\ufdd0', '\ufdd00', 'ä', '\u{1f600}', ''];
  const texts = Array.from({ length: 500 }, () =>
    Array.from({ length: random.integer(6) }, () => characters[random.integer(characters.length)] ?? '').join(''),
  );
  const { y } = await identity.run({ x: { dtype: 'BYTES', shape: [texts.length], data: texts } });
  expect(y?.data).toEqual(texts);
});
