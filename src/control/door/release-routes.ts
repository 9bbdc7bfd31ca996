// Releases over REST: planned, begun, commanded and looked up by anyone who may call the server, and told to WebSockets as they go on.
import { z } from 'zod';
import type { RouteStatus } from '../../model/index.js';
import { routeStatusSchema } from '../fleet/replica-wire.js';
import type { Releases } from '../release/releases.js';
import { type ReleaseCommand, type ReleaseEvidence, releaseCommands } from '../release/status.js';
import { evidenceAnswer, listAnswer, planAnswer, pruneAnswer, statusAnswer, unrouteAnswer } from './answers.js';
import { checkDocument, planBody, pruneBody, readListQuery, startBody, unrouteBody, wordBody } from './bodies.js';
import type { ControlCall, ControlExtension, ControlRoute } from './extension.js';

export interface ReleaseDoorParts {
  readonly releases: Releases;
  /** What this server obeys, of all its models. */
  routes(): Promise<readonly RouteStatus[]>;
  /** A page that shows the evidence. */
  report(evidence: ReleaseEvidence): string;
}

const idOf = ({ params }: ControlCall): string => params.id ?? '';

const commandSummaries: Readonly<Record<ReleaseCommand, string>> = {
  pause: 'Holds a release where it is; its time stands still.',
  resume: 'Lets a paused release go on.',
  promote: 'Ends the stage now: approves what waits for a person, or goes to the next stage.',
  abort: 'Gives all traffic back to the stable version at once.',
};

const commandRoute = (releases: Releases, command: ReleaseCommand): ControlRoute => ({
  method: 'POST',
  path: `/releases/{id}/${command}`,
  summary: commandSummaries[command],
  body: wordBody,
  answer: statusAnswer,
  handle: async call => releases.command(idOf(call), command, wordBody.parse(call.body)),
});

function lookups({ releases, report }: ReleaseDoorParts): ControlRoute[] {
  return [
    {
      method: 'GET',
      path: '/releases',
      summary: 'Releases, latest first; ?model= and ?limit= (up to 1000, default 50).',
      answer: listAnswer,
      handle: async ({ query }) => ({ releases: await releases.list(readListQuery(query)) }),
    },
    {
      method: 'GET',
      path: '/releases/{id}',
      summary: 'A release as it stands: phase, stage, judgement, advice.',
      answer: statusAnswer,
      handle: async call => releases.status(idOf(call)),
    },
    {
      method: 'GET',
      path: '/releases/{id}/evidence',
      summary: 'All that decided a release: events, the curves of its judgement, sketches of the samples.',
      answer: evidenceAnswer,
      handle: async call => releases.evidence(idOf(call)),
    },
    {
      method: 'GET',
      path: '/releases/{id}/report',
      summary: 'The evidence as a page that stands by itself.',
      isPage: true,
      async handle(call) {
        const content = report(await releases.evidence(idOf(call)));
        return { contentType: 'text/html; charset=utf-8', content };
      },
    },
  ];
}

function beginnings({ releases }: ReleaseDoorParts): ControlRoute[] {
  return [
    {
      method: 'POST',
      path: '/releases/plan',
      summary: 'What a release document would do; changes nothing.',
      body: planBody,
      answer: planAnswer,
      handle: async ({ body }) => releases.plan(checkDocument(planBody.parse(body).document)),
    },
    {
      method: 'POST',
      path: '/releases',
      summary: 'Starts a release; it is written down when the answer comes. `by` and `why` are kept for ever.',
      body: startBody,
      answer: statusAnswer,
      async handle(call) {
        const { document, by, why } = startBody.parse(call.body);
        return releases.start(checkDocument(document), { by, why });
      },
    },
    {
      method: 'POST',
      path: '/releases/prune',
      summary: 'Deletes the evidence of old releases, never how they ended; only counts it, unless dryRun is false.',
      body: pruneBody,
      answer: pruneAnswer,
      async handle({ body }) {
        const { olderThanDays, dryRun } = pruneBody.parse(body);
        return releases.prune({ dryRun, ...(olderThanDays !== undefined && { olderThanDays }) });
      },
    },
  ];
}

/** The routes of releases and of what is obeyed, and the events of kind 'releases'. */
export function releaseRoutes(parts: ReleaseDoorParts): ControlExtension {
  const { releases, routes } = parts;
  return {
    name: 'releases',
    routes: [
      ...lookups(parts),
      ...beginnings(parts),
      ...releaseCommands.map(command => commandRoute(releases, command)),
      {
        method: 'GET',
        path: '/routes',
        summary:
          'How this server shares the traffic of its models between their versions; models without a route are left out.',
        answer: z.object({ routes: z.array(routeStatusSchema) }),
        handle: async () => ({ routes: await routes() }),
      },
      {
        method: 'POST',
        path: '/routes/{model}/unroute',
        summary:
          'Gives the model back to its own version policy, on every replica; with dryRun it only says what that means.',
        body: unrouteBody,
        answer: unrouteAnswer,
        async handle({ params: { model = '' }, body }) {
          const { dryRun, ...word } = unrouteBody.parse(body);
          return releases.unroute(model, word, { dryRun });
        },
      },
    ],
    events: { kind: 'releases', subscribe: listener => releases.subscribe(listener) },
  };
}
