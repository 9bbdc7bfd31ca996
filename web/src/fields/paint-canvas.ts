// Draws a field into a canvas, y upward: values are interpolated first and coloured after, so no false colours appear.
import { type ColormapName, colorTable } from './colormaps.js';
import type { Field } from './field.js';
import type { Scale } from './scale.js';

export interface Painting {
  readonly scale: Scale;
  readonly colormap: ColormapName;
  /** `nearest` shows node values as they are; `bilinear` interpolates between nodes. */
  readonly interpolation: 'nearest' | 'bilinear';
}

/** Weights of a pixel row or column: the node before it, and how far it is toward the next. */
function weights(
  size: number,
  n: number,
  interpolation: Painting['interpolation'],
): { node: Int32Array; toward: Float64Array } {
  const node = new Int32Array(size);
  const toward = new Float64Array(size);
  for (let p = 0; p < size; p++) {
    const position = ((p + 0.5) / size) * (n - 1);
    node[p] = Math.min(Math.floor(position), n - 2);
    const t = position - (node[p] ?? 0);
    toward[p] = interpolation === 'nearest' ? Math.round(t) : t;
  }
  return { node, toward };
}

/** Pixels of a field as RGBA, `size` × `size`, top row first (y = 1). Pure, so that it can be tested without a canvas. */
export function fieldPixels({ n, data }: Field, size: number, painting: Painting): Uint8ClampedArray<ArrayBuffer> {
  const table = colorTable(painting.colormap);
  const { position } = painting.scale;
  const { node, toward } = weights(size, n, painting.interpolation);
  const pixels = new Uint8ClampedArray(size * size * 4);
  for (let row = 0; row < size; row++) {
    const up = size - 1 - row;
    const below = (node[up] ?? 0) * n;
    const t = toward[up] ?? 0;
    for (let column = 0; column < size; column++) {
      const k = below + (node[column] ?? 0);
      const s = toward[column] ?? 0;
      const low = (1 - s) * (data[k] ?? 0) + s * (data[k + 1] ?? 0);
      const high = (1 - s) * (data[k + n] ?? 0) + s * (data[k + n + 1] ?? 0);
      const place = position((1 - t) * low + t * high);
      const color = 3 * Math.round(255 * (place > 0 ? Math.min(1, place) : 0));
      const pixel = 4 * (row * size + column);
      pixels[pixel] = table[color] ?? 0;
      pixels[pixel + 1] = table[color + 1] ?? 0;
      pixels[pixel + 2] = table[color + 2] ?? 0;
      pixels[pixel + 3] = 255;
    }
  }
  return pixels;
}

/** Fills the canvas; its backing store is set to `size` × `size` device pixels. */
export function paintCanvas(canvas: HTMLCanvasElement, field: Field, size: number, painting: Painting): void {
  if (canvas.width !== size) canvas.width = canvas.height = size;
  canvas.getContext('2d')?.putImageData(new ImageData(fieldPixels(field, size, painting), size, size), 0, 0);
}
