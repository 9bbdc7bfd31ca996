// The short way in for inference: requests to .../infer are answered from Node's own server, without the router and hooks that other paths go through.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Leave } from '../admission/admission.js';
import { headerIn, type Origin } from '../routing/origin.js';
import { collectBody, inflateBody } from './body.js';
import { failureOf } from './errors.js';
import { packBody, wantedEncoding } from './response-encoding.js';
import { InferCall } from './v2-call.js';
import { answerInference, headerLengthName, oneHeader, type V2Options } from './v2-infer.js';
import type { WireResponse } from './v2-response.js';

const prefix = '/v2/models/';
const suffix = '/infer';
/** Names that need no decoding; all others go the long way. */
const plainPath = /^([\w.+-]{1,200})(?:\/versions\/(\d{1,20}))?$/;

interface Target {
  readonly name: string;
  readonly version: string | undefined;
}
const targets = new Map<string, Target>();
const maxTargets = 256;

/** The model that a path names, if it is one of inference and in plain form. Paths seen before are looked up. */
function targetOf(url: string): Target | undefined {
  const known = targets.get(url);
  if (known !== undefined) return known;
  if (!url.startsWith(prefix) || !url.endsWith(suffix)) return undefined;
  const match = plainPath.exec(url.slice(prefix.length, -suffix.length));
  const name = match?.[1];
  if (name === undefined) return undefined;
  const target = { name, version: match?.[2] };
  if (targets.size < maxTargets) targets.set(url, target);
  return target;
}

type Headers = Readonly<Record<string, string | number>>;

function send(
  response: ServerResponse,
  { status, headers, body }: { status: number; headers: Headers; body: Buffer | string },
): void {
  if (response.destroyed) return;
  response.writeHead(status, headers);
  response.end(body);
}

const nosniff = 'nosniff';

async function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  { body, jsonLength }: WireResponse,
): Promise<void> {
  const encoding = wantedEncoding(oneHeader(request.headers['accept-encoding']));
  const bytes = encoding === undefined ? body : await packBody(body, encoding);
  const headers: Record<string, string | number> = {
    'content-type': jsonLength === undefined ? 'application/json' : 'application/octet-stream',
    'content-length': bytes.length,
    'x-content-type-options': nosniff,
  };
  if (jsonLength !== undefined) headers['inference-header-content-length'] = jsonLength;
  if (encoding !== undefined) headers['content-encoding'] = encoding;
  send(response, { status: 200, headers, body: bytes });
}

function sendFailure(response: ServerResponse, error: unknown, id: string | undefined): void {
  const { status, headers, body } = failureOf(error, { method: 'POST', route: '/v2/models/:model/infer', id });
  const all = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': nosniff,
  };
  send(response, { status, headers: { ...all, ...headers }, body });
}

export interface Door {
  /** Takes the request if it is one of inference in plain form; false leaves it untouched to others. */
  take(request: IncomingMessage, response: ServerResponse): boolean;
}

export interface DoorOptions extends V2Options {
  /** True while the server stops: answers then end their connections. */
  readonly isClosing: () => boolean;
}

/** One request on its way through the door. */
class Passage implements Origin {
  private readonly call: InferCall;
  private leave: Leave | undefined;
  constructor(
    private readonly options: DoorOptions,
    private readonly target: Target,
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
  ) {
    this.call = new InferCall(options.protocol.memory, oneHeader(request.headers['x-tenant']), response);
    this.call.bytes = Number(request.headers['content-length'] ?? 0);
  }

  header(name: string): string | undefined {
    return headerIn(this.request.headers, name);
  }

  get address(): string | undefined {
    return this.request.socket.remoteAddress;
  }

  /** Lets the request in, and only then reads its body: who waits at the door is not read, so that its sender waits too. */
  enter(): void {
    try {
      const { engine, isClosing } = this.options;
      if (isClosing()) this.response.setHeader('connection', 'close');
      const entered = engine.admission.enter(this.call);
      if (typeof entered === 'function') this.read(entered);
      else
        entered.then(
          leave => this.read(leave),
          (error: unknown) => this.fail(error),
        );
    } catch (error) {
      this.fail(error);
    }
  }

  private read(leave: Leave): void {
    const { request } = this;
    this.leave = leave;
    // A client that goes away in the midst of its body would hold its place for ever.
    request.once('close', () => {
      if (!request.complete) this.depart();
    });
    collectBody(request, { headers: request.headers, maxBodyBytes: this.options.maxBodyBytes }, (error, body) => {
      if (error !== null || body === undefined) this.fail(error);
      else void this.answer(body);
    });
  }

  private async answer(raw: Buffer): Promise<void> {
    const { options, call, request, target } = this;
    try {
      const model = options.engine.find(target.name, target.version, this);
      const encoding = request.headers['content-encoding'];
      const body = encoding === undefined ? raw : await inflateBody(raw, encoding, options.maxBodyBytes);
      const stated = oneHeader(request.headers[headerLengthName]);
      const answer = await answerInference(options, model, { body, stated, call });
      this.depart(answer.latencyMs);
      await sendAnswer(request, this.response, answer);
    } catch (error) {
      this.fail(error);
    }
  }

  private depart(latencyMs?: number): void {
    const { leave } = this;
    this.leave = undefined;
    leave?.(latencyMs);
  }

  private fail(error: unknown): void {
    this.depart();
    sendFailure(this.response, error, this.call.id);
  }
}

/** The door of one server. Its answers and refusals are those of the routes. */
export function inferDoor(options: DoorOptions): Door {
  return {
    take(request, response) {
      const { method, url = '' } = request;
      if (method !== 'POST') return false;
      const target = targetOf(url);
      if (target === undefined) return false;
      new Passage(options, target, request, response).enter();
      return true;
    },
  };
}
