import { readFileSync } from 'node:fs';
import { GalerkinError, isGalerkinError } from 'galerkin/base';
import { describe, expect, test } from 'vitest';
import { errorsPage } from '../../dist/base/errors/page.js';

describe('errors', () => {
  test('docs/errors.md and the table say the same', () => {
    expect(readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')).toBe(errorsPage());
  });

  test('an error carries its code, its facts, and both its statuses', () => {
    const error = new GalerkinError('TENSOR_INVALID', { name: 'a', wanted: '4 values', got: '3 values' });
    expect(error).toMatchObject({ code: 'TENSOR_INVALID', http: 400, exit: 65, fields: { name: 'a' } });
    expect(error.message).toBe("Tensor 'a': wanted 4 values, got 3 values.");
    expect(isGalerkinError(error)).toBe(true);
    expect(isGalerkinError(new Error('other'))).toBe(false);
  });
});
