// The parameters of a v2 request become its terms: priority, time, sequence, guard, and those that are the request's own.
import { z } from 'zod';
import { type GuardPolicy, guardPolicies } from '../engine/guard-verdict.js';
import {
  noParameters,
  type ParameterValue,
  type RequestParameters,
  type SequenceTerms,
  type Terms,
} from '../engine/terms.js';
import { check, malformed, shortName } from './v2-header.js';

const count = z.int().min(0);

/** What has a meaning of its own. */
const knownSchema = z.object({
  sequence_id: z.union([z.number().int().min(0), z.string().max(1024)]).optional(),
  sequence_start: z.boolean().optional(),
  sequence_end: z.boolean().optional(),
  priority: count.optional(),
  timeout: count.optional(),
  binary_data_output: z.boolean().optional(),
  guard: z.enum(guardPolicies).optional(),
  guard_outputs: z.boolean().optional(),
});
const knownNames: ReadonlySet<string> = new Set(Object.keys(knownSchema.shape));
const valueSchema = z.union([z.boolean(), z.number(), z.string()]);

/** What a request asks for besides its data, without what differs from one request to the next. */
export interface HeaderTerms {
  readonly priority: number;
  readonly timeoutUs: number;
  readonly sequence: SequenceTerms | undefined;
  readonly parameters: RequestParameters;
  readonly guard: GuardPolicy | undefined;
  readonly maps: boolean;
  /** Outputs are binary unless they say otherwise. */
  readonly binary: boolean;
}

export const noTerms: HeaderTerms = Object.freeze({
  priority: 0,
  timeoutUs: 0,
  sequence: undefined,
  parameters: noParameters,
  guard: undefined,
  maps: false,
  binary: false,
});

/** The digits of a sequence's number, which may be beyond what a double holds. */
function sequenceDigits(id: number, text: string): string {
  if (Number.isSafeInteger(id)) return String(id);
  const written = [...text.matchAll(/"sequence_id"\s*:\s*(\d{1,20})(?=[\s,}])/g)].at(-1)?.[1];
  if (written !== undefined && BigInt(written) < 2n ** 64n) return BigInt(written).toString();
  throw malformed("Unable to parse 'sequence_id'", 'a whole number below 2^64 or text', String(id));
}

/** Sequence 0 and '' are no sequence, as Triton has it. */
function sequenceOf(known: z.infer<typeof knownSchema>, text: string): SequenceTerms | undefined {
  const { sequence_id: id = 0, sequence_start: start = false, sequence_end: end = false } = known;
  if (id === 0 || id === '') return undefined;
  const isText = typeof id === 'string';
  return { id: isText ? id : sequenceDigits(id, text), isText, start, end };
}

function ownParameters(parameters: Readonly<Record<string, unknown>>): RequestParameters {
  const own: [string, ParameterValue][] = [];
  for (const [name, value] of Object.entries(parameters)) {
    if (knownNames.has(name)) continue;
    if (name.startsWith('triton_')) {
      const what = "parameter keys starting with 'triton_' are reserved for Triton usage and should not be specified";
      throw malformed(what, "names without the reserved prefix 'triton_'", `'${shortName(name)}'`);
    }
    if (name === 'headers') throw malformed('parameters', 'names that are not reserved', "'headers'");
    own.push([name, check(`parameter '${shortName(name)}' has invalid type. It`, valueSchema, value)]);
  }
  return own.length === 0 ? noParameters : Object.fromEntries(own);
}

/**
 * Reads the parameters of a request.
 * @param text the JSON that they were read from
 * @throws REQUEST_MALFORMED
 */
export function readTerms(parameters: Readonly<Record<string, unknown>>, text: string): HeaderTerms {
  if (Object.keys(parameters).length === 0) return noTerms;
  const known = check('parameters', knownSchema, parameters);
  return {
    priority: known.priority ?? 0,
    timeoutUs: known.timeout ?? 0,
    sequence: sequenceOf(known, text),
    parameters: ownParameters(parameters),
    guard: known.guard,
    maps: known.guard_outputs ?? false,
    binary: known.binary_data_output ?? false,
  };
}

/** Who asks, and how to hear that nobody waits any more. */
export interface Caller {
  /** For fair shares; '' when nobody says. */
  readonly tenant: string;
  /** Aborted when the client has gone; made when somebody first looks at it, which most requests never do. */
  readonly signal: AbortSignal | undefined;
}

/** Nobody in particular, who never goes away. */
export const anyone: Caller = Object.freeze({ tenant: '', signal: undefined });

/** The engine's terms of one request. */
export class RequestTerms implements Terms {
  readonly priority: number;
  readonly timeoutUs: number;
  readonly sequence: SequenceTerms | undefined;
  readonly parameters: RequestParameters;
  readonly tenant: string;
  constructor(
    readonly id: string,
    terms: HeaderTerms,
    readonly outputs: readonly string[] | undefined,
    private readonly caller: Caller,
  ) {
    this.priority = terms.priority;
    this.timeoutUs = terms.timeoutUs;
    this.sequence = terms.sequence;
    this.parameters = terms.parameters;
    this.tenant = caller.tenant;
  }

  get signal(): AbortSignal | undefined {
    return this.caller.signal;
  }
}
