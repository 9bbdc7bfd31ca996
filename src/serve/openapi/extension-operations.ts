// The routes of an extension, as the API document describes them.
import { z } from 'zod';
import type { ExtensionRoute, ServerExtension } from '../extension.js';
import type { Operation } from './operation.js';
import { refusalSchema } from './registry.js';

const methods = { GET: 'get', POST: 'post', PUT: 'put', DELETE: 'delete' } as const;

function contentOf({ isPage, answer }: ExtensionRoute) {
  if (isPage === true) return { content: { schema: z.string(), type: 'text/html' } };
  return answer === undefined ? {} : { content: { schema: answer } };
}

export const extensionOperations = ({ name, routes }: ServerExtension): Operation[] =>
  routes.map(route => ({
    method: methods[route.method],
    path: route.path,
    tag: name,
    summary: route.summary,
    ...(route.body === undefined ? {} : { body: { schema: route.body } }),
    answers: {
      200: { description: route.isPage === true ? 'The page.' : 'The answer.', ...contentOf(route) },
      400: {
        description: 'The request does not fit; the message says what was wanted, what came, and where.',
        content: { schema: refusalSchema },
      },
      403: { description: 'Sent by a page of another origin.', content: { schema: refusalSchema } },
    },
  }));
