// Figures as people read them: three digits, the right unit at every border, and marks without needless zeros.
import { describe, expect, test } from 'vitest';
import { shownBytes, shownMark, shownRate, shownTime } from '../../dist/optimize/report/figures.js';

describe('times', () => {
  test.each([
    [0.0000712, '0.0712 µs'],
    [0.0712, '71.2 µs'],
    [0.1, '100 µs'],
    [0.99949, '999 µs'],
    [0.9996, '1.00 ms'],
    [999.4, '999 ms'],
    [999.7, '1.00 s'],
    [1_234_567, '1235 s'],
    [0, '0'],
    [Number.NaN, '–'],
  ])('%d ms is %s', (ms, text) => expect(shownTime(ms)).toBe(text));

  test.each([
    [0.1, '100 µs'],
    [0.2, '200 µs'],
    [1, '1 ms'],
    [1.4, '1.4 ms'],
    [1.25, '1.25 ms'],
    [20, '20 ms'],
    [2000, '2 s'],
  ])('a mark at %d ms is %s', (ms, text) => expect(shownMark(ms)).toBe(text));
});

test.each([
  [951_000, '951 kB'],
  [999_700, '1.00 MB'],
  [2_630_000, '2.63 MB'],
  [999_800_000, '1.00 GB'],
])('%d bytes are %s', (bytes, text) => expect(shownBytes(bytes)).toBe(text));

test.each([
  [56.9, '56.9'],
  [99.97, '100'],
  [12_300, '12 300'],
])('%d a second is %s', (rate, text) => expect(shownRate(rate)).toBe(text));
