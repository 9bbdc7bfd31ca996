// Routes and events that whoever starts the server adds to it: the server knows how they look, not what they do.
import type { z } from 'zod';

export interface ExtensionCall {
  /** Of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Of a name that comes twice, the last. */
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case, such as authorization; a header that came several times has its values joined by ', '. */
  readonly headers: Readonly<Record<string, string>>;
  /** As the schema of the route gives it; undefined without one. */
  readonly body: unknown;
}

/** A page instead of JSON. */
export interface ExtensionPage {
  readonly contentType: string;
  readonly content: string;
}

export interface ExtensionRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Such as /releases/{id}/abort. */
  readonly path: string;
  /** One sentence for the API's description. */
  readonly summary: string;
  readonly body?: z.ZodType;
  /** Of the answer in JSON; for the API's description. */
  readonly answer?: z.ZodType;
  /** The answer as JSON, or a page where `isPage`. What it throws is told as every error is. */
  handle(call: ExtensionCall): Promise<unknown>;
  readonly isPage?: boolean;
}

export interface ServerExtension {
  readonly name: string;
  readonly routes: readonly ExtensionRoute[];
  /** What WebSockets tell to those who subscribe to this kind of event; the kind must be one that no other has. */
  readonly events?: {
    readonly kind: string;
    subscribe(listener: (event: object) => void): () => void;
  };
  /** Called once the server takes no more requests, before its models go; it has `extensionTimeoutMs` for it. */
  close?(): Promise<void>;
}
