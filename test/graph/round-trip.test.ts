// Reading and writing: every conformance model of ONNX survives, and no bytes whatever crash or hang the reader.
import { isGalerkinError, seededRandom } from 'galerkin/base';
import { constantOf, int, type Model, readModel, writeModel } from 'galerkin/graph';
import { describe, expect, it } from 'vitest';
import { corpus, hasCorpus } from './corpus.js';

const weighted: Model = {
  irVersion: 10,
  opsets: new Map([['', 20]]),
  producer: 'test',
  graph: {
    name: 'weighted',
    nodes: [
      { name: 'n', operator: 'MatMul', domain: '', inputs: ['x', 'w'], outputs: ['h'], attributes: {} },
      { name: 's', operator: 'Softmax', domain: '', inputs: ['h'], outputs: ['y'], attributes: { axis: int(-1) } },
    ],
    constants: new Map([['w', constantOf('w', 'float32', { shape: [3, 2], values: [1, 2, 3, 4, 5, 6] })]]),
    inputs: [{ name: 'x', type: { kind: 'tensor', dtype: 'float32', shape: ['batch', 3] } }],
    outputs: [{ name: 'y', type: { kind: 'tensor', dtype: 'float32', shape: ['batch', undefined] } }],
    values: new Map(),
    sparse: [],
  },
  functions: [],
  metadata: new Map([['a', 'b']]),
};

/** A model, or GRAPH_INVALID: what a reader may answer to any bytes. */
function outcome(bytes: Uint8Array): string {
  try {
    readModel(bytes);
    return 'model';
  } catch (error) {
    return isGalerkinError(error) ? error.code : `crash: ${error}`;
  }
}

describe('a model', () => {
  it('comes back as it was written', () => {
    expect(readModel(writeModel(weighted))).toEqual(weighted);
  });

  it('reads the same from bytes that lie askew in a Buffer', () => {
    const bytes = writeModel(weighted);
    for (const shift of [1, 2, 3]) {
      const buffer = Buffer.alloc(bytes.length + shift);
      buffer.set(bytes, shift);
      const w = readModel(buffer.subarray(shift)).graph.constants.get('w');
      expect(Buffer.from(w?.bytes ?? [])).toEqual(Buffer.from(weighted.graph.constants.get('w')?.bytes ?? []));
    }
  });

  it.skipIf(!hasCorpus)(
    'of the conformance cases is the same after writing and reading, and gives the same bytes again',
    () => {
      const cases = corpus();
      expect(cases.length).toBeGreaterThan(1000);
      for (const { name, bytes } of cases) {
        const model = readModel(bytes, { source: name });
        const written = writeModel(model);
        const again = readModel(written);
        expect(again, name).toEqual(model);
        expect(Buffer.from(writeModel(again)).equals(written), name).toBe(true);
      }
    },
  );
});

describe('bytes from outside', () => {
  const bytes = writeModel(weighted);

  it('that are cut short give a model or GRAPH_INVALID', () => {
    const outcomes = new Set(Array.from(bytes, (_, length) => outcome(bytes.subarray(0, length))));
    expect([...outcomes].every(one => one === 'model' || one === 'GRAPH_INVALID')).toBe(true);
    expect(outcomes).toContain('GRAPH_INVALID');
  });

  it('that are changed at random give a model or GRAPH_INVALID', () => {
    const random = seededRandom(7);
    const models = [
      bytes,
      ...corpus()
        .map(one => one.bytes)
        .filter(one => one.length < 3000),
    ];
    const counts = new Map<string, number>();
    for (let k = 0; k < 4000; k++) {
      const changed = Uint8Array.from(models[random.integer(models.length)] ?? bytes);
      for (let n = 0; n <= random.integer(4); n++) changed[random.integer(changed.length)] = random.integer(256);
      const what = outcome(changed);
      counts.set(what, (counts.get(what) ?? 0) + 1);
    }
    expect([...counts.keys()].toSorted()).toEqual(['GRAPH_INVALID', 'model']);
  });

  it('of bodies nested a hundred thousand deep give GRAPH_INVALID', () => {
    // ModelProto.graph(7) . node(1) . attribute(5) . g(6), the innermost first.
    let inner = Buffer.alloc(0);
    const parts: Buffer[] = [];
    const head = (field: number, length: number) => {
      const varint = [];
      for (let rest = length; varint.length === 0 || rest > 0; rest = Math.floor(rest / 128))
        varint.push((rest % 128) | (rest >= 128 ? 128 : 0));
      return Buffer.from([(field << 3) | 2, ...varint]);
    };
    let length = 0;
    for (let depth = 0; depth < 100_000; depth++) {
      for (const field of [6, 5, 1]) {
        const part = head(field, length);
        parts.push(part);
        length += part.length;
      }
    }
    inner = Buffer.concat([head(7, length), ...parts.toReversed()]);
    expect(outcome(inner)).toBe('GRAPH_INVALID');
  });
});

describe('weights in another file', () => {
  const external = (facts: Record<string, string>): Uint8Array => {
    const entry = (key: string, value: string) => {
      const text = (field: number, one: string) =>
        Buffer.concat([Buffer.from([(field << 3) | 2, one.length]), Buffer.from(one)]);
      const body = Buffer.concat([text(1, key), text(2, value)]);
      return Buffer.concat([Buffer.from([(13 << 3) | 2, body.length]), body]);
    };
    const tensor = Buffer.concat([
      Buffer.from([8, 2, 16, 1, (8 << 3) | 2, 1, 119, 14 << 3, 1]),
      ...Object.entries(facts).map(([key, value]) => entry(key, value)),
    ]);
    const graph = Buffer.concat([Buffer.from([(5 << 3) | 2, tensor.length]), tensor]);
    return Buffer.concat([Buffer.from([8, 10, (7 << 3) | 2, graph.length]), graph]);
  };
  const file = Float32Array.from([0, 1, 2, 3]);
  const give = () => new Uint8Array(file.buffer);

  it('are read from their place', () => {
    const model = readModel(external({ location: 'w.bin', offset: '4', length: '8' }), { external: give });
    expect(new Float32Array(Uint8Array.from(model.graph.constants.get('w')?.bytes ?? []).buffer)).toEqual(
      Float32Array.from([1, 2]),
    );
  });

  it.each([
    [{ location: 'w.bin' }, undefined, 'not given'],
    [{ location: '../w.bin', length: '8' }, give, 'outside'],
    [{ location: '/etc/passwd', length: '8' }, give, 'outside'],
    [{ location: 'w.bin', offset: '-8', length: '8' }, give, 'has not'],
    [{ location: 'w.bin', offset: '12', length: '8' }, give, 'has not'],
    [{ location: 'w.bin', offset: 'x' }, give, 'has not'],
    [{ location: 'w.bin', length: '4' }, give, 'wants 8'],
  ])('that lie wrongly are refused: %j', (facts, files, reason) => {
    const options = files === undefined ? {} : { external: files };
    expect(() => readModel(external(facts), options)).toThrow(reason);
  });
});
