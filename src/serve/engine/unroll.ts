// Autoregressive time stepping: a model's outputs become its next inputs, and each step is a response of its own.
import { GalerkinError, type Tensor } from '../../base/index.js';
import type { Tensors } from '../backends/backend.js';
import type { Question } from './question.js';
import type { ServedModel, Unroll } from './served-model.js';
import type { RequestParameters } from './terms.js';

/** Parameter of config.pbtxt that makes a decoupled model: `"u -> a, v -> b"`. */
export const unrollParameter = 'unroll';
const defaultSteps = 10;
const defaultMaxSteps = 10_000;

interface Signature {
  readonly name: string;
  readonly inputs: ServedModel['inputs'];
  readonly outputs: ServedModel['outputs'];
}

interface StatedUnroll {
  readonly feeds: string;
  readonly steps: string | undefined;
  readonly maxSteps: string | undefined;
}

function wholeNumber(model: string, name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 1e9) return value;
  throw new GalerkinError('MODEL_UNSERVABLE', {
    model,
    why: `its parameter '${name}' wants a whole number from 1, got '${text.slice(0, 40)}'`,
  });
}

/** Reads the parameters. @throws MODEL_UNSERVABLE if they name what the model does not have, or tensors that do not fit each other. */
export function readUnroll({ name: model, inputs, outputs }: Signature, stated: StatedUnroll): Unroll {
  const refuse = (why: string): never => {
    throw new GalerkinError('MODEL_UNSERVABLE', { model, why: `its parameter '${unrollParameter}' ${why}` });
  };
  const feeds = new Map<string, string>();
  for (const pair of stated.feeds.split(',')) {
    const [from = '', to = '', ...more] = pair.split('->').map(name => name.trim());
    const output = outputs.find(({ name }) => name === from);
    const input = inputs.find(({ name }) => name === to);
    if (more.length > 0 || output === undefined || input === undefined)
      return refuse(`wants pairs 'output -> input' of its tensors, got '${pair.slice(0, 80)}'`);
    const fits =
      output.dtype === input.dtype &&
      output.dims.length === input.dims.length &&
      output.dims.every((size, axis) => size === -1 || input.dims[axis] === -1 || size === input.dims[axis]);
    if (!fits)
      return refuse(`feeds '${from}' (${output.dtype} [${output.dims}]) to '${to}' (${input.dtype} [${input.dims}])`);
    feeds.set(from, to);
  }
  const maxSteps = wholeNumber(model, 'unroll_max_steps', stated.maxSteps, defaultMaxSteps);
  const steps = wholeNumber(model, 'unroll_steps', stated.steps, Math.min(defaultSteps, maxSteps));
  if (steps > maxSteps) return refuse(`wants at most ${maxSteps} steps, got ${steps}`);
  return { feeds, steps, maxSteps };
}

/** Steps that a request asks for by its parameter `steps`. @throws REQUEST_MALFORMED */
export function stepsOf({ steps, maxSteps }: Unroll, parameters: RequestParameters): number {
  const asked = parameters.steps;
  if (asked === undefined) return steps;
  if (typeof asked === 'number' && Number.isInteger(asked) && asked >= 1 && asked <= maxSteps) return asked;
  const got = String(asked).slice(0, 40);
  throw new GalerkinError('REQUEST_MALFORMED', {
    what: "parameter 'steps'",
    wanted: `a whole number from 1 to ${maxSteps}`,
    got,
  });
}

/** The question of the step after one that gave `outputs`. */
export function nextQuestion({ feeds }: Unroll, question: Question, outputs: Tensors): Question {
  const inputs: Record<string, Tensor> = { ...question.inputs };
  for (const [from, to] of feeds) {
    const tensor = outputs[from];
    if (tensor !== undefined) inputs[to] = tensor;
  }
  return { ...question, inputs };
}
