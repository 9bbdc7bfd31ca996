// One operation of the API document: a path and method with what it takes and gives, as schemas.
import type { z } from 'zod';

export interface Content {
  readonly schema: z.ZodType;
  /** 'application/json' when absent. */
  readonly type?: string;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly description: string;
  readonly required?: boolean;
}

export interface Operation {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** With the parameters in braces, such as /models/{model}. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly body?: Content & { readonly examplesOf?: 'predict' | 'batch' | 'v2' };
  /** Answers by status; undefined for one without a body that matters. */
  readonly answers: Readonly<Record<number, { readonly description: string; readonly content?: Content }>>;
}

const described: Readonly<Record<string, string>> = {
  model: 'Name of a model.',
  version: 'A version of it, a whole number.',
  name: 'Name of a region of shared memory.',
  index: 'A whole number below the count of samples.',
};

/** The parameters that a path names. */
export const pathParameters = (path: string): Parameter[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    description: described[name] ?? name,
    required: true,
  }));
