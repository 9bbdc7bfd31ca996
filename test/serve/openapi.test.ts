import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  inferResponse,
  modelConfigAnswer,
  modelMetadata,
  serverMetadata,
} from '../../dist/serve/openapi/v2-schemas.js';
import { get, jsonQuestion, post } from './fixtures/client.js';
import { constantField, type Fixture, serveFixture } from './fixtures/repository.js';

const documentSchema = z.object({
  openapi: z.string(),
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({
        operationId: z.string(),
        requestBody: z
          .object({
            content: z.record(
              z.string(),
              z.looseObject({ examples: z.record(z.string(), z.object({ value: z.unknown() })).optional() }),
            ),
          })
          .loose()
          .optional(),
        responses: z.record(z.string(), z.unknown()),
      }),
    ),
  ),
  components: z.object({ schemas: z.record(z.string(), z.looseObject({ description: z.string() })) }),
});

let server: Fixture;
let text: string;
let document: z.infer<typeof documentSchema>;
beforeAll(async () => {
  server = await serveFixture(['double', 'kinds', 'simple']);
  text = (await get(`${server.url}/openapi.json`)).text;
  document = documentSchema.parse(JSON.parse(text));
});
afterAll(() => server.close());

describe('the API document', () => {
  test('is OpenAPI 3.1, and every reference in it leads somewhere', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    const references = new Set([...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference));
    expect(references.size).toBeGreaterThan(5);
    for (const reference of references) {
      const name = /^#\/components\/schemas\/(\w+)$/.exec(reference ?? '')?.[1] ?? '';
      expect(Object.keys(document.components.schemas)).toContain(name);
    }
  });

  test('names every operation once', () => {
    const ids = Object.values(document.paths).flatMap(methods => Object.values(methods).map(each => each.operationId));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('every path in it is served', async () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      const real = path
        .replace('{model}', 'double')
        .replace('{version}', '1')
        .replace('{index}', '0')
        .replace('{name}', 'region');
      for (const method of Object.keys(methods)) {
        const url = `${server.url}${real}`;
        const { status, json } = method === 'get' ? await get(url) : await post(url, {});
        expect([path, method, status, json]).not.toEqual([path, method, 404, { error: 'Not Found' }]);
        expect([path, method, Object.keys(methods[method]?.responses ?? {})]).toEqual([
          path,
          method,
          expect.arrayContaining([String(status)]),
        ]);
      }
    }
  });

  test('its examples can be sent as they stand, and are answered', async () => {
    for (const path of ['/predict', '/predict/batch', '/v2/models/{model}/infer']) {
      const { examples = {} } = document.paths[path]?.post?.requestBody?.content['application/json'] ?? {};
      expect([path, Object.keys(examples)]).toEqual([
        path,
        path === '/x' ? [] : expect.arrayContaining(['double', 'simple']),
      ]);
      for (const [model, { value }] of Object.entries(examples)) {
        const reply = await post(`${server.url}${path.replace('{model}', model)}`, z.looseObject({}).parse(value));
        expect([path, model, reply.status]).toEqual([path, model, 200]);
        expect(reply.text).not.toContain('"code"');
      }
    }
  });

  test('what v2 answers fits its schemas', async () => {
    const cases: [string, z.ZodType][] = [
      ['/v2', serverMetadata],
      ['/v2/models/double', modelMetadata],
      ['/v2/models/double/config', modelConfigAnswer],
    ];
    for (const [path, schema] of cases) {
      const { json } = await get(`${server.url}${path}`);
      expect(schema.parse(json)).toEqual(json);
    }
    const { json } = await post(
      `${server.url}/v2/models/double/infer`,
      jsonQuestion(constantField(1), [1, 4, 4], { id: 'x' }),
    );
    expect(inferResponse.parse(json)).toEqual(json);
  });
});

describe('the page', () => {
  test('/docs leads there; it may load and send nothing but from and to this server', async () => {
    const moved = await get(`${server.url}/docs`, { redirect: 'manual' });
    expect([moved.status, moved.headers.get('location')]).toEqual([302, '/docs/']);
    const page = await get(`${server.url}/docs/`);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('content-security-policy')).toMatch(
      /default-src 'none'; script-src 'self';.*connect-src 'self'/,
    );
    expect(page.text).not.toMatch(/https?:\/\//);
  });

  test('only its own files are given', async () => {
    for (const path of ['package.json', '../package.json', '%2e%2e/package.json', 'index.html.map', 'static/', 'x']) {
      expect((await get(`${server.url}/docs/${path}`)).status).toBe(404);
    }
  });
});
