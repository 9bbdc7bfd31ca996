// The exact symmetries of the discretised problem: maps of the grid that carry solutions to solutions, used to enlarge the data.

/** `map[node]` is the node whose value comes to `node`. */
export type NodeMap = Int32Array;

const nodeMap = (n: number, source: (i: number, j: number) => readonly [number, number]): NodeMap =>
  Int32Array.from({ length: n * n }, (_, node) => {
    const [i, j] = source(node % n, Math.floor(node / n));
    return j * n + i;
  });

/**
 * The maps of the n x n grid onto itself that keep its triangles: identity, both reflections in a diagonal, and the
 * half turn. Other symmetries of the square turn the triangles' diagonals and are only nearly exact.
 * They suit a problem whose forms and source have no preferred direction.
 */
export function gridSymmetries(n: number): readonly NodeMap[] {
  const last = n - 1;
  return [
    nodeMap(n, (i, j) => [i, j]),
    nodeMap(n, (i, j) => [j, i]),
    nodeMap(n, (i, j) => [last - i, last - j]),
    nodeMap(n, (i, j) => [last - j, last - i]),
  ];
}

/** Writes `source` (from `from` on) under `map` into `target` (from `to` on). */
export function carry(
  source: Float32Array,
  target: Float32Array,
  { map, from, to }: { readonly map: NodeMap; readonly from: number; readonly to: number },
): void {
  for (let node = 0; node < map.length; node++) target[to + node] = source[from + map[node]];
}
