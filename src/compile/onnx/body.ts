// The body of a loop in the making: what does not change from step to step is made once, in the graph around it.
import type { ElementArray, ElementType } from './element-type.js';
import { type Attributes, Graph, readsOf } from './graph.js';

export class Body extends Graph {
  readonly #around: Graph;

  constructor(around: Graph) {
    super(`${around.name('b')}.`);
    this.#around = around;
  }

  /** True for tensors that this body makes or is given anew in each step. */
  isOwn(tensor: string): boolean {
    return tensor.startsWith(this.prefix);
  }

  override several(
    operator: string,
    inputs: readonly string[],
    options: { outputs: number; attributes?: Attributes },
  ): readonly string[] {
    const reads = readsOf({ operator, domain: '', inputs, outputs: [], attributes: options.attributes ?? {} });
    if (!reads.some(name => this.isOwn(name))) return this.#around.several(operator, inputs, options);
    return super.several(operator, inputs, options);
  }

  override constant(dtype: ElementType, shape: readonly number[], data: ElementArray): string {
    return this.#around.constant(dtype, shape, data);
  }
}
