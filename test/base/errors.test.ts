import { readdirSync, readFileSync } from 'node:fs';
import { GalerkinError, isGalerkinError } from 'galerkin/base';
import { describe, expect, test } from 'vitest';
import { errorsPage } from '../../dist/base/errors/page.js';
import { errorTable } from '../../dist/base/errors/table.js';

describe('errors', () => {
  test('docs/errors.md and the table say the same', () => {
    expect(readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')).toBe(errorsPage());
  });

  test('every code belongs to one room only', async () => {
    const folder = new URL('../../dist/base/errors/', import.meta.url);
    const files = readdirSync(folder).filter(file => file.endsWith('.js'));
    const modules = await Promise.all(files.map((file): Promise<object> => import(new URL(file, folder).href)));
    const tables = modules.flatMap(Object.entries).filter(([name]) => /^(?!error)\w+Errors$/.test(name));
    const codes = tables.flatMap(([, table]) => Object.keys(table));
    expect(tables.length).toBeGreaterThanOrEqual(8);
    expect(codes.filter((code, place) => codes.indexOf(code) !== place)).toEqual([]);
    expect(codes.toSorted()).toEqual(Object.keys(errorTable).toSorted());
  });

  test('an error carries its code, its facts, and both its statuses', () => {
    const error = new GalerkinError('TENSOR_INVALID', { name: 'a', wanted: '4 values', got: '3 values' });
    expect(error).toMatchObject({ code: 'TENSOR_INVALID', http: 400, exit: 65, fields: { name: 'a' } });
    expect(error.message).toBe("Tensor 'a': wanted 4 values, got 3 values.");
    expect(isGalerkinError(error)).toBe(true);
    expect(isGalerkinError(new Error('other'))).toBe(false);
  });
});
