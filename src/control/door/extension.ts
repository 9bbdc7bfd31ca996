// Routes and events as a server mounts them: the shape of its extensions, told again so that control needs no server.
import type { z } from 'zod';

/** A request, as much of it as a route of control looks at. */
export interface ControlCall {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface ControlRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly summary: string;
  readonly body?: z.ZodType;
  readonly answer?: z.ZodType;
  handle(call: ControlCall): Promise<unknown>;
  readonly isPage?: boolean;
}

/** What a server can be given, whoever wrote the server. */
export interface ControlExtension {
  readonly name: string;
  readonly routes: readonly ControlRoute[];
  readonly events?: {
    readonly kind: string;
    subscribe(listener: (event: object) => void): () => void;
  };
  close?(): Promise<void>;
}
