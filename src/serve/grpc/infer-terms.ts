// The parameters of a gRPC inference request become its terms: priority, time, sequence, guard, and those that are its own.
import { type GuardPolicy, guardPolicies } from '../engine/guard-verdict.js';
import {
  noParameters,
  type ParameterValue,
  type RequestParameters,
  type SequenceTerms,
  type Terms,
} from '../engine/terms.js';
import type { InferMessage } from './infer-message.js';
import { malformed, shortName } from './malformed.js';
import type { WireParameters, WireValue } from './wire-parameters.js';

/** Who asks, and how to hear that nobody waits any more. */
export interface Caller {
  readonly tenant: string;
  /** Aborted when the client has gone or its deadline has passed. */
  readonly signal: AbortSignal;
}

/** What the parameters of a request say. */
export interface Asked {
  readonly guard: GuardPolicy | undefined;
  readonly maps: boolean;
  /** Of a stream to a decoupled model: send the last response even if it is empty. */
  readonly emptyFinal: boolean;
  readonly priority: number;
  readonly timeoutUs: number;
  readonly sequence: SequenceTerms | undefined;
  readonly parameters: RequestParameters;
}

const nothingAsked: Asked = Object.freeze({
  guard: undefined,
  maps: false,
  emptyFinal: false,
  priority: 0,
  timeoutUs: 0,
  sequence: undefined,
  parameters: noParameters,
});

const emptyFinalName = 'triton_enable_empty_final_response';
/** Interpreted here, or a matter of HTTP alone. */
const interpreted: ReadonlySet<string> = new Set([
  'sequence_id',
  'sequence_start',
  'sequence_end',
  'priority',
  'timeout',
  'guard',
  'guard_outputs',
  emptyFinalName,
]);
const refused: ReadonlySet<string> = new Set(['headers', 'binary_data_output']);

const kindOf = (value: WireValue): string => (typeof value === 'bigint' ? 'an integer beyond 2^53' : `'${value}'`);

const wrong = (name: string, wanted: string, got: WireValue) =>
  malformed(`invalid value for '${shortName(name)}' parameter`, wanted, kindOf(got).slice(0, 80));

function flag(parameters: WireParameters, name: string): boolean {
  const value = parameters.get(name) ?? false;
  if (typeof value === 'boolean') return value;
  throw wrong(name, 'a bool', value);
}

function count(parameters: WireParameters, name: string): number {
  const value = parameters.get(name) ?? 0;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw wrong(name, 'a whole number from 0', value);
}

function guardOf(parameters: WireParameters): GuardPolicy | undefined {
  const value = parameters.get('guard');
  const policy = guardPolicies.find(each => each === value);
  if (value === undefined || policy !== undefined) return policy;
  throw wrong('guard', `one of ${guardPolicies.join(', ')}`, value);
}

/** Sequence 0 and '' are no sequence, as Triton has it. */
function sequenceOf(parameters: WireParameters): SequenceTerms | undefined {
  const start = flag(parameters, 'sequence_start');
  const end = flag(parameters, 'sequence_end');
  const id = parameters.get('sequence_id') ?? 0;
  if (typeof id === 'string') return id === '' ? undefined : { id: id.slice(0, 1024), isText: true, start, end };
  const isWhole = typeof id === 'bigint' || (typeof id === 'number' && Number.isSafeInteger(id));
  if (!isWhole) throw wrong('sequence_id', 'an integer or a string', id);
  return id === 0 ? undefined : { id: BigInt.asUintN(64, BigInt(id)).toString(), isText: false, start, end };
}

function ownParameters(parameters: WireParameters): RequestParameters {
  const own: [string, ParameterValue][] = [];
  for (const [name, value] of parameters) {
    if (interpreted.has(name)) continue;
    if (name.startsWith('triton_')) {
      const what = "parameter keys starting with 'triton_' are reserved for Triton usage and should not be specified";
      throw malformed(what, "names without the reserved prefix 'triton_'", `'${shortName(name)}'`);
    }
    if (refused.has(name)) throw malformed('parameters', 'names that are not reserved', `'${name}'`);
    if (typeof value === 'bigint') throw wrong(name, 'an integer up to 2^53', value);
    own.push([name, value]);
  }
  return own.length === 0 ? noParameters : Object.fromEntries(own);
}

/** Reads what a request asks for besides its data. @throws REQUEST_MALFORMED */
export function readAsked({ parameters }: InferMessage): Asked {
  if (parameters.size === 0) return nothingAsked;
  return {
    guard: guardOf(parameters),
    maps: flag(parameters, 'guard_outputs'),
    emptyFinal: flag(parameters, emptyFinalName),
    priority: count(parameters, 'priority'),
    timeoutUs: count(parameters, 'timeout'),
    sequence: sequenceOf(parameters),
    parameters: ownParameters(parameters),
  };
}

/** The engine's terms of a request; its signal is only made when somebody looks at it. */
export function termsOf(id: string, asked: Asked, outputs: readonly string[] | undefined, caller: Caller): Terms {
  return {
    id,
    priority: asked.priority,
    timeoutUs: asked.timeoutUs,
    sequence: asked.sequence,
    parameters: asked.parameters,
    outputs,
    tenant: caller.tenant,
    get signal() {
      return caller.signal;
    },
  };
}
