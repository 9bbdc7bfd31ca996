// ModelInferRequest read by hand: what the message says, its tensors as views of its bytes; whether it fits a model is asked later.
import { malformed, shortName } from './malformed.js';
import { noWireParameters, readParameterInto, type WireParameters, type WireValue } from './wire-parameters.js';
import { WireReader } from './wire-reader.js';

export interface WireInput {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly parameters: WireParameters;
  /** InferTensorContents as it stands in the message, in parts if it is given in parts; undefined if it is not given. */
  readonly contents: readonly Buffer[] | undefined;
}

export interface WireOutput {
  readonly name: string;
  readonly parameters: WireParameters;
}

export interface InferMessage {
  readonly modelName: string;
  /** '' for the newest. */
  readonly modelVersion: string;
  readonly id: string;
  readonly parameters: WireParameters;
  readonly inputs: readonly WireInput[];
  readonly outputs: readonly WireOutput[];
  /** Views of the message's own bytes. */
  readonly raw: readonly Buffer[];
}

/** Inputs, outputs or raw tensors in one request; a model has a handful. */
const maxTensors = 1000;
const maxAxes = 32;
const maxIdLength = 1024;

function checkCount(list: readonly unknown[], what: string): void {
  if (list.length >= maxTensors) throw malformed(what, `at most ${maxTensors}`, 'more');
}

function addSize(shape: number[], size: number, name: string): void {
  if (size < 0) throw malformed(`shape of '${shortName(name)}'`, 'sizes from 0', String(size));
  if (shape.length >= maxAxes) throw malformed(`shape of '${shortName(name)}'`, `at most ${maxAxes} axes`, 'more');
  shape.push(size);
}

function readShape(reader: WireReader, shape: number[], name: string): void {
  const outer = reader.enter();
  while (!reader.isDone) addSize(shape, reader.int64Near(), name);
  reader.leave(outer);
}

function readInput(reader: WireReader): WireInput {
  let name = '';
  let datatype = '';
  const shape: number[] = [];
  let parameters: Map<string, WireValue> | undefined;
  let contents: Buffer[] | undefined;
  const outer = reader.enter();
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 10) name = reader.string();
    else if (tag === 18) datatype = reader.string();
    else if (tag === 26) readShape(reader, shape, name);
    else if (tag === 24) addSize(shape, reader.int64Near(), name);
    else if (tag === 34) {
      parameters ??= new Map();
      readParameterInto(reader, parameters);
    } else if (tag === 42) {
      contents ??= [];
      checkCount(contents, `contents of '${shortName(name)}'`);
      contents.push(reader.view());
    } else reader.skip(tag);
  }
  reader.leave(outer);
  return { name, datatype, shape, parameters: parameters ?? noWireParameters, contents };
}

function readOutput(reader: WireReader): WireOutput {
  let name = '';
  let parameters: Map<string, WireValue> | undefined;
  const outer = reader.enter();
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 10) name = reader.string();
    else if (tag === 18) {
      parameters ??= new Map();
      readParameterInto(reader, parameters);
    } else reader.skip(tag);
  }
  reader.leave(outer);
  return { name, parameters: parameters ?? noWireParameters };
}

/**
 * Reads a ModelInferRequest. Linear in its bytes; tensors are not copied. Fields that nobody knows are passed over.
 * @throws REQUEST_MALFORMED
 */
export function readInferMessage(bytes: Buffer): InferMessage {
  let modelName = '';
  let modelVersion = '';
  let id = '';
  let parameters: Map<string, WireValue> | undefined;
  const inputs: WireInput[] = [];
  const outputs: WireOutput[] = [];
  const raw: Buffer[] = [];
  const reader = new WireReader(bytes);
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 42) {
      checkCount(inputs, 'inputs');
      inputs.push(readInput(reader));
    } else if (tag === 58) {
      checkCount(raw, 'raw_input_contents');
      raw.push(reader.view());
    } else if (tag === 10) modelName = reader.string();
    else if (tag === 18) modelVersion = reader.string();
    else if (tag === 26) id = reader.string();
    else if (tag === 50) {
      checkCount(outputs, 'outputs');
      outputs.push(readOutput(reader));
    } else if (tag === 34) {
      parameters ??= new Map();
      readParameterInto(reader, parameters);
    } else reader.skip(tag);
  }
  if (id.length > maxIdLength) throw malformed('id', `at most ${maxIdLength} characters`, String(id.length));
  return { modelName, modelVersion, id, parameters: parameters ?? noWireParameters, inputs, outputs, raw };
}
