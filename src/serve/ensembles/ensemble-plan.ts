// The data flow of an ensemble: its steps, numbered tensors between them, and who reads what.
import type { ModelPackage } from '../../model/index.js';

/** A tensor of a member under the number that it has in the ensemble. */
export interface Link {
  readonly name: string;
  readonly tensor: number;
}

export interface Step {
  readonly place: number;
  readonly member: string;
  /** Undefined: the newest that runs. */
  readonly version: string | undefined;
  readonly inputs: readonly Link[];
  readonly outputs: readonly Link[];
  /** Different tensors that it reads. */
  readonly waits: number;
}

export interface EnsemblePlan {
  readonly model: string;
  readonly maxBatchSize: number;
  /** Names by number. */
  readonly tensors: readonly string[];
  /** Steps that read a tensor, by its number. */
  readonly readers: readonly (readonly number[])[];
  readonly inputs: readonly Link[];
  readonly outputs: readonly Link[];
  readonly steps: readonly Step[];
  /** Places of steps, each after all that it waits for. */
  readonly order: readonly number[];
  /** Requests inside at once; Infinity: any number. */
  readonly maxInFlight: number;
}

/** Steps in an order in which each follows what it reads from. The configuration has been checked for circles. */
function orderOf(steps: readonly Step[], readers: readonly (readonly number[])[], given: readonly Link[]): number[] {
  const left = steps.map(({ waits }) => waits);
  const order: number[] = [];
  const give = (tensor: number): void => {
    for (const reader of readers[tensor] ?? []) {
      left[reader] = (left[reader] ?? 0) - 1;
      if (left[reader] === 0) order.push(reader);
    }
  };
  steps.forEach(({ place, waits }) => {
    if (waits === 0) order.push(place);
  });
  for (const { tensor } of given) give(tensor);
  for (const place of order) for (const { tensor } of steps[place]?.outputs ?? []) give(tensor);
  return order;
}

/** The flow that `ensemble_scheduling` describes. */
export function ensemblePlan({ name: model, config }: ModelPackage): EnsemblePlan {
  const numbers = new Map<string, number>();
  const numberOf = (tensor: string): number => {
    const known = numbers.get(tensor) ?? numbers.size;
    numbers.set(tensor, known);
    return known;
  };
  const links = (map: Readonly<Record<string, string>>): Link[] =>
    Object.entries(map).map(([name, tensor]) => ({ name, tensor: numberOf(tensor) }));
  const inputs = config.input.map(({ name }) => ({ name, tensor: numberOf(name) }));
  const { step: stated = [], max_inflight_requests: most = 0 } = config.ensemble_scheduling ?? {};
  const steps = stated.map((step, place): Step => {
    const read = links(step.input_map);
    return {
      place,
      member: step.model_name,
      version: step.model_version === -1 ? undefined : String(step.model_version),
      inputs: read,
      outputs: links(step.output_map),
      waits: new Set(read.map(({ tensor }) => tensor)).size,
    };
  });
  const outputs = config.output.map(({ name }) => ({ name, tensor: numberOf(name) }));
  const readers = Array.from(numbers.keys(), (): number[] => []);
  for (const { place, inputs: read } of steps) {
    for (const tensor of new Set(read.map(link => link.tensor))) readers[tensor]?.push(place);
  }
  return {
    model,
    maxBatchSize: config.max_batch_size,
    tensors: [...numbers.keys()],
    readers,
    inputs,
    outputs,
    steps,
    order: orderOf(steps, readers, inputs),
    maxInFlight: most > 0 ? most : Number.POSITIVE_INFINITY,
  };
}
