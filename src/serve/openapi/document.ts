// The API document, OpenAPI 3.1, made from the operations and the very schemas that check the bodies.
import { z } from 'zod';
import type { ServedModel } from '../engine/served-model.js';
import type { ServerExtension } from '../extension.js';
import { inferExample, predictExample, shownModels } from './examples.js';
import { extensionOperations } from './extension-operations.js';
import { type Content, type Operation, type Parameter, pathParameters } from './operation.js';
import { peopleOperations } from './people-operations.js';
import { apiSchemas, descriptions } from './registry.js';
import { v2ExtensionOperations } from './v2-extension-operations.js';
import { v2Operations } from './v2-operations.js';

export const operations: readonly Operation[] = [...peopleOperations, ...v2Operations, ...v2ExtensionOperations];

const reference = (id: string): string => `#/components/schemas/${id}`;

/** JSON Schema of each named schema; they refer to one another. */
function components(): Record<string, object> {
  const { schemas } = z.toJSONSchema(apiSchemas, { uri: reference, io: 'input' });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $id: _id, $schema: _dialect, ...schema }]) => [
      id,
      { description: descriptions.get(id), ...schema },
    ]),
  );
}

function schemaOf(schema: z.ZodType): object {
  const known = apiSchemas.get(schema);
  if (known !== undefined) return { $ref: reference(known.id) };
  const { $schema: _dialect, ...inline } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return inline;
}

function examplesOf(kind: 'predict' | 'batch' | 'v2' | undefined, models: readonly ServedModel[]): object {
  if (kind === undefined || models.length === 0) return {};
  const value = (model: ServedModel): object => {
    if (kind === 'v2') return inferExample(model);
    return kind === 'predict' ? predictExample(model) : { requests: [predictExample(model)] };
  };
  const examples = models.map(model => [model.name, { summary: model.title || model.name, value: value(model) }]);
  return { examples: Object.fromEntries(examples) };
}

const contentOf = ({ schema, type = 'application/json' }: Content, examples: object = {}): object => ({
  [type]: { schema: schemaOf(schema), ...examples },
});

const parameterOf = ({ name, in: place, description, required = false }: Parameter): object => ({
  name,
  in: place,
  description,
  required,
  schema: { type: 'string' },
});

function operationOf(operation: Operation, models: readonly ServedModel[]): object {
  const { method, path, tag, summary, description, parameters = [], body, answers } = operation;
  const all = [...pathParameters(path), ...parameters];
  return {
    operationId: `${method}${path.replace(/\{(\w+)\}|\W+/g, (_, name: string | undefined) => (name ? `_${name}` : '_'))}`,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(all.length === 0 ? {} : { parameters: all.map(parameterOf) }),
    ...(body && { requestBody: { required: true, content: contentOf(body, examplesOf(body.examplesOf, models)) } }),
    responses: Object.fromEntries(
      Object.entries(answers).map(([status, { description: means, content }]) => [
        status,
        { description: means, ...(content && { content: contentOf(content) }) },
      ]),
    ),
  };
}

/** The document for these models; takes some milliseconds. */
export function apiDocument(
  version: string,
  served: readonly ServedModel[],
  extensions: readonly ServerExtension[] = [],
): object {
  const models = shownModels(served);
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of [...operations, ...extensions.flatMap(extensionOperations)]) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: operationOf(operation, models) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Galerkin',
      version,
      description: 'Models of physics behind HTTP: each answer is checked against the physics before it leaves.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [
      { name: 'predict', description: 'Inference in plain JSON.' },
      { name: 'models', description: 'What is served, and fields to try it with.' },
      { name: 'monitoring', description: 'Health, statistics, scaling.' },
      { name: 'KServe v2', description: 'The protocol that clients of Triton speak, also with binary tensors.' },
      { name: 'KServe v2 extensions', description: 'What Triton adds to the protocol.' },
      ...extensions.map(({ name }) => ({ name, description: `What '${name}' adds to this server.` })),
    ],
    paths,
    components: { schemas: components() },
  };
}
