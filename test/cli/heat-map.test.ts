import { describe, expect, test } from 'vitest';
import { heatMaps } from '../../dist/cli/heat-map.js';

const ramp = Float64Array.from({ length: 9 }, (_, i) => Math.floor(i / 3));
const dark = '68;1;84';
const light = '253;231;37';

describe('heatMaps', () => {
  const rows = heatMaps([{ name: 'u', field: ramp, n: 3 }]).split('\n');

  test('the caption gives name and range', () => {
    expect(rows[0]?.trim()).toBe('u  0.00 … 2.00');
  });

  test('y points up: the largest row of this ramp is on top, the smallest at the bottom', () => {
    expect(rows[1]).toContain(`38;2;${light}`);
    expect(rows.at(-1)).toContain(`48;2;${dark}`);
  });

  test('two pictures stand side by side, line by line', () => {
    const pair = heatMaps([
      { name: 'a', field: ramp, n: 3 },
      { name: 'u', field: ramp, n: 3 },
    ]).split('\n');
    expect(pair).toHaveLength(rows.length);
    expect(pair[0]).toMatch(/^a .* u /);
  });

  test('a constant field is drawn, not divided by zero', () => {
    expect(heatMaps([{ name: 'c', field: new Float64Array(9).fill(5), n: 3 }])).not.toMatch(/NaN/);
  });
});
