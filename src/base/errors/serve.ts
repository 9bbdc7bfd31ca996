// Error codes of the room 'serve'. Texts that clients of Triton match on are kept in Triton's words, then say what to do.
import { entry } from './entry.js';

const list = (names: readonly string[]): string =>
  names.length === 0 ? 'none' : names.map(name => `'${name}'`).join(', ');
const quoted = (names: readonly string[]): string => `[${names.map(name => `'${name}'`).join(', ')}]`;
const dims = (shape: readonly number[]): string => `[${shape.join(',')}]`;

/** The guard's figures as messages show them. */
export interface GuardFacts {
  readonly residual: number;
  readonly residualBound: number;
  readonly fluxImbalance: number;
  readonly fluxBound: number;
}
const figures = (facts: GuardFacts): string =>
  `residual ${facts.residual.toPrecision(4)} (bound ${facts.residualBound.toPrecision(4)}), ` +
  `flux imbalance ${facts.fluxImbalance.toPrecision(4)} (bound ${facts.fluxBound.toPrecision(4)})`;

const requestErrors = {
  ROUTE_UNKNOWN: entry<object>({
    http: 404,
    exit: 69,
    message: () => 'Not Found',
    doc: 'No such path on this server. docs/serve.md lists them.',
  }),
  METHOD_REFUSED: entry<{ allowed: readonly string[] }>({
    http: 405,
    exit: 69,
    message: () => 'Method Not Allowed',
    doc: 'The path exists, but not with this HTTP method. The header Allow names the methods that it takes.',
  }),
  REQUEST_MALFORMED: entry<{ what: string; wanted: string; got: string }>({
    http: 400,
    exit: 65,
    message: ({ what, wanted, got }) => `${what}: wanted ${wanted}, got ${got}.`,
    doc: 'The request cannot be read: broken JSON, a wrong header, a field of the wrong type. The message names the part.',
  }),
  REQUEST_TOO_LARGE: entry<{ limitBytes: number; got: string }>({
    http: 400,
    exit: 65,
    message: ({ limitBytes, got }) =>
      `request body of ${got} exceeds the maximum allowed value of ${limitBytes} bytes. Use --max-body-bytes to increase the limit.`,
    doc: 'The body (after inflation) is larger than the server takes. Send fewer items, use binary tensors, or raise the limit.',
  }),
  REQUEST_TIMEOUT: entry<{ limitMs: number }>({
    http: 408,
    exit: 69,
    message: ({ limitMs }) => `wanted the whole request within ${limitMs} ms, got only a part of it. Send it faster.`,
    doc: 'The client did not send its headers or body in time.',
  }),
  HOST_REFUSED: entry<{ host: string }>({
    http: 403,
    exit: 77,
    message: ({ host }) =>
      `header Host: wanted localhost, an address or a name of --hosts, got '${host}'. ` +
      'A server on the loopback address answers to no other name, for any page could point one here.',
    doc: 'The server listens on the loopback address and was asked by a name that is not its own, as DNS rebinding does. List the name in --hosts.',
  }),
  ORIGIN_REFUSED: entry<{ origin: string }>({
    http: 403,
    exit: 77,
    message: ({ origin }) =>
      `header Origin: wanted this server's own pages or an origin of --origins, got '${origin}'.`,
    doc: 'A browser sent this from a page of another site. List the origin in --origins if that page may use the server.',
  }),
  UPGRADE_REQUIRED: entry<object>({
    http: 426,
    exit: 65,
    message: () => 'wanted a WebSocket handshake (Upgrade: websocket), got a plain request. See docs/rest.md.',
    doc: 'The path speaks WebSocket only.',
  }),
  CONNECTIONS_FULL: entry<{ limit: number }>({
    http: 503,
    exit: 69,
    message: ({ limit }) => `${limit} WebSocket connections are open, and no more are taken. Try again later.`,
    doc: 'The limit --web-sockets is reached. Close connections that are not needed, or raise it.',
  }),
  FEATURE_UNSUPPORTED: entry<{ what: string; instead: string }>({
    http: 501,
    exit: 69,
    message: ({ what, instead }) => `${what}. ${instead}`,
    doc: 'The request asks for something that this protocol, or this server, does not do. The message names what to use instead.',
  }),
  ENCODING_UNSUPPORTED: entry<{ got: string }>({
    http: 501,
    exit: 65,
    message: ({ got }) =>
      `Unsupported compression type: Content-Encoding wanted gzip, deflate or identity, got '${got}'.`,
    doc: 'The body is compressed in a way that this server does not read. Use gzip, deflate, or none.',
  }),
};

const inputErrors = {
  INPUTS_MISMATCH: entry<{
    model: string;
    expected: readonly string[];
    got: readonly string[];
    missing: readonly string[];
    unexpected: readonly string[];
  }>({
    http: 400,
    exit: 65,
    message: ({ model, expected, got, missing, unexpected }) =>
      `expected ${expected.length} inputs but got ${got.length} inputs for model '${model}'. Got input(s) ${quoted(got)}` +
      (missing.length > 0
        ? `, but missing required input(s) ${quoted(missing)}. Please provide all required input(s).`
        : '.') +
      (unexpected.length > 0 ? ` Unexpected input(s) ${quoted(unexpected)}; the model has ${quoted(expected)}.` : ''),
    doc: 'The inputs given are not those of the model. GET /v2/models/NAME lists them.',
  }),
  OUTPUT_UNKNOWN: entry<{ model: string; output: string; known: readonly string[] }>({
    http: 400,
    exit: 65,
    message: ({ model, output, known }) =>
      `unexpected inference output '${output}' for model '${model}'. It has ${list(known)}.`,
    doc: 'An output was asked for that the model does not have.',
  }),
  BATCH_REFUSED: entry<{ model: string; max: number; got: number }>({
    http: 400,
    exit: 65,
    message: ({ model, max, got }) =>
      `inference request batch-size must be <= ${max} for '${model}' and at least 1, got ${got}`,
    doc: 'The first axis of the inputs holds more items than the model takes at once, or none. Split the request.',
  }),
  INPUT_DATATYPE: entry<{ model: string; input: string; expected: string; got: string }>({
    http: 400,
    exit: 65,
    message: ({ model, input, expected, got }) =>
      `inference input '${input}' data-type is '${got}', but model '${model}' expects '${expected}'`,
    doc: 'The input has another datatype than the model. Convert it before sending.',
  }),
  INPUT_SHAPE: entry<{
    model: string;
    input: string;
    expected: readonly number[];
    got: readonly number[];
    batched: boolean;
  }>({
    http: 400,
    exit: 65,
    message: ({ model, input, expected, got, batched }) =>
      `unexpected shape for input '${input}' for model '${model}'. Expected ${dims(expected)}, got ${dims(got)}.` +
      (batched ? ' NOTE: the first axis counts the items of the batch.' : ''),
    doc: 'The input has another shape than the model takes; -1 stands for any size. The first axis is the batch where the model has one.',
  }),
  INPUT_SIZE: entry<{ model: string; input: string; unit: string; expected: number; got: number }>({
    http: 400,
    exit: 65,
    message: ({ model, input, unit, expected, got }) =>
      `input ${unit} size mismatch for input '${input}' for model '${model}'. Expected ${expected}, got ${got}`,
    doc: 'The data do not fill the shape stated. Compare the shape with the number of bytes or values sent.',
  }),
  INPUT_NOT_FINITE: entry<{ model: string; input: string; index: number; got: number }>({
    http: 400,
    exit: 65,
    message: ({ model, input, index, got }) =>
      `input '${input}' for model '${model}' wants finite values, got ${got} at index ${index}`,
    doc: "The model's manifest demands finite values, and the data hold a NaN or an infinity.",
  }),
};

const answerErrors = {
  MODEL_UNKNOWN: entry<{ model: string; version: string | undefined; known: readonly string[] }>({
    http: 404,
    exit: 66,
    message: ({ model, version, known }) =>
      `Request for unknown model: '${model}'${version === undefined ? '' : ` version ${version}`} is not found. Served here: ${list(known)}.`,
    doc: 'No model of that name or version is served. GET /models lists those that are.',
  }),
  MODEL_NOT_READY: entry<{ model: string; version: string | undefined }>({
    http: 400,
    exit: 69,
    message: ({ model, version }) =>
      version === undefined
        ? `Request for unknown model: '${model}' has no available versions. POST /v2/repository/index says why.`
        : `Request for unknown model: '${model}' version ${version} is not at ready state. POST /v2/repository/index says why.`,
    doc: 'The repository has the model, but this version of it is not served: it was not loaded, failed to load, or is being unloaded.',
  }),
  QUEUE_TIMEOUT: entry<{ model: string; waitedMs: number }>({
    http: 503,
    exit: 69,
    message: ({ model, waitedMs }) =>
      `Request timeout expired: it waited ${waitedMs.toFixed(1)} ms for model '${model}'. Slow down, or allow a longer wait.`,
    doc: "The request waited longer than its own timeout or the model's queue policy allows, and was not begun.",
  }),
  REQUEST_CANCELLED: entry<{ model: string }>({
    http: 499,
    exit: 69,
    message: ({ model }) => `the request${model === '' ? '' : ` to model '${model}'`} was cancelled by its client.`,
    doc: 'The client closed its connection or cancelled the call before the answer was there. Nobody reads this answer.',
  }),
  DECOUPLED_REFUSED: entry<{ model: string }>({
    http: 501,
    exit: 65,
    message: ({ model }) =>
      `model '${model}' has the decoupled transaction policy: it answers a request more than once, which this call cannot carry. Use generate_stream, ModelStreamInfer or the WebSocket.`,
    doc: 'The model gives a stream of responses, and the request came by a door that takes exactly one.',
  }),
  QUEUE_FULL: entry<{ model: string; limit: number; unit?: 'requests' | 'bytes' }>({
    http: 503,
    exit: 69,
    message: ({ model, limit, unit = 'requests' }) =>
      `Exceeds maximum queue size: ${limit} ${unit} wait for model '${model}'. Try again later.`,
    doc: 'More requests, or bytes of requests, wait than the queue holds. Slow down, add instances, or raise --max-queue.',
  }),
  INFERENCE_TIMEOUT: entry<{ model: string; limitMs: number }>({
    http: 504,
    exit: 69,
    message: ({ model, limitMs }) => `Request timeout expired: model '${model}' gave no answer within ${limitMs} ms.`,
    doc: 'The request waited or computed longer than --inference-timeout-ms allows.',
  }),
  INSTANCE_DIED: entry<{ model: string }>({
    http: 503,
    exit: 69,
    message: ({ model }) =>
      `the instance of model '${model}' that computed this request died. It is being restarted; try again.`,
    doc: 'A worker thread or child process ended while it computed. It is replaced; the request may be sent again.',
  }),
  INFERENCE_FAILED: entry<{ model: string }>({
    http: 500,
    exit: 70,
    message: ({ model }) => `model '${model}' could not compute this request. The server's log has the reason.`,
    doc: 'The runtime or the solver refused the computation. The reason is on the channel serve:fault, not in the answer.',
  }),
  GUARD_MISSING: entry<{ model: string; policy: string }>({
    http: 400,
    exit: 65,
    message: ({ model, policy }) =>
      `parameter 'guard': wanted a model with a guard for policy '${policy}', but '${model}' has none. Leave the parameter out.`,
    doc: 'A guard policy was asked for, and the model package holds no guard.onnx.',
  }),
  ANSWER_REJECTED: entry<GuardFacts & { model: string }>({
    http: 422,
    exit: 65,
    message: facts =>
      `the guard rejected the answer of model '${facts.model}': ${figures(facts)}. ` +
      "Use guard 'fallback' for the solver's answer, or 'annotate' to see this one.",
    doc: 'The answer breaks the physics by more than the calibrated bound, and the policy is to refuse such answers.',
  }),
  FALLBACK_FAILED: entry<GuardFacts & { model: string; fallback: string; why: string }>({
    http: 503,
    exit: 69,
    message: facts =>
      `the guard refused the answer of model '${facts.model}' (${figures(facts)}) and its fallback '${facts.fallback}' ${facts.why}. ` +
      'No answer is given unguarded.',
    doc: 'The answer is over the bound and the solver that should replace it is not served or failed.',
  }),
};

export const serveErrors = { ...requestErrors, ...inputErrors, ...answerErrors };
