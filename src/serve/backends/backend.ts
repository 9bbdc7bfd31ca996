// What computes: a backend opens instances of a model; an instance computes one job at a time and may die.
import type { Tensor } from '../../base/index.js';
import type { ModelPackage } from '../../model/index.js';

/** Tensors by name. Names come from a model's signature, never from a request. */
export type Tensors = Readonly<Record<string, Tensor>>;

export interface Job {
  readonly inputs: Tensors;
  /** With outputs given, only the guard runs, on these; without, the model runs and then its guard. */
  readonly outputs?: Tensors;
  /** Of the guard's outputs: none (it does not run), those with one figure per item, or the maps too. */
  readonly guard: 'none' | 'figures' | 'all';
}

export interface Computed {
  readonly outputs: Tensors;
  /** The guard's outputs, when the package has a guard. */
  readonly guard?: Tensors;
  /** Time that the model and its guard took inside the instance, without the way there and back. */
  readonly inferMs: number;
}

export interface Instance {
  /** Jobs that it may hold: with 2, the next one lies ready while the first computes, and no time is lost between them. */
  readonly depth: number;
  /**
   * Computes one job after another; the engine hands over at most `depth` that have not settled.
   * @throws INFERENCE_FAILED if the job could not be computed, INSTANCE_DIED if the instance ended meanwhile.
   */
  run(job: Job): Promise<Computed>;
  /** Settles once the instance is gone, whatever the reason. */
  readonly gone: Promise<void>;
  /** Ends it at once, without waiting for what runs. */
  kill(): void;
  /** Ends it in good order. */
  close(): Promise<void>;
}

export interface InstanceOptions {
  /** Threads of the runtime inside the instance. */
  readonly threads: number;
}

/** Another kind of computation is another backend: a name as in config.pbtxt's `backend`, and how to open an instance. */
export interface Backend {
  readonly name: string;
  open(model: ModelPackage, options: InstanceOptions): Promise<Instance>;
}
