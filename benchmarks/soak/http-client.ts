// A connection of HTTP/1.1 with one request under way at a time, on a raw socket: an answer costs its sender a few microseconds.
import { connect, type Socket } from 'node:net';

export interface Answered {
  /** 0 if no whole answer came. */
  readonly status: number;
  /** Why none came, as the system says it. */
  readonly fault: string;
  readonly hasRetryAfter: boolean;
}

const headEnd = Buffer.from('\r\n\r\n');
const fine: Answered = { status: 200, fault: '', hasRetryAfter: false };

export class HttpClient {
  private socket: Socket | undefined;
  private got: Buffer = Buffer.alloc(0);
  private done: ((answered: Answered) => void) | undefined;

  constructor(
    private readonly port: number,
    /** Head and body, as they go over the wire. */
    private readonly request: Buffer,
  ) {}

  /** Connects if it must; never throws. */
  ask(done: (answered: Answered) => void): void {
    this.done = done;
    this.socket ??= this.open();
    this.socket.write(this.request);
  }

  close(): void {
    this.done = undefined;
    this.socket?.destroy();
  }

  private open(): Socket {
    const socket = connect(this.port, '127.0.0.1');
    socket.setNoDelay(true);
    socket.on('data', chunk => this.take(chunk));
    let fault = 'closed';
    socket.on('error', (error: NodeJS.ErrnoException) => {
      fault = error.code ?? error.message;
    });
    socket.on('close', () => {
      this.socket = undefined;
      this.end({ status: 0, fault, hasRetryAfter: false });
    });
    return socket;
  }

  private take(chunk: Buffer): void {
    this.got = this.got.length === 0 ? chunk : Buffer.concat([this.got, chunk]);
    const end = this.got.indexOf(headEnd);
    if (end < 0) return;
    const head = this.got.toString('latin1', 0, end);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (this.got.length < end + headEnd.length + length) return;
    this.got = Buffer.alloc(0);
    const status = Number(head.slice(9, 12));
    this.end(status === 200 ? fine : { status, fault: '', hasRetryAfter: /\nretry-after: [1-9]/i.test(head) });
  }

  private end(answered: Answered): void {
    const { done } = this;
    this.done = undefined;
    this.got = Buffer.alloc(0);
    done?.(answered);
  }
}
