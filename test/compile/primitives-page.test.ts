// The page of primitives says what is true: a row for every primitive of the tracer, its status and its tests as they are.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rules } from '../../dist/compile/rules/table.js';
import { page, rows } from './rows/page.js';

const types = readFileSync(new URL('../../node_modules/@jax-js/jax/dist/index.d.ts', import.meta.url), 'utf8');

/** The primitives that the tracer's own types list. */
function tracerPrimitives(): string[] {
  const list = /declare enum Primitive \{([^}]*)\}/.exec(types)?.[1] ?? '';
  return [...list.matchAll(/= "([a-z_]+)"/g)].map(([, name]) => name ?? '');
}

const fileOf = (name: string): URL =>
  new URL(name.startsWith('rows/') ? `./${name}.ts` : `./${name}.test.ts`, import.meta.url);

describe('docs/primitives.md', () => {
  it('has one row for each primitive of the tracer, in its order', () => {
    expect(tracerPrimitives().length).toBeGreaterThan(40);
    expect(rows.map(({ primitive }) => primitive)).toEqual(tracerPrimitives());
  });

  it('says how many there are', () => {
    expect(page).toContain(`one of the tracer's ${rows.length} primitives`);
  });

  it.each(rows.map(row => [row.primitive, row] as const))('%s is lowered or refused as it says', (primitive, row) => {
    // Calls are walked by the interpreter, not by a rule.
    const isLowered = rules.has(primitive) || primitive === 'jit';
    expect(row.becomes.startsWith('refused')).toBe(!isLowered);
  });

  it.each(rows.map(row => [row.primitive, row] as const))(
    '%s is held by tests that name it',
    (primitive, { tests }) => {
      expect(tests.length).toBeGreaterThan(0);
      for (const name of tests) expect(existsSync(fileOf(name)), name).toBe(true);
      const rowFiles = tests.filter(name => name.startsWith('rows/'));
      const named = rowFiles.map(name => readFileSync(fileOf(name), 'utf8').includes(`  ${primitive}: [`));
      expect(named).toEqual(rowFiles.map(() => true));
    },
  );
});
