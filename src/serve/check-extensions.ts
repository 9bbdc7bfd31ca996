// What extensions must be before a server mounts them: told to whoever starts it, all faults at once.
import { z } from 'zod';
import { faultLines, GalerkinError } from '../base/index.js';
import type { ServerExtension } from './extension.js';
import { eventKinds } from './websocket/messages.js';

const work = z.custom<() => unknown>(given => typeof given === 'function', 'wanted a function');
const extensions = z.array(
  z.object({
    name: z.string().min(1),
    routes: z.array(
      z.object({
        method: z.enum(['GET', 'POST', 'PUT', 'DELETE']),
        path: z.string().regex(/^\/[^:*?#\s]*$/, 'wanted a path such as /releases/{id}'),
        summary: z.string(),
        handle: work,
      }),
    ),
    events: z.object({ kind: z.string().min(1), subscribe: work }).optional(),
    close: work.optional(),
  }),
);

const twice = (names: readonly string[]): string[] => [
  ...new Set(names.filter((name, place) => names.indexOf(name) !== place)),
];

const refused = (faults: readonly string[]): GalerkinError =>
  new GalerkinError('OPTIONS_INVALID', { of: 'serve', faults: faults.map(fault => `extensions: ${fault}`) });

/** @throws OPTIONS_INVALID */
export function checkExtensions(given: readonly ServerExtension[]): void {
  const parsed = extensions.safeParse(given);
  if (!parsed.success) throw refused(faultLines(parsed.error));
  const routes = parsed.data.flatMap(each => each.routes.map(({ method, path }) => `${method} ${path}`));
  const kinds = parsed.data.flatMap(({ events }) => (events === undefined ? [] : [events.kind]));
  const faults = [
    ...twice(routes).map(route => `${route} is there twice`),
    ...twice([...eventKinds, ...kinds]).map(kind => `events of the kind '${kind}' are there twice`),
  ];
  if (faults.length > 0) throw refused(faults);
}

/** The refusal of a route whose place the server, or another extension, has already. */
export const placeTaken = (path: string, cause: unknown): GalerkinError =>
  new GalerkinError(
    'OPTIONS_INVALID',
    { of: 'serve', faults: [`extensions: ${path} is a path that this server has already`] },
    { cause },
  );
