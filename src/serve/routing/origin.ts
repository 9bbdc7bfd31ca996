// Where a request comes from, as far as a route looks at it: headers by name, and the address of its client.
import type { IncomingHttpHeaders } from 'node:http';

export interface Origin {
  /** The value of a header by its name in lower case; several values are joined. Undefined for one that did not come. */
  header(name: string): string | undefined;
  /** Undefined where it is not known. */
  readonly address?: string | undefined;
}

/** A header among those that Node read. Names that every object inherits ('constructor', '__proto__') are no headers. */
export function headerIn(headers: IncomingHttpHeaders, name: string): string | undefined {
  if (!Object.hasOwn(headers, name)) return undefined;
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** A request whose headers Node read. */
interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** Looks nothing up before it is asked. */
export class RequestOrigin implements Origin {
  constructor(private readonly request: Received) {}

  header(name: string): string | undefined {
    return headerIn(this.request.headers, name);
  }

  get address(): string | undefined {
    return this.request.socket.remoteAddress;
  }
}

/** Of a request that shows nothing: each is drawn by itself. */
export const unknownOrigin: Origin = Object.freeze({ header: () => undefined, address: undefined });
