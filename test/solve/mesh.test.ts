import { createPattern, incidence, mesh, triangleGeometry, unitSquare } from 'galerkin/solve';
import { describe, expect, test } from 'vitest';

const square = [0, 0, 1, 0, 1, 1, 0, 1];

describe('unitSquare', () => {
  test('node j·n + i lies at (i·h, j·h), and the triangles tile the square counter-clockwise', () => {
    const { points, triangleCount, pointCount } = unitSquare(5);
    expect([points[2 * 7], points[2 * 7 + 1]]).toEqual([2 / 4, 1 / 4]);
    expect([pointCount, triangleCount]).toEqual([25, 32]);
    const { area } = triangleGeometry(unitSquare(5));
    expect(Math.min(...area)).toBeGreaterThan(0);
    expect(area.reduce((a, b) => a + b)).toBeCloseTo(1, 14);
  });

  test('passes the checks that a mesh made by hand must pass, with the same boundary', () => {
    for (const n of [2, 3, 9]) {
      const { points, triangles, boundary } = unitSquare(n);
      expect(mesh(points, triangles).boundary).toEqual(boundary);
    }
  });

  test.each([1, 0, -3, 2.5, Number.NaN, 1e9])('refuses %d nodes per side', n => {
    expect(() => unitSquare(n)).toThrow(expect.objectContaining({ code: 'GRID_INVALID' }));
  });
});

describe('mesh', () => {
  test.each([
    ['an index out of range', square, [0, 1, 4, 0, 2, 3]],
    ['a negative index', square, [0, 1, -2, 0, 2, 3]],
    ['a broken index', square, [0, 1, 1.5, 0, 2, 3]],
    ['a clockwise triangle', square, [0, 2, 1, 0, 2, 3]],
    ['a flat triangle', [0, 0, 1, 0, 2, 0], [0, 1, 2]],
    ['a point that is not finite', [0, 0, 1, 0, 1, Number.NaN, 0, 1], [0, 1, 2, 0, 2, 3]],
    ['a point that no triangle uses', square, [0, 1, 2]],
    ['a triangle given twice', square, [0, 1, 2, 0, 1, 2, 0, 2, 3]],
    ['a node that hangs on an edge', [0, 0, 2, 0, 1, 1, 1, 0, 1, -1], [0, 1, 2, 0, 4, 3, 3, 4, 1]],
    ['two coordinates too few', [0, 0, 1, 0], [0, 1, 2]],
    ['two corners in place of three', square, [0, 1]],
    ['no triangles', square, []],
  ])('refuses %s', (_, points, triangles) => {
    expect(() => mesh(points, triangles)).toThrow(expect.objectContaining({ code: 'MESH_INVALID' }));
  });
});

describe('geometry tables', () => {
  test('basis gradients sum to zero and reproduce a linear function', () => {
    const { gradients, corners } = triangleGeometry(unitSquare(4));
    const { points } = unitSquare(4);
    const linear = (node: number) => 2 * points[2 * node] - 3 * points[2 * node + 1];
    for (let t = 0; t < corners[0].length; t++) {
      const slope = [0, 0];
      for (const k of [0, 1, 2] as const) {
        slope[0] += linear(corners[k][t]) * gradients[k][0][t];
        slope[1] += linear(corners[k][t]) * gradients[k][1][t];
      }
      expect(slope[0]).toBeCloseTo(2, 12);
      expect(slope[1]).toBeCloseTo(-3, 12);
    }
  });

  test('the incidence table gathers what scattering would add', () => {
    const grid = unitSquare(6);
    const { width, places } = incidence(grid);
    const values = Float64Array.from({ length: 3 * grid.triangleCount + 1 }, (_, k) => Math.sin(k));
    values[3 * grid.triangleCount] = 0;
    const scattered = new Float64Array(grid.pointCount);
    grid.triangles.forEach((node, at) => {
      scattered[node] += values[(at % 3) * grid.triangleCount + Math.floor(at / 3)];
    });
    for (let node = 0; node < grid.pointCount; node++) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += values[places[node * width + k]];
      expect(sum).toBeCloseTo(scattered[node], 12);
    }
    expect(width).toBe(6);
  });

  test('the pattern is symmetric, with ascending columns and a diagonal in every row', () => {
    const { rowStarts, columns, rowCount } = createPattern(unitSquare(9));
    const entries = new Set<string>();
    for (let row = 0; row < rowCount; row++) {
      const own = columns.slice(rowStarts[row], rowStarts[row + 1]);
      expect([...own]).toEqual([...own].sort((a, b) => a - b));
      expect(own).toContain(row);
      for (const column of own) entries.add(`${row} ${column}`);
    }
    expect([...entries].every(key => entries.has(key.split(' ').reverse().join(' ')))).toBe(true);
  });
});
