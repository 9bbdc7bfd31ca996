// Streams: axes of a model that may be permuted together without changing what it computes, found by dataflow analysis.
import { type Model, type Node, namesRead, subgraphsOf } from '../../graph/index.js';
import type { Feeds } from '../feeds.js';
import { type Atom, Axes } from './axes.js';
import { type Layout, type Product, type Rule, RuleContext } from './axis-rule.js';
import { shapesOf } from './axis-shapes.js';
import { elementwiseRules } from './rules-elementwise.js';
import { layoutRules } from './rules-layout.js';
import { productRules } from './rules-products.js';

/** Where a stream runs through a constant: index = (outer · size + channel) · inner + rest, along one axis. */
export interface Touch {
  readonly constant: string;
  readonly axis: number;
  readonly outer: number;
  readonly inner: number;
}

/** A value that carries the stream: the activation of a product, or whatever comes first. */
export interface Carrier {
  readonly value: string;
  readonly axis: number;
  readonly outer: number;
  readonly inner: number;
}

/** A constant matrix (a stack of them) that a stream's channels enter or leave. */
export interface StreamProduct extends Product {
  /** 'inner': the sum runs along the stream; 'outer': the product makes the stream. */
  readonly role: 'inner' | 'outer';
}

export interface Stream {
  /** After the first constant and axis that it touches: 'layer0.weight/1', '/1:2x8' for the part of an axis inside 2 and around 8. */
  readonly name: string;
  /** Number of channels. */
  readonly size: number;
  readonly touches: readonly Touch[];
  readonly products: readonly StreamProduct[];
  readonly carriers: readonly Carrier[];
}

const rules: ReadonlyMap<string, Rule> = new Map([...elementwiseRules, ...layoutRules, ...productRules]);
/** Before it, arithmetic had other rules of broadcasting. */
const leastOpset = 7;
/** Elements that can be moved as whole bytes. */
const unmovable = /^(u?int4|string)$/;

export function ruleOf({ operator, domain }: Node): Rule | undefined {
  return rules.get(domain === '' || domain === 'ai.onnx' ? operator : `${domain}.${operator}`);
}

/** All operators that a stream may run through. */
export const understoodOperators: readonly string[] = [...rules.keys()].toSorted();

interface Probe {
  readonly axes: Axes;
  readonly constants: ReadonlyMap<string, Layout>;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

/** Puts the ties of the whole graph for feeds of one size; returns the axes of all values. */
function constrain(model: Model, { axes, constants, shapes }: Probe, products: Product[]): ReadonlyMap<string, Layout> {
  const { graph } = model;
  const layouts = new Map(constants);
  for (const [name, shape] of shapes) {
    const layout = shape.map(size => axes.axis(size));
    layouts.set(name, layout);
  }
  const steady = new Map([...graph.constants].filter(([name]) => !graph.inputs.some(input => input.name === name)));
  const ground = { axes, opset: model.opsets.get('') ?? 0, layouts, constants: steady, products };
  const freeze = (name: string): void => axes.freeze(...(layouts.get(name) ?? []));
  for (const { name } of [...graph.inputs, ...graph.outputs]) freeze(name);
  for (const node of graph.nodes) {
    const context = new RuleContext(node, ground);
    const rule = subgraphsOf(node).length === 0 ? ruleOf(node) : undefined;
    const names = [...node.inputs, ...node.outputs].filter(name => name !== '');
    if (rule === undefined || names.some(name => !layouts.has(name))) {
      for (const name of [...namesRead(node), ...node.outputs]) freeze(name);
    } else {
      rule(context);
      context.freezeRest();
    }
  }
  return layouts;
}

interface Place {
  readonly atom: Atom;
  readonly axis: number;
  readonly outer: number;
  readonly inner: number;
}

/** Where the classes lie in a value. */
function placesOf(axes: Axes, layout: Layout): Place[] {
  return layout.flatMap((atoms, axis) => {
    const classes = axes.classes(atoms);
    return classes.map((atom, k) => {
      return { atom, axis, outer: axes.size(classes.slice(0, k)), inner: axes.size(classes.slice(k + 1)) };
    });
  });
}

/** A batch of another size must not make an accident of sizes into a law: the model is looked at with two. */
const probes = [2, 3] as const;

async function probeShapes(model: Model, feeds: Feeds): Promise<ReadonlyMap<string, readonly number[]>[]> {
  try {
    return await Promise.all(probes.map(times => shapesOf(model, feeds, times)));
  } catch {
    return [await shapesOf(model, feeds)];
  }
}

/**
 * All groups of axes of `model` that one permutation may reorder together, so that its answers stay the same up to the
 * rounding of sums in another order. Every operator outside `understoodOperators`, every input and output of the model,
 * and everything that a loop's or a branch's body reads stand still, so nothing is found rather than something wrong.
 * Streams that touch no constant are left out. Constants that are computed from others first (a Reshape of a weight) are
 * followed, but only products with a constant itself are listed: fold constants before.
 * @param feeds one sample; only its shapes matter. Open first axes are probed with two and three of it.
 * @throws SESSION_MODEL_INVALID, SESSION_INPUT_INVALID, SESSION_RUN_FAILED.
 */
export async function findStreams(model: Model, feeds: Feeds): Promise<Stream[]> {
  const { graph } = model;
  const axes = new Axes();
  const constants = new Map<string, Layout>();
  for (const [name, { shape, dtype }] of graph.constants) {
    const layout = shape.map(size => axes.axis(size));
    if (unmovable.test(dtype)) axes.freeze(...layout);
    constants.set(name, layout);
  }
  const products: Product[] = [];
  if ((model.opsets.get('') ?? 0) < leastOpset) return [];
  const seen = (await probeShapes(model, feeds)).map((shapes, k) =>
    constrain(model, { axes, constants, shapes }, k === 0 ? products : []),
  );
  return collect({ axes, constants, values: seen[0] ?? constants, products }, model);
}

interface Found {
  readonly axes: Axes;
  readonly constants: ReadonlyMap<string, Layout>;
  readonly values: ReadonlyMap<string, Layout>;
  readonly products: readonly Product[];
}

const nameOf = ({ constant, axis, outer, inner }: Touch): string =>
  `${constant}/${axis}${outer === 1 && inner === 1 ? '' : `:${outer}x${inner}`}`;

function collect({ axes, constants, values, products }: Found, { graph }: Model): Stream[] {
  const touches = new Map<Atom, Touch[]>();
  for (const [constant, layout] of constants) {
    for (const { atom, ...place } of placesOf(axes, layout)) {
      if (axes.isFrozen(atom)) continue;
      const list = touches.get(atom) ?? [];
      list.push({ constant, ...place });
      touches.set(atom, list);
    }
  }
  const carriers = new Map<Atom, Carrier[]>();
  for (const node of graph.nodes) {
    for (const value of node.outputs) {
      for (const { atom, ...place } of placesOf(axes, values.get(value) ?? [])) {
        const list = touches.has(atom) ? (carriers.get(atom) ?? []) : [];
        list.push({ value, ...place });
        carriers.set(atom, list);
      }
    }
  }
  return [...touches].map(([atom, list]): Stream => {
    const runs = (name: string, axis: number): boolean => axes.classes(values.get(name)?.[axis] ?? []).includes(atom);
    const own = products.flatMap((product): StreamProduct[] => [
      ...(runs(product.weight, product.innerAxis) ? [{ ...product, role: 'inner' as const }] : []),
      ...(runs(product.weight, product.outerAxis) ? [{ ...product, role: 'outer' as const }] : []),
    ]);
    return {
      name: nameOf(list[0]),
      size: axes.size([atom]),
      touches: list,
      products: own,
      carriers: carriers.get(atom) ?? [],
    };
  });
}
