// A client of the server for Node and browsers: typed arrays over HTTP, deadlines, retries within a budget, typed errors.
export { textsOf } from './byte-strings.js';
export type { CallOptions } from './calls.js';
export {
  type Client,
  type ClientOptions,
  connect,
  type InferOptions,
  type LoadOptions,
  type ModelOptions,
} from './connect.js';
export { type ClientErrorCode, type ClientErrorFacts, GalerkinClientError } from './errors.js';
export type { GenerateCall } from './generate.js';
export { type GuardReport, rejectionOf } from './guard.js';
export { bfloatFromFloats, bfloatToFloats, halfFromFloats, halfToFloats } from './half.js';
export type { InferInput, InferTerms, Scalar, SequenceOptions } from './infer-request.js';
export type { InferAnswer } from './infer-response.js';
export type { IndexEntry, ModelMetadata, ServerMetadata, TensorMetadata } from './metadata.js';
export type { Nested, Prediction, PredictQuestion } from './predict.js';
export type { RetryPolicy } from './retry.js';
export type { Session, SessionEvent, SessionInferOptions } from './session.js';
export type { Datatype, FixedDatatype, Tensor } from './tensors.js';
export type { ClientTimers } from './timers.js';
export type { Fetch, FetchResponse } from './transport.js';
export type { OpenWebSocket, WebSocketLike } from './web-socket.js';
