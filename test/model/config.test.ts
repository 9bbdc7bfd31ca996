import { isGalerkinError } from 'galerkin/base';
import { modelConfig, parseConfig } from 'galerkin/model';
import { describe, expect, test } from 'vitest';

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
      input: [
        {
          name: 'a',
          data_type: 'TYPE_FP32',
          dims: [64, 64],
          format: 'FORMAT_NONE',
          allow_ragged_batch: false,
          optional: false,
        },
      ],
      output: [{ name: 'u', data_type: 'TYPE_FP32', dims: [64, 64], label_filename: '' }],
      default_model_filename: '',
      metric_tags: {},
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
      'input { name: "a" data_type: TYPE_FP32 dims: [1, 2] is_shape_tensor: false format: FORMAT_NONE } cc_model_filenames: [] runtime: ""',
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
  { name: "a", data_type: TYPE_FP32, dims: [ 1 ] is_shape_tensor: true }
]
sequence_batching { direct { } iterative_sequence: true }
optimization { execution_accelerators { cpu_execution_accelerator { name: "openvino" } } }
max_batch_size: 3
instance_group { kind: KIND_GPU count: 0 gpus: [ 0 ] }
dynamic_batching { preferred_batch_size: [ 4 ] }
cc_model_filenames { key: "7.5" value: "x" }
runtime: "libtriton.so"`;
    expect(faultsOf(text)).toEqual([
      "line 1:1: ModelConfig has no field 'nmae'",
      expect.stringMatching(/^line 4:27: 'data_type': wanted one of TYPE_INVALID.*, got 'TYPE_FLOAT'$/),
      "line 4:51: 'input.0.dims.1': wanted -1 (any size) or a size of at least 1",
      "line 5:11: 'input.1.name': the name 'a' is given twice",
      "line 5:50: 'is_shape_tensor' is known, but not supported here: it belongs to TensorRT",
      expect.stringMatching(/^line 7:32: 'iterative_sequence' is known, but not supported here/),
      expect.stringMatching(/^line 8:41: 'cpu_execution_accelerator' is known, but not supported here/),
      "line 9:1: 'max_batch_size' is given more than once",
      "line 10:24: 'instance_group.0.kind': KIND_GPU is known, but not supported here: wanted KIND_CPU or KIND_AUTO",
      "line 10:40: 'instance_group.0.count': wanted at least one instance",
      "line 10:42: 'gpus' is known, but not supported here: instances run on the CPU",
      "line 11:1: 'dynamic_batching' excludes 'sequence_batching': only one of them can be set",
      expect.stringMatching(/^line 12:1: 'cc_model_filenames' is known/),
      expect.stringMatching(/^line 13:1: 'runtime' is known/),
    ]);
  });

  test('values are checked against each other', () => {
    const text = `input { name: "a" data_type: TYPE_FP32 dims: 1 }
input { name: "a" data_type: TYPE_FP32 dims: [ 4, 4 ] reshape { shape: [ 8 ] } format: FORMAT_NCHW }
dynamic_batching { preferred_batch_size: [ 4 ] default_priority_level: 2 }
max_batch_size: 3`;
    expect(faultsOf(text)).toEqual([
      "line 2:15: 'input.1.name': the name 'a' is given twice",
      "line 2:63: 'input.1.reshape': wanted as many elements as dims has",
      "line 2:88: 'input.1.format': wanted three sizes for an image",
      "line 3:44: 'dynamic_batching.preferred_batch_size.0': wanted at most max_batch_size (3), got 4",
      "line 3:72: 'dynamic_batching.default_priority_level': wanted a level from 0 to priority_levels (0), got 2",
    ]);
  });

  test.each<[string, RegExp]>([
    ['control_input { name: "x" }', /at least one control/],
    ['control_input { name: "x" control { kind: CONTROL_SEQUENCE_START } }', /two values, for false and true/],
    ['control_input { name: "x" control { int32_false_true: [ 0, 1 ] fp32_false_true: [ 0, 1 ] } }', /two values/],
    [
      'control_input { name: "x" control { kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_FP32 } }',
      /wanted data_type one of/,
    ],
    ['direct { } oldest { }', /'oldest' excludes 'direct'/],
    ['direct { minimum_slot_utilization: 1.5 }', /minimum_slot_utilization/],
    ['oldest { preferred_batch_size: 9 }', /at most max_batch_size \(1\), got 9/],
    ['state { input_name: "a" output_name: "b" dims: 1 }', /wanted a data type, got|data_type/],
    [
      'state { input_name: "a" output_name: "b" data_type: TYPE_FP32 dims: 1 initial_state { data_type: TYPE_FP32 data_file: "../x" } }',
      /no '\.\.'/,
    ],
  ])('sequence_batching { %s } is refused', (inside, message) => {
    expect(faultsOf(`sequence_batching { ${inside} }`).join('\n')).toMatch(message);
  });

  test.each<[string, RegExp]>([
    ['', /at least one step/],
    ['step { model_name: "m" input_map { key: "x" value: "a" } }', /no step gives the output 'y'/],
    ['step { model_name: "m" output_map { key: "o" value: "y" } }', /no step reads the input 'a'/],
    [
      'step { model_name: "m" input_map { key: "x" value: "z" } output_map { key: "o" value: "y" } }',
      /gives the tensor 'z'/,
    ],
    [
      'step { model_name: "m" input_map { key: "x" value: "a" } input_map { key: "q" value: "l" } output_map { key: "o" value: "l" } output_map { key: "p" value: "y" } }',
      /waits, in a circle/,
    ],
    [
      'step { model_name: "m" input_map { key: "x" value: "a" } output_map { key: "o" value: "y" } output_map { key: "p" value: "y" } }',
      /'y' has a source already/,
    ],
    ['step { model_name: "m" model_version: 0 }', /-1 \(the newest\)/],
    ['step { model_name: "m" model_namespace: "n" }', /'model_namespace' is known, but not supported/],
  ])('ensemble_scheduling { %s } is refused', (inside, message) => {
    const ends = 'input { name: "a" data_type: TYPE_FP32 dims: 1 } output { name: "y" data_type: TYPE_FP32 dims: 1 }';
    expect(faultsOf(`platform: "ensemble" ${ends} ensemble_scheduling { ${inside} }`).join('\n')).toMatch(message);
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

  test.each(['input [ {}', 'dynamic_batching { preferred_batch_size: [ 9', 'model_warmup [ { name: "a" }'])(
    'so is the number of items in a list: %s, …',
    start => {
      const [, open = '', item = ''] = /^(.*\[ )(.*)$/.exec(start) ?? [];
      const close = open.includes('{') ? ' ] }' : ' ]';
      const text = `${open}${new Array(20_001).fill(item).join(',')}${close}`;
      expect(faultsOf(text).join()).toMatch(/wanted at most 20000 items, got 20001/);
    },
  );

  test('a megabyte of comments, of digits, of one string is read without trouble', () => {
    expect(parseConfig('#\n'.repeat(500_000))).toEqual(modelConfig({}));
    expect(parseConfig(`name: "${'x'.repeat(1_000_000)}"`).name).toHaveLength(1_000_000);
    expect(faultsOf(`max_batch_size: ${'1'.repeat(1_000_000)}x`).join()).toMatch(/unexpected "1"/);
  });
});

describe('modelConfig', () => {
  test('refuses what parseConfig refuses', () => {
    const wrong = { name: 'x', max_batch_size: -1, input: [{ name: '', data_type: 'TYPE_FP32' as const, dims: [] }] };
    expect(() => modelConfig(wrong)).toThrowError(expect.objectContaining({ code: 'MODEL_CONFIG_INVALID' }));
    expect(() => modelConfig(wrong)).toThrow(/max_batch_size[\s\S]*input\.0\.name/);
  });
});
