// What clients say over a WebSocket: text frames of JSON, binary frames of a length, a JSON header and tensors.
import { z } from 'zod';
import { faultLines, GalerkinError } from '../../base/index.js';
import { parseJsonBody } from '../http/json-body.js';
import { named } from '../openapi/registry.js';

/** What may be listened to: models coming and going, figures each second, answers over the guard's bound. */
export const eventKinds = ['models', 'statistics', 'guard'] as const;
export type EventKind = (typeof eventKinds)[number];

const mostKinds = 64;

const id = z.string().min(1).max(128);
const version = z.union([z.string(), z.int().min(0)]);

/** The rest of the message is a v2 inference request, read by the model that it names. */
const inferMessage = z.looseObject({
  type: z.literal('infer'),
  id,
  model: z.string().max(1024),
  version: version.optional(),
});

/** Which others there are is for the server to say: its extensions have kinds of their own. */
const events = z
  .array(z.union([z.enum(eventKinds), z.string().min(1).max(mostKinds)]))
  .min(1)
  .max(mostKinds);

export const clientMessage = named(
  'WebSocketMessage',
  'A text frame from the client on /ws. The members of an inference request (inputs, outputs, parameters) stand beside type, id and model.',
  z.discriminatedUnion('type', [
    inferMessage,
    z.strictObject({ type: z.literal('cancel'), id }),
    z.strictObject({ type: z.literal('subscribe'), events: events }),
    z.strictObject({ type: z.literal('unsubscribe') }),
  ]),
);
export type ClientMessage = z.infer<typeof clientMessage>;
export type InferMessage = z.infer<typeof inferMessage>;

/** A message with the bytes of its v2 request. */
export interface Received {
  readonly message: ClientMessage;
  readonly body: Uint8Array;
  /** Bytes of JSON at the start of `body`. */
  readonly jsonLength: number;
}

const malformed = (wanted: string, got: string): GalerkinError<'REQUEST_MALFORMED'> =>
  new GalerkinError('REQUEST_MALFORMED', { what: 'WebSocket message', wanted, got });

/** The id of a message that cannot be read, if it has a plain one: so that its sender learns which it was. */
export function idOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('id' in value)) return undefined;
  const read = id.safeParse(value.id);
  return read.success ? read.data : undefined;
}

/** A message that could not be read, with the id that it gave. */
export class UnreadMessage extends Error {
  constructor(
    readonly id: string | undefined,
    override readonly cause: unknown,
  ) {
    super('unread message');
  }
}

function check(value: unknown): ClientMessage {
  const parsed = clientMessage.safeParse(value, { reportInput: false });
  if (parsed.success) return parsed.data;
  const got = faultLines(parsed.error).slice(0, 3).join('; ').slice(0, 300);
  throw new UnreadMessage(idOf(value), malformed("type 'infer', 'cancel', 'subscribe' or 'unsubscribe'", got));
}

/**
 * Reads a frame: text is JSON; binary is a little-endian u32 with the length of the JSON, the JSON, and the tensors' bytes.
 * @throws UnreadMessage over REQUEST_MALFORMED
 */
export function readMessage(bytes: Uint8Array, isBinary: boolean): Received {
  try {
    if (!isBinary) return { message: check(parseJsonBody(bytes)), body: bytes, jsonLength: bytes.length };
    const length = bytes.length < 4 ? -1 : new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
    if (length <= 0 || length > bytes.length - 4) {
      const got = length < 0 ? `${bytes.length} bytes in all` : `${length}`;
      throw malformed(`a 32-bit length of JSON from 1 to ${Math.max(1, bytes.length - 4)}, then the JSON`, got);
    }
    const body = bytes.subarray(4);
    const header = parseJsonBody(body.subarray(0, length));
    const isUntyped = typeof header === 'object' && header !== null && !Array.isArray(header) && !('type' in header);
    return { message: check(isUntyped ? { type: 'infer', ...header } : header), body, jsonLength: length };
  } catch (error) {
    throw error instanceof UnreadMessage ? error : new UnreadMessage(undefined, error);
  }
}

/** A v2 response as a frame: the same bytes with `type` and `final` in front of the JSON's other members. */
export function answerFrame(body: Buffer, jsonLength: number | undefined, isFinal: boolean): Buffer | string {
  const opening = `{"type":"answer","final":${isFinal},`;
  if (jsonLength === undefined) return opening + body.toString('utf8', 1);
  const frame = Buffer.allocUnsafe(4 + opening.length + body.length - 1);
  frame.writeUInt32LE(opening.length + jsonLength - 1, 0);
  frame.write(opening, 4, 'latin1');
  body.copy(frame, 4 + opening.length, 1);
  return frame;
}
