// The table of docs/primitives.md as data.
import { readFileSync } from 'node:fs';
import type { Spec } from 'galerkin/compile';

export const page = readFileSync(new URL('../../../docs/primitives.md', import.meta.url), 'utf8');

export interface PageRow {
  readonly primitive: string;
  readonly becomes: string;
  readonly dtypes: readonly Spec['dtype'][];
  readonly tests: readonly string[];
}

/** What the page abbreviates. */
const abbreviations: Readonly<Record<string, readonly Spec['dtype'][]>> = {
  f: ['float32', 'float64', 'float16'],
  float32: ['float32'],
  i: ['int32'],
  u: ['uint32'],
  b: ['bool'],
  none: [],
};

export const rows: readonly PageRow[] = [
  ...page.matchAll(/^\| ([a-z_]+) \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$/gm),
].flatMap(([, primitive = '', becomes = '', types = '', tests = '']) => {
  const dtypes = types.split(' ').flatMap(type => abbreviations[type] ?? []);
  return primitive === 'primitive' ? [] : [{ primitive, becomes, dtypes, tests: tests.split(', ') }];
});
