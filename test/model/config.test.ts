import { isGalerkinError, seededRandom } from 'galerkin/base';
import { configToJson, modelConfig, parseConfig, printConfig } from 'galerkin/model';
import { describe, expect, test } from 'vitest';
import { randomConfig } from './random-config.js';

/** The faults of a text that must be refused. */
function faultsOf(text: string): readonly string[] {
  try {
    parseConfig(text);
  } catch (error) {
    if (isGalerkinError(error) && 'faults' in error.fields) return error.fields.faults;
    throw error;
  }
  throw new Error('the text was accepted');
}

const darcy = `
# A surrogate.
name: "darcy"
platform: "onnxruntime_onnx"
max_batch_size: 16
input [
  { name: "a" data_type: TYPE_FP32 dims: [ 64, 64 ] }
]
output [
  {
    name: "u",
    data_type: TYPE_FP32;
    dims: [ 64, 64 ]
  }
]
instance_group [ { kind: KIND_CPU count: 2 } ]
dynamic_batching { max_queue_delay_microseconds: 100 }
parameters { key: "intra_op_thread_count" value: { string_value: "1" } }
version_policy: { latest { num_versions: 2 } }
`;

describe('parseConfig', () => {
  test('reads what Triton users write, and fills in the defaults', () => {
    expect(parseConfig(darcy)).toEqual({
      name: 'darcy',
      platform: 'onnxruntime_onnx',
      backend: '',
      max_batch_size: 16,
      input: [{ name: 'a', data_type: 'TYPE_FP32', dims: [64, 64] }],
      output: [{ name: 'u', data_type: 'TYPE_FP32', dims: [64, 64] }],
      instance_group: [{ name: '', kind: 'KIND_CPU', count: 2 }],
      dynamic_batching: {
        preferred_batch_size: [],
        max_queue_delay_microseconds: 100,
        preserve_ordering: false,
        priority_levels: 0,
        default_priority_level: 0,
        priority_queue_policy: {},
      },
      parameters: { intra_op_thread_count: { string_value: '1' } },
      model_warmup: [],
      version_policy: { latest: { num_versions: 2 } },
    });
  });

  test.each([
    ['nothing', ''],
    ['a byte order mark and Windows line ends', '\uFEFF# x\r\nmax_batch_size: 0\r\n'],
  ])('%s is an empty configuration', (_, text) => {
    expect(parseConfig(text)).toEqual(modelConfig({}));
  });

  test.each([
    ['a list at once', 'input [ { name: "a" data_type: TYPE_FP32 dims: [ 1, 2 ] } ]'],
    ['one by one', 'input { name: "a" data_type: TYPE_FP32 dims: 1 dims: 2 }'],
    ['with colons and separators', 'input: { name: "a", data_type: TYPE_FP32; dims: [1,2], };'],
    ['with angle brackets', 'input < name: "a" data_type: TYPE_FP32 dims: [1] dims: [ 2 ] >'],
    ['with the number of the enumerator', 'input { name: "a" data_type: 11 dims: 1 dims: 0x2 }'],
    ['octal and in pieces', 'input { name: "" \'a\' data_type: TYPE_FP32 dims: 01 dims: 002 }'],
    [
      'with nothing said that is not supported',
      'input { name: "a" data_type: TYPE_FP32 dims: [1, 2] optional: false format: FORMAT_NONE } cc_model_filenames: [] runtime: ""',
    ],
  ])('the same written as %s is the same', (_, text) => {
    expect(parseConfig(text)).toEqual(modelConfig({ input: [{ name: 'a', data_type: 'TYPE_FP32', dims: [1, 2] }] }));
  });

  test('strings: escapes, pieces that follow each other, bytes that make UTF-8', () => {
    const text = String.raw`name: "a\n\"\'\\\x41\101\u00e9\U0001F30A" 'it''s "' # comment "
      "\303\251"`;
    expect(parseConfig(text).name).toBe('a\n"\'\\AAé🌊its "é');
  });

  test('every fault of meaning is listed, with line and column', () => {
    const text = `nmae: "x"
max_batch_size: "many"
input [
  { name: "a", data_type: TYPE_FLOAT, dims: [ 64, 0 ] },
  { name: "a", data_type: TYPE_FP32, dims: [ 1 ] optional: true }
]
sequence_batching { direct { } }
optimization { graph { level: 1 } }
max_batch_size: 3
instance_group { kind: KIND_GPU count: 0 }
dynamic_batching { preferred_batch_size: [ 4 ] }`;
    expect(faultsOf(text)).toEqual([
      "line 1:1: ModelConfig has no field 'nmae'",
      expect.stringMatching(/^line 4:27: 'data_type': wanted one of TYPE_INVALID.*, got 'TYPE_FLOAT'$/),
      "line 4:51: 'input.0.dims.1': wanted -1 (any size) or a size of at least 1",
      "line 5:50: 'optional' is known, but not supported here",
      "line 7:1: 'sequence_batching' is known, but not supported here",
      "line 8:1: 'optimization' is known, but not supported here",
      "line 9:1: 'max_batch_size' is given more than once",
      "line 10:24: 'instance_group.0.kind': KIND_GPU is known, but not supported here: wanted KIND_CPU or KIND_AUTO",
      "line 10:40: 'instance_group.0.count': wanted at least one instance",
      "line 11:1: 'dynamic_batching' excludes 'sequence_batching': only one of them can be set",
    ]);
  });

  test('values are checked against each other', () => {
    const text = `input { name: "a" data_type: TYPE_FP32 dims: 1 }
input { name: "a" data_type: TYPE_INVALID dims: 1 }
dynamic_batching { preferred_batch_size: [ 4 ] default_priority_level: 2 }
max_batch_size: 3`;
    expect(faultsOf(text)).toEqual([
      "line 2:15: 'input.1.name': the name 'a' is given twice",
      "line 2:30: 'input.1.data_type': wanted a data type, got TYPE_INVALID",
      "line 3:44: 'dynamic_batching.preferred_batch_size.0': wanted at most max_batch_size (3), got 4",
      "line 3:72: 'dynamic_batching.default_priority_level': wanted a level from 0 to priority_levels (0), got 2",
    ]);
  });

  test.each<[string, RegExp]>([
    ['name "x"', /line 1:1: 'name': wanted ":" before its value/],
    ['input { dims [ 1 ] }', /line 1:9: 'dims': wanted ":"/],
    ['name: x', /wanted a string in quotes, got 'x'/],
    ['name: ["x"]', /wanted one value, got a list/],
    ['name: { }', /wanted a string, got a message/],
    ['input: 3', /wanted a message in braces, got '3'/],
    ['max_batch_size: 1.5', /wanted an integer, got '1.5'/],
    ['max_batch_size: 09', /wanted an integer, got '09'/],
    ['max_batch_size: 2147483648', /from -2147483648 to 2147483647/],
    ['max_batch_size: -1', /max_batch_size/],
    [`max_batch_size: ${'9'.repeat(5000)}`, /wanted an integer/],
    ['dynamic_batching { max_queue_delay_microseconds: 9007199254740993 }', /below 2\^53/],
    ['dynamic_batching { preserve_ordering: maybe }', /wanted true or false/],
    ['dynamic_batching { preserve_ordering: "true" }', /wanted true or false/],
    ['parameters { key: "a" value { string_value: "1" } } parameters { key: "a" }', /'a' is given twice/],
    ['parameters { key: "a" vlaue { } }', /no field 'vlaue'/],
    ['parameters: "a"', /wanted \{ key/],
    ['parameters { key: "__proto__" }', /not '__proto__'/],
    ['__proto__: 1', /no field '__proto__'/],
    ['constructor { }', /no field 'constructor'/],
    ['[extension]: 1', /line 1:1: wanted the name of a field, got "\["/],
    ['name: "x', /line 1:7: a string without its closing quote/],
    ['name: "x\ny"', /closing quote/],
    [String.raw`name: "\q"`, /an escape in a string/],
    [String.raw`name: "\uD800"`, /an escape in a string/],
    [String.raw`name: "\377"`, /no UTF-8/],
    ['input {', /line 1:8: wanted "}", got the end of the file/],
    ['input { >', /wanted the name of a field, got ">"/],
    ['}', /wanted the name of a field, got "}"/],
    ['dims: [1 2]', /wanted "," or "]", got "2"/],
    ['dims: [1, ]', /wanted a value, got "]"/],
    ['dims: [[1]]', /wanted a value, got "\["/],
    ['name:', /wanted a value, got the end of the file/],
    ['max_batch_size: 12abc', /line 1:17: unexpected "1"/],
    ['\0', /unexpected "\\u0000"/],
    ['version_policy { latest { } all { } }', /'all' excludes 'latest'/],
  ])('%s is refused', (text, message) => {
    expect(faultsOf(text).join('\n')).toMatch(message);
  });

  test('depth is bounded', () => {
    expect(faultsOf('input {'.repeat(100_000)).join()).toMatch(/more than 100 messages inside each other/);
    expect(faultsOf('a [ <'.repeat(100_000)).join()).toMatch(/more than 100 messages/);
  });

  test('so are the text and the list of its faults', () => {
    expect(faultsOf(' '.repeat(2 ** 20 + 1)).join()).toMatch(/at most 1048576 characters/);
    const faults = faultsOf('x:1 input{dims:0}'.repeat(60_000));
    expect(faults).toHaveLength(101);
    expect(faults.at(-1)).toMatch(/^and \d+ more$/);
  });

  test('a megabyte of comments, of digits, of one string is read without trouble', () => {
    expect(parseConfig('#\n'.repeat(500_000))).toEqual(modelConfig({}));
    expect(parseConfig(`name: "${'x'.repeat(1_000_000)}"`).name).toHaveLength(1_000_000);
    expect(faultsOf(`max_batch_size: ${'1'.repeat(1_000_000)}x`).join()).toMatch(/unexpected "1"/);
  });
});

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

  test('what is printed is read back as the same, for 500 random configurations', () => {
    const random = seededRandom(1);
    for (let k = 0; k < 500; k++) {
      const config = randomConfig(random.fork(k));
      const text = printConfig(config);
      expect(parseConfig(text)).toEqual(config);
      expect(printConfig(parseConfig(text))).toBe(text);
    }
  });

  test('with bytes changed at random, a text is read or refused: nothing else happens', () => {
    const random = seededRandom(2);
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      '<',
      '>',
      '"',
      "'",
      ':',
      '-',
      '\\',
      '#',
      '\n',
      '0',
      'input',
      '\u{10ffff}',
      '\ud800',
    ];
    let refused = 0;
    for (let k = 0; k < 2000; k++) {
      let text = printConfig(randomConfig(random.fork(k % 50)));
      for (let edits = 1 + random.integer(4); edits > 0; edits--) {
        const at = random.integer(text.length + 1);
        const piece = pieces[random.integer(pieces.length)] ?? '';
        text = text.slice(0, at) + piece + text.slice(at + random.integer(3));
      }
      try {
        parseConfig(text);
      } catch (error) {
        expect(error).toMatchObject({ code: 'MODEL_CONFIG_INVALID' });
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(500);
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

describe('modelConfig', () => {
  test('refuses what parseConfig refuses', () => {
    const wrong = { name: 'x', max_batch_size: -1, input: [{ name: '', data_type: 'TYPE_FP32' as const, dims: [] }] };
    expect(() => modelConfig(wrong)).toThrowError(expect.objectContaining({ code: 'MODEL_CONFIG_INVALID' }));
    expect(() => modelConfig(wrong)).toThrow(/max_batch_size[\s\S]*input\.0\.name[\s\S]*input\.0\.dims/);
  });
});
