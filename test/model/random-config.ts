// Random, valid model configurations of every field group, for property tests: the same seed gives the same one.
import type { Random } from 'galerkin/base';
import { type ModelConfig, type ModelConfigInput, modelConfig } from 'galerkin/model';

const alphabet = [
  'a',
  'Z',
  '_',
  '0',
  ' ',
  '"',
  "'",
  '\\',
  '\n',
  '\t',
  '\0',
  '\u007f',
  '#',
  '{',
  '}',
  'é',
  '中',
  '🌊',
  '-',
  ':',
];
const types = ['TYPE_FP32', 'TYPE_FP64', 'TYPE_INT64', 'TYPE_STRING', 'TYPE_BF16', 'TYPE_BOOL'] as const;
const kinds = ['KIND_AUTO', 'KIND_CPU', 'KIND_MODEL'] as const;

/** Draws parts of configurations. */
function draw(random: Random) {
  const chance = (probability: number): boolean => random.uniform() < probability;
  const pick = <T>(items: readonly [T, ...T[]]): T => items[random.integer(items.length)] ?? items[0];
  const maybe = <T>(make: () => T): T | undefined => (chance(0.5) ? make() : undefined);
  const several = <T>(most: number, make: (k: number) => T): T[] =>
    Array.from({ length: random.integer(most + 1) }, (_, k) => make(k));
  const text = (): string =>
    Array.from({ length: 1 + random.integer(8) }, () => alphabet[random.integer(alphabet.length)] ?? '').join('');
  return {
    chance,
    pick,
    maybe,
    several,
    text,
    integer: (below: number): number => random.integer(below),
    whole: (): number => (chance(0.2) ? Number.MAX_SAFE_INTEGER : random.integer(1000)),
    real: (): number => (chance(0.1) ? 1e-12 : random.uniform()),
    type: () => pick(types),
    file: (): string => pick(['labels.txt', 'warm/a.bin', 'x-1', 'ü/ö']),
    dims: (): number[] =>
      Array.from({ length: 1 + random.integer(4) }, () => (chance(0.3) ? -1 : 1 + random.integer(99))),
    texts: (): Record<string, string> => Object.fromEntries(several(3, () => [text(), text()])),
  };
}
type Draw = ReturnType<typeof draw>;

function tensors(d: Draw, prefix: string) {
  return d.several(3, k => {
    const dims = d.dims();
    const shape = d.chance(0.5) ? [1, ...dims] : [...dims, 1, 1];
    return {
      name: `${prefix}${k}${d.text()}`,
      data_type: d.type(),
      dims,
      ...(d.chance(0.3) ? { reshape: { shape } } : {}),
    };
  });
}

const input = (d: Draw) =>
  tensors(d, 'i').map(tensor => ({
    ...tensor,
    optional: d.chance(0.2),
    allow_ragged_batch: d.chance(0.2),
    ...(tensor.dims.length === 3 ? { format: d.pick(['FORMAT_NONE', 'FORMAT_NHWC', 'FORMAT_NCHW'] as const) } : {}),
  }));

const output = (d: Draw) => tensors(d, 'o').map(tensor => ({ ...tensor, label_filename: d.maybe(d.file) ?? '' }));

const queue = (d: Draw) => ({
  timeout_action: d.pick(['DELAY', 'REJECT'] as const),
  default_timeout_microseconds: d.whole(),
  allow_timeout_override: d.chance(0.5),
  max_queue_size: d.integer(2 ** 32),
});

const preferred = (d: Draw, most: number): number[] => (most < 1 ? [] : d.several(3, () => 1 + d.integer(most)));

const dynamicBatching = (d: Draw, most: number): ModelConfigInput['dynamic_batching'] => ({
  preferred_batch_size: preferred(d, most),
  max_queue_delay_microseconds: d.whole(),
  preserve_ordering: d.chance(0.5),
  priority_levels: 3,
  default_priority_level: 1 + d.integer(3),
  ...(d.chance(0.5) ? { default_queue_policy: queue(d) } : {}),
  priority_queue_policy: Object.fromEntries(d.several(3, k => [String(k + 1), queue(d)])),
});

const controls = (d: Draw) => [
  { name: `s${d.text()}`, control: [{ kind: 'CONTROL_SEQUENCE_START' as const, int32_false_true: [-1, 1] }] },
  { name: `r${d.text()}`, control: [{ kind: 'CONTROL_SEQUENCE_READY' as const, fp32_false_true: [0, d.real()] }] },
  { name: `e${d.text()}`, control: [{ kind: 'CONTROL_SEQUENCE_END' as const, bool_false_true: [false, true] }] },
  { name: `i${d.text()}`, control: [{ kind: 'CONTROL_SEQUENCE_CORRID' as const, data_type: 'TYPE_UINT64' as const }] },
];

const sequenceBatching = (d: Draw, most: number): ModelConfigInput['sequence_batching'] => ({
  ...d.pick<Pick<NonNullable<ModelConfigInput['sequence_batching']>, 'direct' | 'oldest'>>([
    {},
    { direct: { max_queue_delay_microseconds: d.whole(), minimum_slot_utilization: d.real() } },
    {
      oldest: {
        max_candidate_sequences: d.integer(99),
        preferred_batch_size: preferred(d, most),
        max_queue_delay_microseconds: d.whole(),
        preserve_ordering: d.chance(0.5),
      },
    },
  ]),
  max_sequence_idle_microseconds: d.whole(),
  control_input: controls(d).filter(() => d.chance(0.5)),
  state: d.several(2, k => ({
    input_name: `${k}${d.text()}`,
    output_name: `${k}${d.text()}`,
    data_type: d.type(),
    dims: d.dims(),
    use_same_buffer_for_input_output: d.chance(0.5),
    initial_state: d.several(1, () => ({
      name: d.text(),
      data_type: d.type(),
      dims: d.dims(),
      ...d.pick<{ zero_data?: boolean; data_file?: string }>([
        {},
        { zero_data: d.chance(0.5) },
        { data_file: d.file() },
      ]),
    })),
  })),
});

/** A chain of steps from the inputs to the outputs. */
function ensembleScheduling(
  d: Draw,
  ends: { input: readonly { name: string }[]; output: readonly { name: string }[] },
) {
  const names = (side: readonly { name: string }[]) => Object.fromEntries(side.map(({ name }, k) => [`t${k}`, name]));
  const step = (model_name: string, input_map: Record<string, string>, output_map: Record<string, string>) => ({
    model_name,
    model_version: d.chance(0.5) ? -1 : 1 + d.integer(9),
    input_map,
    output_map,
  });
  const inner = `between ${d.text()}`;
  return {
    step: [step(d.text(), { a: inner }, names(ends.output)), step(d.text(), names(ends.input), { b: inner })],
    max_inflight_requests: d.integer(99),
  };
}

function optimization(d: Draw): ModelConfigInput['optimization'] {
  const shapes = () => Object.fromEntries(d.several(2, () => [d.text(), { dim: d.dims() }]));
  return {
    ...(d.chance(0.5) ? { graph: { level: d.integer(3) - 1 } } : {}),
    priority: d.pick(['PRIORITY_DEFAULT', 'PRIORITY_MAX', 'PRIORITY_MIN'] as const),
    ...(d.chance(0.3)
      ? {
          cuda: {
            graphs: d.chance(0.5),
            graph_spec: d.several(2, () => ({
              batch_size: d.integer(9),
              input: shapes(),
              ...(d.chance(0.5) ? { graph_lower_bound: { batch_size: 1, input: shapes() } } : {}),
            })),
          },
        }
      : {}),
    ...(d.chance(0.3)
      ? {
          execution_accelerators: {
            gpu_execution_accelerator: d.several(2, () => ({ name: d.text(), parameters: d.texts() })),
          },
        }
      : {}),
    ...(d.chance(0.5) ? { input_pinned_memory: { enable: d.chance(0.5) } } : {}),
    gather_kernel_buffer_threshold: d.integer(2 ** 32),
    eager_batching: d.chance(0.5),
  };
}

const instances = (d: Draw) =>
  d.several(2, () => ({
    name: d.text(),
    kind: d.pick(kinds),
    count: 1 + d.integer(9),
    ...(d.chance(0.5)
      ? {
          rate_limiter: {
            resources: d.several(2, () => ({ name: d.text(), global: d.chance(0.5), count: d.integer(9) })),
            priority: d.integer(9),
          },
        }
      : {}),
  }));

type Filling = { zero_data?: boolean; random_data?: boolean; input_data_file?: string };

const warmups = (d: Draw) =>
  d.several(2, () => ({
    name: d.text(),
    batch_size: d.integer(9),
    count: d.integer(9),
    inputs: Object.fromEntries(
      d.several(2, () => [
        d.text(),
        {
          data_type: d.type(),
          dims: [1 + d.integer(9)],
          ...d.pick<Filling>([{}, { zero_data: d.chance(0.5) }, { random_data: true }, { input_data_file: d.file() }]),
        },
      ]),
    ),
  }));

const versionPolicies: readonly [ModelConfigInput['version_policy'], ...ModelConfigInput['version_policy'][]] = [
  { latest: { num_versions: 3 } },
  { all: {} },
  { specific: { versions: [1, 2 ** 50] } },
  {},
];

const around = (d: Draw): ModelConfigInput => ({
  ...(d.chance(0.5) ? { version_policy: d.pick(versionPolicies) } : {}),
  ...(d.chance(0.5) ? { optimization: optimization(d) } : {}),
  default_model_filename: d.chance(0.3) ? 'net.onnx' : '',
  metric_tags: d.texts(),
  parameters: Object.fromEntries(d.several(3, () => [d.text(), { string_value: d.chance(0.8) ? d.text() : '' }])),
  model_warmup: warmups(d),
  ...(d.chance(0.5) ? { model_transaction_policy: { decoupled: d.chance(0.5) } } : {}),
  ...(d.chance(0.5) ? { response_cache: { enable: d.chance(0.5) } } : {}),
  ...(d.chance(0.3)
    ? { model_repository_agents: { agents: [{ name: 'checksum', parameters: { 'MD5:1/a': 'a'.repeat(32) } }] } }
    : {}),
  ...(d.chance(0.3)
    ? {
        model_metrics: {
          metric_control: d.several(2, () => ({
            metric_identifier: { family: d.text() },
            ...(d.chance(0.5) ? { histogram_options: { buckets: [d.real(), 100, 1e300] } } : {}),
          })),
        },
      }
    : {}),
});

export function randomConfig(random: Random): ModelConfig {
  const d = draw(random);
  const max_batch_size = d.integer(64);
  const ends = { input: input(d), output: output(d) };
  const most = Math.max(1, max_batch_size);
  const scheduling = d.pick<() => ModelConfigInput>([
    () => ({ instance_group: instances(d), platform: d.maybe(d.text) ?? '' }),
    () => ({ instance_group: instances(d), dynamic_batching: dynamicBatching(d, max_batch_size) }),
    () => ({ instance_group: instances(d), sequence_batching: sequenceBatching(d, most) }),
    () => ({ platform: 'ensemble', ensemble_scheduling: ensembleScheduling(d, ends) }),
  ])();
  return modelConfig({
    name: d.maybe(d.text) ?? '',
    backend: d.maybe(d.text) ?? '',
    max_batch_size,
    ...ends,
    ...around(d),
    ...scheduling,
  });
}
