// The examples of docs/compile.md run as they stand.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = await readFile(join(root, 'docs', 'compile.md'), 'utf8');
const examples = [...page.matchAll(/```ts\n([\s\S]*?)```/g)]
  .map(([, text = '']) => text)
  .filter(text => text.includes('compileNative(') && text.includes('await ready()'));

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(root, 'test', 'compile', '.docs-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function printed(text: string, name: string): Promise<unknown[][]> {
  const file = join(folder, `${name}.ts`);
  await writeFile(file, text);
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  try {
    await import(file);
    return [...log.mock.calls];
  } finally {
    log.mockRestore();
  }
}

describe('docs/compile.md', () => {
  it('has its four examples', () => {
    expect(examples.length).toBeGreaterThanOrEqual(4);
  });
  it.each(examples.map((text, k) => [k + 1, text] as const))(
    'example %i runs, and counts no references',
    async (k, text) => {
      expect(text).not.toMatch(/\.ref\b|\.dispose\b/);
      const lines = await printed(text, `example-${k}`);
      expect(lines.length).toBeGreaterThan(0);
      const numbers = lines.flat().flatMap(value => (value instanceof Float32Array ? [...value] : []));
      expect(numbers.every(Number.isFinite)).toBe(true);
    },
  );
});
