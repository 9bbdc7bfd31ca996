import { isGalerkinError, type Random, seededRandom } from 'galerkin/base';
import { configToJson, lintConfig, parseConfig, parseConfigJson, printConfig } from 'galerkin/model';
import { describe, expect, test } from 'vitest';
import { randomConfig } from './random-config.js';

const pieces = [
  ...[
    '{',
    '}',
    '[',
    ']',
    '<',
    '>',
    '"',
    "'",
    ':',
    ',',
    ';',
    '-',
    '\\',
    '#',
    '\n',
    '\0',
    '\u{10ffff}',
    '\ud800',
    '\ufeff',
  ],
  ...['0', '-1', '1e999', '0x', '99999999999999999999', '.5', 'inf', 'nan', 'true', '"a"', '{ }', '[ ]', '[ { } ]'],
  ...['input', 'name', 'dims', 'input { ', 'step { ', 'state { ', 'key: "x" value: { }', '__proto__', 'constructor'],
  ...['sequence_batching { }', 'ensemble_scheduling { }', 'dynamic_batching { }', 'optimization { cuda { } }', '# x\n'],
] as const;

/** A text with a few places changed: something put in, taken out, doubled, or moved. */
function damaged(text: string, other: string, random: Random): string {
  let result = text;
  for (let edits = 1 + random.integer(5); edits > 0; edits--) {
    const at = random.integer(result.length + 1);
    const length = random.integer(12);
    const piece = pieces[random.integer(pieces.length)] ?? '';
    const from = random.integer(other.length + 1);
    const taken = random.integer(4) === 0 ? other.slice(from, from + 40) : piece;
    result = result.slice(0, at) + taken + result.slice(at + length);
  }
  return result;
}

/** True when it was refused. Anything but a refusal of ours comes through. */
function isRefused(run: () => unknown): boolean {
  try {
    run();
    return false;
  } catch (error) {
    if (isGalerkinError(error) && error.code === 'MODEL_CONFIG_INVALID') return true;
    throw error;
  }
}

describe('a configuration from anybody', () => {
  const seeds = Array.from({ length: 60 }, (_, k) => randomConfig(seededRandom(4).fork(k)));

  test('30 000 damaged texts are read or refused, and what is read is printed and read again as the same', () => {
    const random = seededRandom(5);
    const texts = seeds.map(printConfig);
    let refused = 0;
    for (let k = 0; k < 30_000; k++) {
      const text = damaged(texts[k % 60] ?? '', texts[random.integer(60)] ?? '', random);
      if (isRefused(() => parseConfig(text))) refused += 1;
      else if (k % 50 === 0) expect(parseConfig(printConfig(parseConfig(text)))).toEqual(parseConfig(text));
    }
    expect(refused).toBeGreaterThan(15_000);
    expect(refused).toBeLessThan(30_000);
  });

  test('3000 damaged JSON texts are read or refused', () => {
    const random = seededRandom(6);
    const texts = seeds.map(config => JSON.stringify(configToJson(config)));
    const values = ['null', '{}', '[]', '-1', '1e999', '"x"', 'true', '{"key":{}}', '"9007199254740993"', '[[]]'];
    for (let k = 0; k < 3000; k++) {
      const text = texts[k % 60] ?? '';
      // A value replaced keeps the text JSON; a piece put in seldom does.
      const replaced = text.replace(/(":)("[^"]*"|\d+|true|false)/g, (whole, colon: string) =>
        random.integer(40) === 0 ? `${colon}${values[random.integer(values.length)]}` : whole,
      );
      isRefused(() => parseConfigJson(k % 2 === 0 ? replaced : damaged(text, text, random)));
    }
  });

  test('the linter never throws, and finds something in whatever is refused', () => {
    const random = seededRandom(7);
    const texts = seeds.map(printConfig);
    for (let k = 0; k < 1500; k++) {
      const text = damaged(texts[k % 60] ?? '', texts[random.integer(60)] ?? '', random);
      const found = lintConfig(text, random.integer(2) === 0 ? undefined : Uint8Array.of(1, 2, 3));
      if (isRefused(() => parseConfig(text))) expect(found.length).toBeGreaterThan(0);
    }
  });
});
