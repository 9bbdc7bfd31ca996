import {
  configToJson,
  lintRepository,
  type ModelPackage,
  parseConfig,
  printConfig,
  readPackage,
  toMetadata,
} from 'galerkin/model';
import { beforeAll, describe, expect, test } from 'vitest';
import { handmade } from './fixtures/models.js';
import { onnxModel, type Port } from './fixtures/onnx.mjs';

const { write } = handmade();
const ports = (dtype: string, shape: (number | string)[], ...names: string[]): Port[] =>
  names.map(name => ({ name, dtype, shape }));

/** Two vectors of 16 in, their sum and difference out: the shape of the models that clients of Triton start with. */
const pair = (dtype: string, type: string) => ({
  config: `platform: "onnxruntime_onnx"
max_batch_size: 8
input [ { name: "INPUT0" data_type: ${type} dims: [ 16 ] }, { name: "INPUT1" data_type: ${type} dims: [ 16 ] } ]
output [ { name: "OUTPUT0" data_type: ${type} dims: [ 16 ] }, { name: "OUTPUT1" data_type: ${type} dims: [ 16 ] } ]
`,
  graph: onnxModel({
    inputs: ports(dtype, ['n', 16], 'INPUT0', 'INPUT1'),
    outputs: ports(dtype, ['n', 16], 'OUTPUT0', 'OUTPUT1'),
  }),
});

const control = (name: string, kind: string): string =>
  `{ name: "${name}" control [ { kind: ${kind} int32_false_true: [ 0, 1 ] } ] }`;

const sequence = {
  config: `platform: "onnxruntime_onnx"
max_batch_size: 8
sequence_batching {
  max_sequence_idle_microseconds: 5000000
  control_input [
    ${control('START', 'CONTROL_SEQUENCE_START')},
    ${control('READY', 'CONTROL_SEQUENCE_READY')}
  ]
}
input [ { name: "INPUT" data_type: TYPE_INT32 dims: [ 1 ] } ]
output [ { name: "OUTPUT" data_type: TYPE_INT32 dims: [ 1 ] } ]
instance_group [ { kind: KIND_CPU } ]
`,
  graph: onnxModel({
    inputs: ports('INT32', ['n', 1], 'INPUT', 'START', 'READY'),
    outputs: ports('INT32', ['n', 1], 'OUTPUT'),
  }),
};

const dynaSequence = {
  config: sequence.config.replace(
    /\n {2}\]\n\}/,
    `,
    ${control('END', 'CONTROL_SEQUENCE_END')},
    { name: "CORRID" control [ { kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_UINT64 } ] }
  ]
  oldest { max_candidate_sequences: 4 }
}`,
  ),
  graph: onnxModel({
    inputs: [...ports('INT32', ['n', 1], 'INPUT', 'START', 'READY', 'END'), ...ports('UINT64', ['n', 1], 'CORRID')],
    outputs: ports('INT32', ['n', 1], 'OUTPUT'),
  }),
};

const ensemble = `platform: "ensemble"
max_batch_size: 8
input [ { name: "FIRST" data_type: TYPE_INT32 dims: [ 16 ] }, { name: "SECOND" data_type: TYPE_INT32 dims: [ 16 ] } ]
output [ { name: "TOTAL" data_type: TYPE_INT32 dims: [ 16 ] } ]
ensemble_scheduling {
  step [
    {
      model_name: "simple"
      model_version: -1
      input_map { key: "INPUT0" value: "FIRST" }
      input_map { key: "INPUT1" value: "SECOND" }
      output_map { key: "OUTPUT0" value: "sum" }
      output_map { key: "OUTPUT1" value: "difference" }
    },
    {
      model_name: "simple"
      model_version: -1
      input_map { key: "INPUT0" value: "sum" }
      input_map { key: "INPUT1" value: "difference" }
      output_map { key: "OUTPUT0" value: "TOTAL" }
    }
  ]
}
`;

const models: Readonly<Record<string, { config: string; graph: Uint8Array }>> = {
  simple: pair('INT32', 'TYPE_INT32'),
  simple_int8: pair('INT8', 'TYPE_INT8'),
  simple_string: pair('BYTES', 'TYPE_STRING'),
  simple_sequence: sequence,
  simple_dyna_sequence: dynaSequence,
};
let repository: string;

beforeAll(() => {
  const files = Object.entries(models).flatMap(([name, { config, graph }]) => [
    [`${name}/config.pbtxt`, config],
    [`${name}/1/model.onnx`, graph],
  ]);
  repository = write({ ...Object.fromEntries(files), 'pipeline/config.pbtxt': ensemble, 'pipeline/1/': '' });
});

const read = (name: string): Promise<ModelPackage> => readPackage(repository, name);

describe('repositories as users of Triton write them', () => {
  test('have no faults', async () => {
    expect(await lintRepository(repository)).toEqual([]);
  });

  test.each([...Object.keys(models), 'pipeline'])('%s comes back from its own text', async name => {
    const { config } = await read(name);
    expect(parseConfig(printConfig(config))).toEqual(config);
  });

  test.each([
    ['simple', 'INT32'],
    ['simple_int8', 'INT8'],
    ['simple_string', 'BYTES'],
  ])('%s has metadata of two vectors in, two out, of %s', async (name, datatype) => {
    const tensors = (...names: string[]) => names.map(each => ({ name: each, datatype, shape: [-1, 16] }));
    expect(toMetadata(await read(name))).toEqual({
      name,
      versions: ['1'],
      platform: 'onnxruntime_onnx',
      inputs: tensors('INPUT0', 'INPUT1'),
      outputs: tensors('OUTPUT0', 'OUTPUT1'),
    });
  });

  test('sequences: clients see the input, the server feeds the controls', async () => {
    const [direct, oldest] = [await read('simple_sequence'), await read('simple_dyna_sequence')];
    expect(toMetadata(direct).inputs).toEqual([{ name: 'INPUT', datatype: 'INT32', shape: [-1, 1] }]);
    expect(configToJson(direct.config)).toMatchObject({
      sequence_batching: {
        max_sequence_idle_microseconds: 5_000_000,
        control_input: [
          {
            name: 'START',
            control: [{ kind: 'CONTROL_SEQUENCE_START', int32_false_true: [0, 1], fp32_false_true: [] }],
          },
          { name: 'READY' },
        ],
        state: [],
        iterative_sequence: false,
      },
    });
    expect(configToJson(oldest.config)).toMatchObject({
      sequence_batching: {
        oldest: { max_candidate_sequences: 4, preferred_batch_size: [], max_queue_delay_microseconds: 0 },
        control_input: [{}, {}, {}, { control: [{ kind: 'CONTROL_SEQUENCE_CORRID', data_type: 'TYPE_UINT64' }] }],
      },
    });
    for (const { config } of [direct, oldest])
      expect(JSON.stringify(configToJson(config))).not.toMatch(/null|dynamic_b/);
  });

  test('a batcher that a model does not name is no member of its JSON', async () => {
    const json = configToJson((await read('simple')).config);
    for (const member of [
      'dynamic_batching',
      'sequence_batching',
      'ensemble_scheduling',
      'response_cache',
      'optimization',
      'model_transaction_policy',
    ]) {
      expect(json).not.toHaveProperty(member);
    }
  });

  test('an ensemble: its steps, with whole numbers as numbers', async () => {
    const { config, modelFile } = await read('pipeline');
    expect(modelFile).toBeUndefined();
    expect(configToJson(config)).toMatchObject({
      platform: 'ensemble',
      backend: '',
      ensemble_scheduling: {
        step: [
          {
            model_name: 'simple',
            model_version: -1,
            input_map: { INPUT0: 'FIRST', INPUT1: 'SECOND' },
            output_map: { OUTPUT0: 'sum', OUTPUT1: 'difference' },
            model_namespace: '',
          },
          {},
        ],
      },
    });
  });
});
