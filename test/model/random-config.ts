// Random, valid model configurations for property tests: the same seed gives the same one.
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

export function randomConfig(random: Random): ModelConfig {
  const chance = (probability: number): boolean => random.uniform() < probability;
  const text = (): string =>
    Array.from({ length: 1 + random.integer(8) }, () => alphabet[random.integer(20)] ?? '').join('');
  const several = <T>(most: number, make: (k: number) => T): T[] =>
    Array.from({ length: random.integer(most + 1) }, (_, k) => make(k));
  const whole = (): number => (chance(0.2) ? Number.MAX_SAFE_INTEGER : random.integer(1000));
  const type = () => types[random.integer(types.length)] ?? 'TYPE_FP32';
  const dims = (): number[] =>
    Array.from({ length: 1 + random.integer(4) }, () => (chance(0.3) ? -1 : 1 + random.integer(99)));
  const tensors = () => several(3, k => ({ name: `${k}${text()}`, data_type: type(), dims: dims() }));
  const queue = () => ({
    timeout_action: chance(0.5) ? ('DELAY' as const) : ('REJECT' as const),
    default_timeout_microseconds: whole(),
    allow_timeout_override: chance(0.5),
    max_queue_size: random.integer(2 ** 32),
  });
  const batching = (most: number): ModelConfigInput['dynamic_batching'] => ({
    preferred_batch_size: several(3, () => 1 + random.integer(most)).filter(size => size <= most),
    max_queue_delay_microseconds: whole(),
    preserve_ordering: chance(0.5),
    priority_levels: 3,
    default_priority_level: 1 + random.integer(3),
    ...(chance(0.5) ? { default_queue_policy: queue() } : {}),
    priority_queue_policy: Object.fromEntries(several(3, k => [String(k + 1), queue()])),
  });
  const warmupInput = () => ({
    data_type: type(),
    dims: [1 + random.integer(9)],
    ...[{}, { zero_data: chance(0.5) }, { random_data: true }, { input_data_file: text() }][random.integer(4)],
  });
  const policies: ModelConfigInput['version_policy'][] = [
    { latest: { num_versions: 1 + random.integer(5) } },
    { all: {} },
    { specific: { versions: [1, 2 ** 50] } },
    {},
  ];
  const max_batch_size = random.integer(64);
  return modelConfig({
    name: chance(0.5) ? text() : '',
    platform: chance(0.5) ? text() : '',
    backend: chance(0.5) ? text() : '',
    ...(chance(0.5) ? { version_policy: policies[random.integer(4)] } : {}),
    max_batch_size,
    input: tensors(),
    output: tensors(),
    ...(chance(0.5) ? { dynamic_batching: batching(max_batch_size) } : {}),
    instance_group: several(2, () => ({ name: text(), kind: kinds[random.integer(3)], count: 1 + random.integer(9) })),
    parameters: Object.fromEntries(several(3, () => [text(), { string_value: chance(0.8) ? text() : '' }])),
    model_warmup: several(2, () => ({
      name: text(),
      batch_size: random.integer(9),
      inputs: Object.fromEntries(several(2, () => [text(), warmupInput()])),
      count: random.integer(9),
    })),
    ...(chance(0.5) ? { model_transaction_policy: { decoupled: chance(0.5) } } : {}),
    ...(chance(0.5) ? { response_cache: { enable: chance(0.5) } } : {}),
  });
}
