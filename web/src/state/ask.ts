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
  readonly revision: number;
  readonly permeability: Field;
  readonly policy: Policy;
}

/** HTTP status of an answer that the guard refused to give. */
const rejectedStatus = 422;

const tensorOf = ({ n, data }: Field): FloatTensor => ({ shape: [1, n, n], data });

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
});

const optionalField = (tensor: FloatTensor | undefined): Field | undefined =>
  tensor === undefined ? undefined : fieldFromTensor(tensor);

/** The served model's answer under the guard; a refusal by the guard is an answer too. */
export async function askSurrogate({ model, revision, permeability, policy }: Question): Promise<Answer> {
  const start = performance.now();
  try {
    const { outputs, parameters } = await infer(model, {
      inputs: { a: tensorOf(permeability) },
      parameters: { guard: policy, guard_outputs: true },
    });
    const said = read(parameters);
    return {
      revision,
      policy,
      u: optionalField(outputs.u),
      residualMap: optionalField(outputs.residual_map),
      guard: guardOf(said),
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
      answeredBy: undefined,
      latencyMs: undefined,
      roundTripMs: performance.now() - start,
    };
  }
}

const parametersOf = (body: unknown): unknown =>
  typeof body === 'object' && body !== null && 'parameters' in body ? body.parameters : undefined;

/** The solver's solution of the same input. */
export async function askSolver({ model, revision, permeability }: Question): Promise<Truth> {
  const { outputs, parameters } = await infer(model, { inputs: { a: tensorOf(permeability) } });
  if (outputs.u === undefined) throw new RequestFailure('malformed', `${model} answered without an output 'u'.`);
  return { revision, u: fieldFromTensor(outputs.u), latencyMs: read(parameters).latency_ms, source: 'solver' };
}
