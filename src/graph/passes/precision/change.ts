// One graph in another precision: each node in the smaller type or as it was, its bodies likewise, constants and types of values with them.
import { subgraphsOf } from '../../attributes.js';
import { type Constant, constantOf, numbersOf } from '../../constant.js';
import type { Graph, Node, Value } from '../../model.js';
import { namesRead, withSubgraphs } from '../../names.js';
import { isNarrowable } from './kernels.js';
import { narrowedConstant } from './narrow-constant.js';
import { retyped } from './retype.js';
import { type Form, PrecisionScope, type Width, type Work } from './scope.js';

/** How a graph stands to what is around it. */
interface Place {
  readonly around: PrecisionScope | undefined;
  /** The width of its inputs and outputs. */
  readonly door: Width;
  /** Nothing in it changes. */
  readonly isFrozen: boolean;
}

interface Setting extends Place {
  readonly scope: PrecisionScope;
  readonly work: Work;
  /** Names that must be of the door's width: outputs of the model, which cannot be called otherwise. */
  readonly fixed: ReadonlySet<string>;
}

/** A value made under its own name, or under another one with a cast behind it where the door wants it otherwise. */
function declareMade(name: string, form: Form, { scope, fixed, door }: Setting): string {
  if (!fixed.has(name) || form === door || (form !== 'narrow' && form !== 'wide')) {
    scope.declare(name, form);
    return name;
  }
  return scope.aliased(name, form);
}

function putConstant(constant: Constant, isInput: boolean, setting: Setting): void {
  const { scope, work, door, isFrozen, fixed } = setting;
  const { name, dtype } = constant;
  const { narrowing } = work;
  if (dtype !== narrowing.from) {
    scope.constants.set(name, constant);
    scope.declare(name, 'other');
    return;
  }
  const isBound = isInput || fixed.has(name);
  const staysWide = isFrozen || (isBound ? door === 'wide' : work.exact.has(name));
  const narrowed = staysWide ? undefined : narrowedConstant(constant, narrowing);
  if (!staysWide && narrowed === undefined) work.vanishing.push(name);
  if (narrowed !== undefined) work.clamped += narrowed.clamped;
  const forced =
    !staysWide && isBound ? constantOf(name, narrowing.to, { ...constant, values: numbersOf(constant) }) : undefined;
  const changed = narrowed?.constant ?? forced;
  if (changed !== undefined) work.constants++;
  scope.constants.set(name, changed ?? constant);
  scope.declare(name, changed === undefined ? 'wide' : 'narrow');
}

const touches = (node: Node, { scope, work }: Setting): boolean =>
  [...namesRead(node), ...node.outputs].some(name => name !== '' && scope.dtypeOf(name) === work.narrowing.from);

/** Bodies in which some value has no known type, and some node must stay, cannot change: nobody could say where a cast belongs. */
function isUncertain(node: Node, { work }: Setting): boolean {
  const isUntyped = (graph: Graph): boolean =>
    graph.inputs.some(({ type }) => type === undefined) ||
    graph.nodes.some(
      inner => inner.outputs.some(name => name !== '' && !graph.values.has(name)) || subgraphsOf(inner).some(isUntyped),
    );
  const isMixed = (graph: Graph): boolean =>
    graph.nodes.some(inner => !isNarrowable(inner, work.narrowing) || subgraphsOf(inner).some(isMixed));
  const bodies = subgraphsOf(node);
  return bodies.some(isUntyped) && bodies.some(isMixed);
}

/** The node as it computes in the smaller type; undefined where it must not. */
function narrowNode(node: Node, setting: Setting): Node | undefined {
  const { scope, work, isFrozen } = setting;
  if (isFrozen || !isNarrowable(node, work.narrowing) || isUncertain(node, setting)) return undefined;
  const reads = namesRead(node);
  if (reads.some(name => scope.formOf(name) === 'unknown before')) return undefined;
  // What only moves numbers follows them: two casts to move float32 as float16 would cost more than they save.
  if (work.narrowing.to === 'float16' && !reads.every(name => scope.isAt(name, 'narrow'))) return undefined;
  if (node.operator === 'Constant' && node.outputs.some(name => work.exact.has(name))) return undefined;
  const result = retyped(node, work.narrowing);
  if (result === undefined) {
    work.vanishing.push(...node.outputs);
    return undefined;
  }
  work.clamped += result.clamped;
  return result.node;
}

function formMade(
  name: string,
  width: Width,
  { hasChanged, setting }: { hasChanged: boolean; setting: Setting },
): Form {
  const dtype = setting.scope.dtypeOf(name);
  if (dtype !== undefined) return dtype === setting.work.narrowing.from ? width : 'other';
  return width === 'narrow' && hasChanged ? 'unknown after' : 'unknown before';
}

function changeNode(node: Node, setting: Setting): void {
  const { scope, work, isFrozen } = setting;
  const narrow = narrowNode(node, setting);
  const width: Width = narrow === undefined ? 'wide' : 'narrow';
  if (touches(node, setting)) {
    if (narrow !== undefined) work.changed++;
    else work.kept.set(node.operator, (work.kept.get(node.operator) ?? 0) + 1);
  }
  const reads = namesRead(node).map(name => scope.formOf(name));
  const hasBodies = subgraphsOf(node).length > 0;
  const hasChanged =
    hasBodies ||
    (narrow !== undefined && narrow !== node && narrow.attributes !== node.attributes) ||
    reads.some(form => form === 'narrow' || form === 'wide' || form === 'unknown after');
  const inputs = node.inputs.map(name => (name === '' ? name : scope.named(name, width)));
  const place = {
    around: scope,
    door: width,
    isFrozen: isFrozen || (narrow === undefined && work.narrowing.to === 'float32'),
  };
  const changed = withSubgraphs({ ...(narrow ?? node), inputs }, body => changeGraph(body, place, work));
  const outputs = node.outputs.map(name =>
    name === '' ? name : declareMade(name, formMade(name, width, { hasChanged, setting }), setting),
  );
  scope.nodes.push({ ...changed, outputs });
  // What the model gives out is made under its own name at once.
  for (const name of node.outputs) if (setting.fixed.has(name)) scope.named(name, setting.door, name);
}

/** The value as it is after the change. */
function afterChange(value: Value, isNarrow: boolean, { narrowing }: Work): Value {
  const { name, type } = value;
  if (!isNarrow || type?.kind !== 'tensor' || type.dtype !== narrowing.from) return value;
  return { name, type: { ...type, dtype: narrowing.to } };
}

/** The graph, with all graphs inside it, after the change. */
export function changeGraph(graph: Graph, place: Place, work: Work): Graph {
  const { around, door } = place;
  const scope = new PrecisionScope(graph, around, work);
  const isNarrow = door === 'narrow';
  const fixed = new Set(around === undefined ? graph.outputs.map(({ name }) => name) : []);
  const setting = { ...place, scope, work, fixed };
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  for (const { name, type } of graph.inputs) {
    const isFrom = type?.kind === 'tensor' && type.dtype === work.narrowing.from;
    const unknown: Form = around !== undefined && isNarrow ? 'unknown after' : 'unknown before';
    scope.declare(name, type === undefined ? unknown : isFrom ? door : 'other');
  }
  for (const constant of graph.constants.values()) {
    const form = scope.formOf(constant.name);
    putConstant(constant, inputs.has(constant.name), setting);
    if (inputs.has(constant.name)) scope.declare(constant.name, form);
  }
  for (const node of graph.nodes) changeNode(node, setting);
  const outputs = graph.outputs.map(value => {
    const name = scope.named(value.name, door, fixed.has(value.name) ? value.name : undefined);
    return { ...afterChange(value, isNarrow, work), name };
  });
  const given = graph.inputs.map(value => afterChange(value, isNarrow, work));
  const values = new Map(
    [...graph.values].map(([name, value]) => [
      name,
      afterChange(value, fixed.has(name) ? isNarrow : scope.formOf(name) === 'narrow', work),
    ]),
  );
  return { ...graph, inputs: given, nodes: scope.nodes, constants: scope.constants, values, outputs };
}
