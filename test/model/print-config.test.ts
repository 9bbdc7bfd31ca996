import { seededRandom } from 'galerkin/base';
import { configToJson, modelConfig, parseConfig, parseConfigJson, printConfig } from 'galerkin/model';
import { describe, expect, test } from 'vitest';
import { randomConfig } from './random-config.js';

describe('printConfig', () => {
  test('writes what people write', () => {
    const config = modelConfig({
      name: 'darcy',
      backend: 'onnxruntime',
      max_batch_size: 16,
      version_policy: { all: {} },
      input: [{ name: 'a', data_type: 'TYPE_FP32', dims: [64, 64] }],
      parameters: { threads: { string_value: '1' } },
    });
    expect(printConfig(config)).toBe(`name: "darcy"
backend: "onnxruntime"
version_policy {
  all { }
}
max_batch_size: 16
input [
  {
    name: "a"
    data_type: TYPE_FP32
    dims: [ 64, 64 ]
  }
]
parameters {
  key: "threads"
  value {
    string_value: "1"
  }
}
`);
  });

  test('what is printed is read back as the same, for 600 random configurations of every field group', () => {
    const random = seededRandom(1);
    for (let k = 0; k < 600; k++) {
      const config = randomConfig(random.fork(k));
      const text = printConfig(config);
      expect(parseConfig(text)).toEqual(config);
      expect(printConfig(parseConfig(text))).toBe(text);
    }
  });

  test('maps whose values are text, floating point, what a message says by being there', () => {
    const text = `metric_tags { key: "a" value: "b" }
sequence_batching { direct { minimum_slot_utilization: 0.25 } }
model_metrics { metric_control { histogram_options { buckets: [ 1, 2.5e-3, 1e300 ] } } }
optimization { input_pinned_memory { } }
`;
    const config = parseConfig(text);
    expect(config.metric_tags).toEqual({ a: 'b' });
    expect(config.sequence_batching?.direct?.minimum_slot_utilization).toBe(0.25);
    expect(config.optimization?.input_pinned_memory).toEqual({ enable: false });
    expect(parseConfig(printConfig(config))).toEqual(config);
  });
});

describe('configToJson', () => {
  test('prints every scalar, list and map, and no message that is not set', () => {
    const config = modelConfig({
      name: 'darcy',
      backend: 'onnxruntime',
      max_batch_size: 16,
      input: [{ name: 'a', data_type: 'TYPE_FP32', dims: [64, 64] }],
      dynamic_batching: { priority_queue_policy: { 1: {} } },
    });
    expect(configToJson(config)).toEqual({
      name: 'darcy',
      platform: '',
      backend: 'onnxruntime',
      runtime: '',
      max_batch_size: 16,
      input: [
        {
          name: 'a',
          data_type: 'TYPE_FP32',
          format: 'FORMAT_NONE',
          dims: [64, 64],
          is_shape_tensor: false,
          allow_ragged_batch: false,
          optional: false,
          is_non_linear_format_io: false,
        },
      ],
      output: [],
      batch_input: [],
      batch_output: [],
      dynamic_batching: {
        preferred_batch_size: [],
        max_queue_delay_microseconds: 0,
        preserve_ordering: false,
        priority_levels: 0,
        default_priority_level: 0,
        priority_queue_policy: {
          1: {
            timeout_action: 'REJECT',
            default_timeout_microseconds: 0,
            allow_timeout_override: false,
            max_queue_size: 0,
          },
        },
      },
      instance_group: [],
      default_model_filename: '',
      cc_model_filenames: {},
      metric_tags: {},
      parameters: {},
      model_warmup: [],
    });
  });

  test('policies that are chosen appear, alternatives do not', () => {
    const json = configToJson(modelConfig({ version_policy: { specific: { versions: [3] } }, response_cache: {} }));
    expect(json).toMatchObject({ version_policy: { specific: { versions: [3] } }, response_cache: { enable: false } });
    expect(JSON.stringify(json)).not.toMatch(/null|latest|ensemble|sequence_batching|model_transaction_policy/);
  });
});

describe('parseConfigJson', () => {
  test('reads what configToJson writes, for 300 random configurations, in both spellings of the names', () => {
    const random = seededRandom(3);
    const camel = (key: string): string => key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    const rename = (value: unknown, isMap = false): unknown => {
      if (Array.isArray(value)) return value.map(item => rename(item));
      if (typeof value !== 'object' || value === null) return value;
      const maps = ['parameters', 'metric_tags', 'inputs', 'input_map', 'output_map', 'priority_queue_policy'];
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => {
          const isEntries = maps.includes(key) || (key === 'input' && !Array.isArray(item));
          return [isMap ? key : camel(key), rename(item, !isMap && isEntries)];
        }),
      );
    };
    for (let k = 0; k < 300; k++) {
      const config = randomConfig(random.fork(k));
      const json = configToJson(config);
      expect(parseConfigJson(JSON.stringify(json))).toEqual(config);
      expect(parseConfigJson(JSON.stringify(rename(json)))).toEqual(config);
    }
  });

  test('64-bit integers as numbers or text, enumerators by name or number, null for what is not set', () => {
    const config =
      parseConfigJson(`{ "maxBatchSize": 8, "version_policy": { "specific": { "versions": ["3", 4, 5.0] } },
      "input": [{ "name": "a", "data_type": 11, "dims": ["-1", 4] }], "dynamic_batching": null,
      "instance_group": [{ "count": "2", "kind": "KIND_CPU" }] }`);
    expect(config).toEqual(
      modelConfig({
        max_batch_size: 8,
        version_policy: { specific: { versions: [3, 4, 5] } },
        input: [{ name: 'a', data_type: 'TYPE_FP32', dims: [-1, 4] }],
        instance_group: [{ count: 2, kind: 'KIND_CPU' }],
      }),
    );
  });

  test.each<[string, RegExp]>([
    ['{', /wanted JSON/],
    ['[]', /wanted a JSON object/],
    ['{ "nmae": "x" }', /ModelConfig has no field 'nmae'/],
    ['{ "name": 3 }', /'name': wanted a string in quotes, got '3'/],
    ['{ "name": ["x"] }', /wanted one value, got a list/],
    ['{ "maxBatchSize": 1.5 }', /wanted an integer/],
    ['{ "max_batch_size": "" }', /wanted an integer/],
    ['{ "max_batch_size": true }', /wanted an integer/],
    ['{ "max_batch_size": 1, "maxBatchSize": 2 }', /more than once/],
    ['{ "input": [{ "name": "a", "is_shape_tensor": true }] }', /'is_shape_tensor' is known, but not supported/],
    ['{ "input": [[]] }', /wanted a message/],
    ['{ "input": {} }', /input/],
    ['{ "parameters": { "__proto__": { "string_value": "x" } } }', /not '__proto__'/],
    ['{ "parameters": [] }', /^$|parameters/],
    ['{ "constructor": {} }', /no field 'constructor'/],
    ['{ "version_policy": { "latest": {}, "all": {} } }', /'all' excludes 'latest'/],
    [`{ "x": ${'['.repeat(1e5)}${']'.repeat(1e5)} }`, /no field 'x'/],
    [' '.repeat(2 ** 22 + 1), /at most/],
  ])('text %# is refused, or says nothing', (text, message) => {
    let said = '';
    try {
      parseConfigJson(text);
    } catch (error) {
      expect(error).toMatchObject({ code: 'MODEL_CONFIG_INVALID' });
      said = String(error);
    }
    expect(said).toMatch(message);
  });
});
