// What a rule of an operator sees: the axes of the node's values, and the ties that it can put on them.
import { type Constant, integersOf, intOf, intsOf, type Node } from '../../graph/index.js';
import type { Axes, Axis } from './axes.js';

/** The axes of one value. */
export type Layout = readonly Axis[];

/** A product of an activation with a constant: the sum runs along the constant's inner axis, the answers along its outer one. */
export interface Product {
  readonly node: string;
  readonly activation: string;
  readonly activationAxis: number;
  readonly weight: string;
  readonly innerAxis: number;
  readonly outerAxis: number;
}

export interface Ground {
  readonly axes: Axes;
  readonly opset: number;
  readonly layouts: ReadonlyMap<string, Layout>;
  readonly constants: ReadonlyMap<string, Constant>;
  readonly products: Product[];
}

/** One node under its rule. What the rule did not look at is frozen afterwards. */
export class RuleContext {
  readonly #seen = new Set<string>();

  constructor(
    readonly node: Node,
    readonly ground: Ground,
  ) {}

  get axes(): Axes {
    return this.ground.axes;
  }

  /** Axes of an input; undefined where there is none or its shape is unknown. */
  input(k: number): Layout | undefined {
    return this.#look(`in ${k}`, this.node.inputs[k]);
  }

  output(k = 0): Layout | undefined {
    return this.#look(`out ${k}`, this.node.outputs[k]);
  }

  #look(key: string, name: string | undefined): Layout | undefined {
    const layout = name === undefined || name === '' ? undefined : this.ground.layouts.get(name);
    if (layout !== undefined) this.#seen.add(key);
    return layout;
  }

  /** Lets any permutation of an input be: its order does not matter. */
  ignore(k: number): void {
    this.input(k);
  }

  inputs(): (Layout | undefined)[] {
    return this.node.inputs.map((_, k) => this.input(k));
  }

  /** Whether these inputs are absent or known before the model runs. */
  knows(...inputs: readonly number[]): boolean {
    return inputs.every(k => {
      const name = this.node.inputs[k] ?? '';
      return name === '' || this.ground.constants.has(name);
    });
  }

  /** Whole numbers that steer the operator: an input in newer versions, an attribute in older ones. Ask knows() first. */
  steering(k: number, attribute: string): number[] | undefined {
    const constant = this.ground.constants.get(this.node.inputs[k] ?? '');
    return constant === undefined ? intsOf(this.node, attribute) : integersOf(constant);
  }

  /** An axis number that may count from the end. */
  axisNumber(rank: number, otherwise: number): number {
    const axis = intOf(this.node, 'axis', otherwise);
    return axis < 0 ? axis + rank : axis;
  }

  /** Ties two values axis by axis. */
  same(one: Layout | undefined, other: Layout | undefined): void {
    if (one === undefined || other === undefined || one.length !== other.length) {
      this.axes.freeze(...(one ?? []), ...(other ?? []));
      return;
    }
    one.forEach((axis, k) => {
      this.axes.unify(axis, other[k]);
    });
  }

  /** Ties a value to one that it is broadcast to: axes are compared from the end, those of size 1 are free. */
  broadcast(from: Layout | undefined, to: Layout | undefined): void {
    if (from === undefined) return;
    if (to === undefined || from.length > to.length) {
      this.axes.freeze(...from, ...(to ?? []));
      return;
    }
    const skipped = to.length - from.length;
    from.forEach((axis, k) => {
      if (this.axes.size(axis) !== 1) this.axes.unify(axis, to[k + skipped]);
    });
  }

  /** Nothing is known of this node: all of its values stand still. */
  barrier(): void {
    for (const name of [...this.node.inputs, ...this.node.outputs]) {
      this.axes.freeze(...(this.ground.layouts.get(name) ?? []));
    }
  }

  /** Freezes what no rule has looked at. */
  freezeRest(): void {
    const freeze = (key: string, name: string): void => {
      if (!this.#seen.has(key)) this.axes.freeze(...(this.ground.layouts.get(name) ?? []));
    };
    this.node.inputs.forEach((name, k) => {
      freeze(`in ${k}`, name);
    });
    this.node.outputs.forEach((name, k) => {
      freeze(`out ${k}`, name);
    });
  }
}

/** Puts the ties of one operator; a value that it does not look at is frozen. */
export type Rule = (context: RuleContext) => void;
