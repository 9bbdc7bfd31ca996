// What an ONNX file promises: its inputs and outputs, and the files that its weights lie in. The weights themselves are never read.
import { fromBinary } from '@bufbuild/protobuf';
import { type TypeProto, ValueInfoProtoSchema } from 'onnx-buf';
import type { DType } from '../../base/index.js';
import type { ByteSource } from './byte-source.js';
import { Wire, WireFault, type WireField } from './wire.js';

export interface GraphTensor {
  readonly name: string;
  /** KServe's name, or undefined for what no client can send: see `kind`. */
  readonly dtype: DType | undefined;
  /** In words, for errors: a datatype, or 'a sequence', 'element type 17'. */
  readonly kind: string;
  /** -1 for a size that is symbolic or unknown; undefined when the graph does not say the shape. */
  readonly shape: readonly number[] | undefined;
  /** The graph holds a value that is taken when the input is not given. */
  readonly hasDefault: boolean;
}

export interface OnnxGraph {
  readonly inputs: readonly GraphTensor[];
  readonly outputs: readonly GraphTensor[];
  /** Paths of external data as the file writes them: not yet checked. */
  readonly externalData: readonly string[];
}

/** TensorProto's element types by number; those without a name of KServe's are not served. */
const elementTypes: readonly (DType | undefined)[] = [
  undefined,
  'FP32',
  'UINT8',
  'INT8',
  'UINT16',
  'INT16',
  'INT32',
  'INT64',
  'BYTES',
  'BOOL',
  'FP16',
  'FP64',
  'UINT32',
  'UINT64',
  undefined,
  undefined,
  'BF16',
];
const maxDepth = 64;
const maxInfoBytes = 2 ** 20;
const maxTensors = 100_000;

interface Found {
  readonly inputs: WireField[];
  readonly outputs: WireField[];
  readonly initialized: Set<string>;
  readonly external: Set<string>;
}

/** Numbers of the fields that matter, by message, as ONNX's schema gives them. */
const field = {
  model: { graph: 7, functions: 25, trainingInfo: 20 },
  graph: { node: 1, initializer: 5, input: 11, output: 12, sparseInitializer: 15 },
  node: { attribute: 5 },
  function: { node: 7, attribute: 11 },
  attribute: { tensor: 5, graph: 6, tensors: 10, graphs: 11, sparse: 22, sparses: 23 },
  tensor: { name: 8, external: 13 },
  entry: { key: 1, value: 2 },
  training: { initialization: 1, algorithm: 2 },
} as const;

/** Looks through a model, the graphs inside its nodes included. */
class Scan {
  readonly found: Found = { inputs: [], outputs: [], initialized: new Set(), external: new Set() };
  readonly #wire: Wire;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  model(): void {
    let graphs = 0;
    this.#wire.fields(0, this.#wire.size, each => {
      if (!each.isBytes) return;
      const { number } = each;
      if (number === field.model.graph) {
        graphs += 1;
        this.#graph(each, 0);
      } else if (number === field.model.functions) this.#function(each);
      else if (number === field.model.trainingInfo) this.#training(each);
    });
    if (graphs === 0) throw new WireFault('no graph');
  }

  #graph({ start, end }: WireField, depth: number): void {
    if (depth > maxDepth) throw new WireFault(`graphs more than ${maxDepth} deep`);
    const { inputs, outputs, initialized } = this.found;
    this.#wire.fields(start, end, each => {
      const { number, isBytes } = each;
      if (!isBytes) return;
      if (number === field.graph.node) this.#node(each, depth);
      else if (number === field.graph.initializer) {
        const name = this.#tensor(each);
        if (depth === 0) initialized.add(name);
      } else if (number === field.graph.sparseInitializer) {
        const name = this.#sparse(each);
        if (depth === 0) initialized.add(name);
      } else if (depth === 0 && number === field.graph.input) inputs.push(each);
      else if (depth === 0 && number === field.graph.output) outputs.push(each);
    });
    if (inputs.length + outputs.length > maxTensors) throw new WireFault(`more than ${maxTensors} inputs and outputs`);
  }

  #function({ start, end }: WireField): void {
    this.#wire.fields(start, end, each => {
      if (each.isBytes && each.number === field.function.node) this.#node(each, 1);
      else if (each.isBytes && each.number === field.function.attribute) this.#attribute(each, 1);
    });
  }

  #training({ start, end }: WireField): void {
    this.#wire.fields(start, end, each => {
      const isGraph = each.number === field.training.initialization || each.number === field.training.algorithm;
      if (each.isBytes && isGraph) this.#graph(each, 1);
    });
  }

  #node({ start, end }: WireField, depth: number): void {
    this.#wire.fields(start, end, each => {
      if (each.isBytes && each.number === field.node.attribute) this.#attribute(each, depth);
    });
  }

  #attribute({ start, end }: WireField, depth: number): void {
    const { tensor, tensors, graph, graphs, sparse, sparses } = field.attribute;
    this.#wire.fields(start, end, each => {
      const { number, isBytes } = each;
      if (!isBytes) return;
      if (number === tensor || number === tensors) this.#tensor(each);
      else if (number === graph || number === graphs) this.#graph(each, depth + 1);
      else if (number === sparse || number === sparses) this.#sparse(each);
    });
  }

  /** A sparse tensor holds two tensors, its values and where they are; the values carry its name. */
  #sparse({ start, end }: WireField): string {
    let name = '';
    this.#wire.fields(start, end, each => {
      if (!each.isBytes || each.number > 2) return;
      const inner = this.#tensor(each);
      if (each.number === 1) name = inner;
    });
    return name;
  }

  /** The name of a tensor; where its data lie outside of the file, that is kept. */
  #tensor({ start, end }: WireField): string {
    let name = '';
    this.#wire.fields(start, end, each => {
      if (!each.isBytes) return;
      if (each.number === field.tensor.name) name = this.#text(each);
      else if (each.number === field.tensor.external) this.#externalEntry(each);
    });
    return name;
  }

  #externalEntry({ start, end }: WireField): void {
    let key = '';
    let value = '';
    this.#wire.fields(start, end, each => {
      if (each.isBytes && each.number === field.entry.key) key = this.#text(each);
      else if (each.isBytes && each.number === field.entry.value) value = this.#text(each);
    });
    if (key === 'location') this.found.external.add(value);
  }

  #text(each: WireField): string {
    if (each.end - each.start > maxInfoBytes) throw new WireFault('a name of more than a megabyte');
    return new TextDecoder().decode(this.#wire.bytes(each));
  }
}

function shapeOf(type: TypeProto | undefined): readonly number[] | undefined {
  if (type?.value.case !== 'tensorType' || type.value.value.shape === undefined) return undefined;
  return type.value.value.shape.dim.map(({ value }) => {
    const size = value.case === 'dimValue' ? Number(value.value) : -1;
    if (!Number.isSafeInteger(size)) throw new WireFault(`a size of ${size}`);
    return Math.max(-1, size);
  });
}

function tensorOf(bytes: Uint8Array, initialized: ReadonlySet<string>): GraphTensor {
  const { name, type } = fromBinary(ValueInfoProtoSchema, bytes);
  const elementType = type?.value.case === 'tensorType' ? type.value.value.elemType : undefined;
  const dtype = elementType === undefined ? undefined : elementTypes[elementType];
  const other = elementType === undefined ? (type?.value.case ?? 'nothing') : `element type ${elementType}`;
  return { name, dtype, kind: dtype ?? other, shape: shapeOf(type), hasDefault: initialized.has(name) };
}

/**
 * Reads what an ONNX file promises. Cost: the graph's structure; weights are stepped over.
 * @returns a text that says what is wrong, for bytes that are no ONNX model.
 */
export function readGraph(source: ByteSource): OnnxGraph | string {
  const wire = new Wire(source);
  const scan = new Scan(wire);
  try {
    scan.model();
    const { inputs, outputs, initialized, external } = scan.found;
    const tensors = (fields: readonly WireField[]): GraphTensor[] =>
      fields.map(each => {
        if (each.end - each.start > maxInfoBytes) throw new WireFault('a description of more than a megabyte');
        return tensorOf(wire.bytes(each), initialized);
      });
    return { inputs: tensors(inputs), outputs: tensors(outputs), externalData: [...external] };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
