// A server's traffic for the controller of its fleet: three routes over HTTP, all behind the fleet's secret.
import { z } from 'zod';
import { faultLines, GalerkinError } from '../../base/index.js';
import { parseRoute } from '../../model/index.js';
import type { ControlCall, ControlExtension } from '../door/extension.js';
import type { OwnTraffic } from './own-replica.js';
import { type ApplyAnswer, applyAnswerSchema, refusalIn, sampleBatchSchema, trafficSchema } from './replica-wire.js';
import { checkSecret } from './secret.js';

/** Samples of one answer; more are fetched by the next. */
export const maxSamples = 10_000;

const sampleQuery = z.object({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(maxSamples).default(1000),
});

async function apply(traffic: OwnTraffic, model: string, body: unknown): Promise<ApplyAnswer> {
  try {
    const route = parseRoute(body);
    if (route.model !== model)
      throw new GalerkinError('ROUTE_INVALID', { faults: [`model: wanted '${model}', as in the path`] });
    return { status: await traffic.apply(route) };
  } catch (error) {
    const refused = refusalIn(error);
    if (refused === undefined) throw error;
    return { refused };
  }
}

/**
 * PUT /traffic/{model} obeys a Route; GET tells what is obeyed; GET …/samples?after=&limit= gives what was measured.
 * @param secret  of the fleet; the header 'authorization: Bearer <secret>' must say it
 */
export function replicaRoutes(traffic: OwnTraffic, secret: string): ControlExtension {
  const guarded =
    (work: (model: string, call: ControlCall) => unknown) =>
    async (call: ControlCall): Promise<unknown> => {
      checkSecret(call.headers.authorization, secret);
      return work(call.params.model ?? '', call);
    };
  return {
    name: 'replica',
    routes: [
      {
        method: 'PUT',
        path: '/traffic/{model}',
        summary: "Obeys a route: for the controller of this server's fleet, which knows its secret.",
        body: z.looseObject({}),
        answer: applyAnswerSchema,
        handle: guarded((model, { body }) => apply(traffic, model, body)),
      },
      {
        method: 'GET',
        path: '/traffic/{model}',
        summary:
          'The route that is obeyed and which versions are ready, null without one; and the version that answers.',
        answer: trafficSchema,
        handle: guarded(model => ({
          status: traffic.status(model) ?? null,
          standing: traffic.standing(model) ?? null,
        })),
      },
      {
        method: 'GET',
        path: '/traffic/{model}/samples',
        summary: 'What requests were like, one sample each, since the one numbered `after`.',
        answer: sampleBatchSchema,
        handle: guarded((model, { query }) => {
          const parsed = sampleQuery.safeParse(query);
          if (parsed.success) return traffic.samples(model, parsed.data.after, parsed.data.limit);
          const got = faultLines(parsed.error).join('; ');
          throw new GalerkinError('REQUEST_MALFORMED', {
            what: 'query',
            wanted: '?after=<number>&limit=<number>',
            got,
          });
        }),
      },
    ],
  };
}
