// Conformity of a mesh: neighbours share whole edges, and no node hangs on the edge of another triangle.

type Refuse = (wanted: string, got: string) => never;

/** Edges that only one triangle has, as pairs (from, to) in that triangle's direction. */
function outerEdges(pointCount: number, triangles: Int32Array, refuse: Refuse): [number, number][] {
  const directed = new Set<number>();
  const key = (from: number, to: number): number => from * pointCount + to;
  const edges: [number, number][] = [];
  for (let t = 0; t < triangles.length; t += 3) {
    for (let k = 0; k < 3; k++) edges.push([triangles[t + k], triangles[t + ((k + 1) % 3)]]);
  }
  for (const [from, to] of edges) {
    if (directed.has(key(from, to))) {
      refuse('each edge in at most two triangles, once in each direction', `edge ${from}-${to} twice in one direction`);
    }
    directed.add(key(from, to));
  }
  return edges.filter(([from, to]) => !directed.has(key(to, from)));
}

/** Whether `node` lies strictly inside the segment, to a relative distance of 1e-12 of its length. */
function liesOn(points: Float64Array, node: number, [from, to]: readonly [number, number]): boolean {
  if (node === from || node === to) return false;
  const [px, py] = [points[2 * node] - points[2 * from], points[2 * node + 1] - points[2 * from + 1]];
  const [ex, ey] = [points[2 * to] - points[2 * from], points[2 * to + 1] - points[2 * from + 1]];
  const square = ex * ex + ey * ey;
  const along = px * ex + py * ey;
  return along > 0 && along < square && Math.abs(px * ey - py * ex) <= 1e-12 * square;
}

/** Checks conformity and returns the boundary nodes, ascending. Cost O(edges + boundary²), so that it suits hand-made meshes. */
export function checkConformity(points: Float64Array, triangles: Int32Array, refuse: Refuse): Int32Array {
  const outer = outerEdges(points.length / 2, triangles, refuse);
  const boundary = Int32Array.from(new Set(outer.flat())).sort();
  for (const edge of outer) {
    const hanging = boundary.find(node => liesOn(points, node, edge));
    if (hanging !== undefined) {
      refuse('no node inside an edge', `node ${hanging} on edge ${edge[0]}-${edge[1]}`);
    }
  }
  return boundary;
}
