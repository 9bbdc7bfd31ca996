// Several ONNX models, joined by named tensors, become one model: each step's values get a prefix, and the joints connect them.
import { clone, create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import type { EnsemblePlan, Step } from './ensemble-plan.js';
import { renameValues } from './rename-values.js';

/** The fused model, or why there is none. */
export type Fused = { readonly bytes: Uint8Array } | { readonly why: string };

/** Protobuf holds no message of 2 GiB; half of it leaves room. */
const maxBytes = 2 ** 30;

/** Domains of operators with their versions; 'ai.onnx' is a second name of ''. */
function operatorSets(models: readonly ModelProto[]): Map<string, bigint> | string {
  const versions = new Map<string, bigint>();
  for (const { opsetImport } of models) {
    for (const { domain: stated, version } of opsetImport) {
      const domain = stated === 'ai.onnx' ? '' : stated;
      const known = versions.get(domain);
      if (known !== undefined && known !== version)
        return `its members use versions ${known} and ${version} of the operators '${domain === '' ? 'ai.onnx' : domain}'`;
      versions.set(domain, version);
    }
  }
  return versions;
}

/** Names that start with it are nobody else's. */
function freePrefix(taken: readonly string[]): string {
  let prefix = 'step';
  while (taken.some(name => name.startsWith(prefix))) prefix += '_';
  return prefix;
}

const node = (opType: string, input: string, output: string): NodeProto =>
  create(NodeProtoSchema, { opType, input: [input], output: [output] });

/** Sizes without names, for a size that two members call by one name need not be one size. */
function withPlainSizes(info: ValueInfoProto, name: string): ValueInfoProto {
  info.name = name;
  const type = info.type?.value;
  if (type?.case !== 'tensorType' || type.value.shape === undefined) return info;
  const dim = type.value.shape.dim.map(({ value }) =>
    create(TensorShapeProto_DimensionSchema, { value: value.case === 'dimValue' ? value : { case: undefined } }),
  );
  type.value.shape = create(TensorShapeProtoSchema, { dim });
  return info;
}

interface Joining {
  readonly plan: EnsemblePlan;
  readonly prefix: string;
  readonly whole: GraphProto;
  /** Kinds of tensors as members say them, by the ensemble's numbers. */
  readonly infos: Map<number, ValueInfoProto>;
}

const tensorName = ({ plan, prefix }: Joining, tensor: number): string => {
  const isOpen = plan.inputs.some(link => link.tensor === tensor) || plan.outputs.some(link => link.tensor === tensor);
  return isOpen ? (plan.tensors[tensor] ?? '') : `${prefix}tensor/${plan.tensors[tensor]}`;
};

/** Adds a step's graph, its inputs and outputs connected to the ensemble's tensors by nodes that the runtime removes. */
function addStep(graph: GraphProto, step: Step, joining: Joining): void {
  const { whole, infos, prefix } = joining;
  const own = (name: string): string => `${prefix}${step.place}/${name}`;
  const infoOf = (infosOfSide: readonly ValueInfoProto[], name: string) => infosOfSide.find(info => info.name === name);
  for (const { name, tensor } of step.inputs) {
    const info = infoOf(graph.input, name);
    if (info !== undefined && !infos.has(tensor)) infos.set(tensor, clone(ValueInfoProtoSchema, info));
  }
  for (const { name, tensor } of step.outputs) {
    const info = infoOf(graph.output, name);
    if (info !== undefined) infos.set(tensor, clone(ValueInfoProtoSchema, info));
  }
  // A graph may list its constants among its inputs: what a step is given replaces them.
  const given = new Set(step.inputs.map(({ name }) => own(name)));
  renameValues(graph, own);
  for (const { name, tensor } of step.inputs) whole.node.push(node('Identity', tensorName(joining, tensor), own(name)));
  whole.node.push(...graph.node);
  whole.initializer.push(...graph.initializer.filter(({ name }) => !given.has(name)));
  whole.sparseInitializer.push(...graph.sparseInitializer.filter(({ values }) => !given.has(values?.name ?? '')));
  for (const { name, tensor } of step.outputs)
    whole.node.push(node('Identity', own(name), tensorName(joining, tensor)));
}

/** @param models the steps' models, in the order of the plan's steps; they are taken apart. */
function join(models: readonly ModelProto[], plan: EnsemblePlan): GraphProto {
  const whole = create(GraphProtoSchema, { name: plan.model });
  const joining: Joining = { plan, prefix: freePrefix(plan.tensors), whole, infos: new Map() };
  for (const place of plan.order) {
    const [step, graph] = [plan.steps[place], models[place]?.graph];
    if (step !== undefined && graph !== undefined) addStep(graph, step, joining);
  }
  const ports = (links: EnsemblePlan['inputs']): ValueInfoProto[] =>
    links.flatMap(({ name, tensor }) => {
      const info = joining.infos.get(tensor);
      return info === undefined ? [] : [withPlainSizes(info, name)];
    });
  whole.input = ports(plan.inputs);
  whole.output = ports(plan.outputs);
  return whole;
}

/**
 * Fuses the models of an ensemble's steps. Cost: reads and writes all their weights once.
 * @param bytes of each step's model.onnx, in the order of the plan's steps
 */
export function fuseGraphs(bytes: readonly Uint8Array[], plan: EnsemblePlan): Fused {
  const total = bytes.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (total > maxBytes) return { why: `its members hold ${total} bytes, more than one file may (${maxBytes})` };
  const models = bytes.map(each => fromBinary(ModelProtoSchema, each));
  if (models.some(({ functions }) => functions.length > 0)) return { why: 'a member defines operators of its own' };
  const sets = operatorSets(models);
  if (typeof sets === 'string') return { why: sets };
  const irVersion = models.reduce((most, model) => (model.irVersion > most ? model.irVersion : most), 0n);
  const opsetImport = [...sets].map(([domain, version]) => create(OperatorSetIdProtoSchema, { domain, version }));
  const graph = join(models, plan);
  return { bytes: toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion, opsetImport, graph })) };
}
