import {
  choiceOption,
  flagOption,
  integerOption,
  numberOption,
  optionRows,
  optionSchema,
  resolveOptions,
} from 'galerkin/base';
import { describe, expect, test } from 'vitest';

const schema = optionSchema({
  width: integerOption({ doc: 'Channels.', unit: 'channels', default: 32, min: 1 }),
  rate: numberOption({ doc: 'Learning rate.', default: 1e-3, min: 0, max: 1 }),
  policy: choiceOption(['annotate', 'reject'], { doc: 'What to do.', default: 'annotate' }),
  quiet: flagOption({ doc: 'Say less.', default: false }),
});

describe('options', () => {
  test('what is not given gets its default, and the result is frozen', () => {
    const config = resolveOptions('test', schema, { width: 8 });
    expect(config).toEqual({ width: 8, rate: 1e-3, policy: 'annotate', quiet: false });
    expect(Object.isFrozen(config)).toBe(true);
  });

  test('every fault is reported at once, unknown names included', () => {
    const given = { width: 0, rate: 2, policy: 'x', typo: 1 };
    expect(() => resolveOptions('test', schema, JSON.parse(JSON.stringify(given)))).toThrowError(
      expect.objectContaining({
        code: 'OPTIONS_INVALID',
        fields: expect.objectContaining({
          faults: [
            expect.stringMatching(/^width/),
            expect.stringMatching(/^rate/),
            expect.stringMatching(/^policy/),
            expect.stringMatching(/typo/),
          ],
        }),
      }),
    );
  });

  test('NaN and infinities are no numbers here', () => {
    expect(() => resolveOptions('test', schema, { rate: Number.NaN })).toThrow(/rate/);
    expect(() => resolveOptions('test', schema, { rate: Number.POSITIVE_INFINITY })).toThrow(/rate/);
  });

  test('rows carry what a flag needs: kind, unit, choices, default', () => {
    expect(optionRows(schema).map(({ key, kind, unit, default: value }) => ({ key, kind, unit, value }))).toEqual([
      { key: 'width', kind: 'integer', unit: 'channels', value: 32 },
      { key: 'rate', kind: 'number', unit: undefined, value: 1e-3 },
      { key: 'policy', kind: 'string', unit: undefined, value: 'annotate' },
      { key: 'quiet', kind: 'boolean', unit: undefined, value: false },
    ]);
  });
});
