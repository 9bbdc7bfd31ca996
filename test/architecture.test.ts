import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

/** The floors: what each room may import, by that room's index only (architecture: docs/architecture.md). */
const mayImport: Record<string, readonly string[]> = {
  base: [],
  observe: ['base'],
  client: [],
  store: ['base'],
  solve: ['base'],
  runtime: ['base'],
  graph: ['base', 'runtime'],
  compile: ['base', 'runtime', 'graph'],
  model: ['base', 'store'],
  learn: ['base', 'store', 'solve', 'runtime', 'compile', 'model'],
  optimize: ['base', 'store', 'runtime', 'graph', 'model'],
  serve: ['base', 'observe', 'store', 'model', 'runtime'],
  control: ['base', 'observe', 'store', 'model', 'runtime', 'graph'],
  cli: [
    'base',
    'observe',
    'store',
    'solve',
    'runtime',
    'graph',
    'compile',
    'model',
    'learn',
    'optimize',
    'serve',
    'control',
  ],
};
const maxLines = 300;

const src = fileURLToPath(new URL('../src', import.meta.url));
const web = fileURLToPath(new URL('../web/src', import.meta.url));

function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return listFiles(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

interface Source {
  readonly path: string;
  readonly room: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const importPattern =
  /(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s*['"](\.[^'"]+)['"]|import\(\s*['"](\.[^'"]+)['"]\s*\)/g;

const sources: Source[] = listFiles(src).map(file => {
  const text = readFileSync(file, 'utf8');
  const imports = [...text.matchAll(importPattern)].map(match =>
    relative(src, join(dirname(file), (match[1] ?? match[2] ?? '').replace(/\.js$/, '.ts'))),
  );
  const path = relative(src, file);
  return { path, room: path.split('/')[0] ?? '', text, imports };
});
const inRooms = sources.filter(source => source.path.includes('/'));

describe('architecture', () => {
  test('every room is on a floor', () => {
    expect([...new Set(inRooms.map(source => source.room))].filter(room => !(room in mayImport))).toEqual([]);
  });

  test('rooms import only downward, and only through the index', () => {
    const faults = inRooms.flatMap(({ path, room, imports }) =>
      imports
        .filter(target => target.split('/')[0] !== room)
        .filter(target => !(mayImport[room] ?? []).some(lower => target === `${lower}/index.ts`))
        .map(target => `${path} imports ${target}`),
    );
    expect(faults).toEqual([]);
  });

  test('inside a room no file imports the room by its index', () => {
    const faults = inRooms.flatMap(({ path, room, imports }) =>
      imports.includes(`${room}/index.ts`) ? [`${path} imports its own index`] : [],
    );
    expect(faults).toEqual([]);
  });

  test('there is no cycle of imports, types included', () => {
    const byPath = new Map(sources.map(source => [source.path, source]));
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (state.get(path) === 'done') return;
      if (state.get(path) === 'open') {
        cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
        return;
      }
      state.set(path, 'open');
      for (const target of byPath.get(path)?.imports ?? []) visit(target, [...trail, path]);
      state.set(path, 'done');
    };
    for (const { path } of sources) visit(path, []);
    expect(cycles).toEqual([]);
  });

  test(`no file is longer than ${maxLines} lines, and each opens with the sentence that says it`, () => {
    const files = [...sources, ...listFiles(web).map(path => ({ path, text: readFileSync(path, 'utf8') }))];
    const faults = files.flatMap(({ path, text }) => [
      ...(text.split('\n').length > maxLines ? [`${path}: ${text.split('\n').length} lines`] : []),
      ...(/^(#!.*\n)?\/\/ \S/.test(text) ? [] : [`${path}: no opening sentence`]),
    ]);
    expect(faults).toEqual([]);
  });

  test('types are never given up', () => {
    const givenUp = /@ts-(ignore|expect-error|nocheck)|\bas any\b|: any\b|as unknown as|\bas never\b/;
    expect(
      sources
        .filter(source => givenUp.test(source.text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')))
        .map(source => source.path),
    ).toEqual([]);
  });

  test('the rooms, with their lines', () => {
    const lines = new Map<string, number>();
    for (const { room, text } of inRooms) lines.set(room, (lines.get(room) ?? 0) + text.split('\n').length);
    console.log([...lines].map(([room, count]) => `${room.padEnd(8)} ${count}`).join('\n'));
    expect(lines.size).toBeGreaterThan(0);
  });
});
