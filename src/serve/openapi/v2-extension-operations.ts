// The extensions of KServe v2 over HTTP, as the API document describes them: generated answers, statistics, repository, settings, shared memory.
import { z } from 'zod';
import type { Content, Operation } from './operation.js';
import { named, refusalSchema } from './registry.js';

const tag = 'KServe v2 extensions';
const refusal = (description: string) => ({ description, content: { schema: refusalSchema } });
const answer = (schema: z.ZodType, description = 'The answer.') => ({ description, content: { schema } });

const anyObject = z.looseObject({});
const settings = named(
  'Settings',
  'Settings by name; POST changes those that it names, null goes back to what holds without.',
  z.record(z.string(), z.unknown()),
);
const generated = named(
  'GenerateRequest',
  'Inputs by name as numbers, text or flat lists; all other members are parameters of the request.',
  anyObject,
);
const counted = z.object({ count: z.int(), ns: z.int() });
const statistics = named(
  'ModelStatistics',
  'What model versions did since they were loaded; times in nanoseconds, summed.',
  z.object({
    model_stats: z.array(
      z.looseObject({
        name: z.string(),
        version: z.string(),
        inference_count: z.int(),
        execution_count: z.int(),
        inference_stats: z.record(z.string(), counted),
      }),
    ),
  }),
);
const index = named(
  'RepositoryIndex',
  'Every model that the repository holds.',
  z.array(
    z.looseObject({
      name: z.string(),
      version: z.string().optional(),
      state: z.string().optional(),
      reason: z.string().optional(),
    }),
  ),
);
const control = named(
  'RepositoryControl',
  'Parameters of loading or unloading: config (JSON text), file:PATH (base64), unload_dependents.',
  z.looseObject({ parameters: z.record(z.string(), z.unknown()).optional() }),
);

const common = {
  400: refusal('The request does not fit, or the model is not known.'),
  403: refusal('Sent by a page of another origin.'),
  501: refusal('Not done by this server.'),
  503: refusal('Busy, stopping, or not allowed by how the server was started.'),
};
const get = (path: string, summary: string, schema: z.ZodType): Operation => ({
  method: 'get',
  path,
  tag,
  summary,
  answers: { 200: answer(schema), ...common },
});
const post = (path: string, summary: string, { body, gives }: { body: Content; gives?: Content }): Operation => ({
  method: 'post',
  path,
  tag,
  summary,
  body,
  answers: { 200: { description: 'Done.', ...(gives && { content: gives }) }, ...common },
});

const ofModel = (base: string, which: string): readonly Operation[] => [
  get(`${base}/stats`, `Statistics of ${which}`, statistics),
  post(`${base}/generate`, `One answer of ${which} as plain JSON`, {
    body: { schema: generated },
    gives: { schema: anyObject },
  }),
  post(`${base}/generate_stream`, `Answers of ${which} as server-sent events`, {
    body: { schema: generated },
    gives: { schema: z.string(), type: 'text/event-stream' },
  }),
  get(`${base}/trace/setting`, `How ${which} is traced`, settings),
  post(`${base}/trace/setting`, `Change how ${which} is traced`, {
    body: { schema: settings },
    gives: { schema: settings },
  }),
];

const repository: readonly Operation[] = [
  post('/v2/repository/index', 'What the repository holds', {
    body: { schema: z.object({ ready: z.boolean().optional() }) },
    gives: { schema: index },
  }),
  post('/v2/repository/models/{model}/load', 'Load a model, or load it again', { body: { schema: control } }),
  post('/v2/repository/models/{model}/unload', 'Unload a model', { body: { schema: control } }),
];

const server: readonly Operation[] = [
  get('/v2/models/stats', 'Statistics of every model', statistics),
  get('/v2/trace/setting', 'How requests are traced', settings),
  post('/v2/trace/setting', 'Change how requests are traced', {
    body: { schema: settings },
    gives: { schema: settings },
  }),
  get('/v2/logging', 'How the server logs', settings),
  post('/v2/logging', 'Change how the server logs', { body: { schema: settings }, gives: { schema: settings } }),
];

const sharedMemory: readonly Operation[] = [
  get('/v2/systemsharedmemory/status', 'Regions of shared memory', z.array(anyObject)),
  get('/v2/systemsharedmemory/region/{name}/status', 'One region of shared memory', z.array(anyObject)),
  post('/v2/systemsharedmemory/region/{name}/register', 'Register a region of shared memory', {
    body: { schema: z.object({ key: z.string(), offset: z.int().optional(), byte_size: z.int() }) },
  }),
  post('/v2/systemsharedmemory/region/{name}/unregister', 'Unregister a region', { body: { schema: anyObject } }),
  post('/v2/systemsharedmemory/unregister', 'Unregister every region', { body: { schema: anyObject } }),
];

export const v2ExtensionOperations: readonly Operation[] = [
  ...ofModel('/v2/models/{model}', 'the newest version'),
  ...ofModel('/v2/models/{model}/versions/{version}', 'one version'),
  ...repository,
  ...server,
  ...sharedMemory,
];
