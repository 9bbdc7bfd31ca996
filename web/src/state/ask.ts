// Asking the surrogate and the solver about a permeability, and reading what they say.
import { infer } from '../api/client.js';
import { RequestFailure } from '../api/failure.js';
import { type GuardParameters, guardSchema } from '../api/schemas.js';
import type { FloatTensor } from '../api/v2-binary.js';
import { type Field, fieldFromTensor } from '../fields/field.js';
import type { Answer, Guard, Policy, Truth } from './studio-state.js';

/** One input as it stood when it was asked about. */
export interface Question {
  readonly model: string;
  /** The model's tensors carry a batch axis. */
  readonly batched: boolean;
  readonly revision: number;
  readonly permeability: Field;
  readonly policy: Policy;
}

/** HTTP status of an answer that the guard refused to give. */
const rejectedStatus = 422;

const tensorOf = ({ permeability: { n, data }, batched }: Question): FloatTensor => ({
  shape: batched ? [1, n, n] : [n, n],
  data,
});

function read(parameters: unknown): GuardParameters {
  const parsed = guardSchema.safeParse(parameters);
  return parsed.success ? parsed.data : {};
}

const guardOf = (parameters: GuardParameters): Guard => ({
  verdict: parameters.guard,
  residual: parameters.residual,
  residualBound: parameters.residual_bound,
  fluxImbalance: parameters.flux_imbalance,
  fluxBound: parameters.flux_bound,
  refusedResidual: parameters.refused_residual,
});

const optionalField = (tensor: FloatTensor | undefined): Field | undefined =>
  tensor === undefined ? undefined : fieldFromTensor(tensor);

/** The served model's answer under the guard; a refusal by the guard is an answer too. */
export async function askSurrogate(question: Question): Promise<Answer> {
  const { model, revision, policy } = question;
  const start = performance.now();
  try {
    const { outputs, parameters } = await infer(model, {
      inputs: { a: tensorOf(question) },
      parameters: { guard: policy, guard_outputs: true },
    });
    const said = read(parameters);
    return {
      revision,
      policy,
      u: optionalField(outputs.u),
      residualMap: optionalField(outputs.residual_map),
      guard: guardOf(said),
      outOfRange: said.inputs_out_of_range !== undefined,
      refusal: undefined,
      answeredBy: said.answered_by,
      latencyMs: said.latency_ms,
      roundTripMs: performance.now() - start,
    };
  } catch (thrown) {
    if (!(thrown instanceof RequestFailure) || thrown.status !== rejectedStatus) throw thrown;
    const guard: Guard = { ...guardOf(read(parametersOf(thrown.body))), verdict: 'rejected' };
    return {
      revision,
      policy,
      u: undefined,
      residualMap: undefined,
      guard,
      outOfRange: false,
      refusal: thrown.message,
      answeredBy: undefined,
      latencyMs: undefined,
      roundTripMs: performance.now() - start,
    };
  }
}

const parametersOf = (body: unknown): unknown =>
  typeof body === 'object' && body !== null && 'parameters' in body ? body.parameters : undefined;

/** The solver's solution of the same input. */
export async function askSolver(question: Question): Promise<Truth> {
  const { model, revision } = question;
  const { outputs, parameters } = await infer(model, { inputs: { a: tensorOf(question) } });
  if (outputs.u === undefined) throw new RequestFailure('malformed', `${model} answered without an output 'u'.`);
  return { revision, u: fieldFromTensor(outputs.u), latencyMs: read(parameters).latency_ms, source: 'solver' };
}
