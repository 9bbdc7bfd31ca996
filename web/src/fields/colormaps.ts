// Colour tables of 256 entries, interpolated between control points in OKLab so that equal steps look equal.
import { type ColormapName, controlPoints } from './colormap-points.js';

export type { ColormapName };
export type Rgb = readonly [number, number, number];
type Lab = readonly [number, number, number];

const tableSize = 256;

const toLinear = (byte: number) => {
  const s = byte / 255;
  return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
};
const toByte = (linear: number) => {
  const s = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
  return Math.round(255 * Math.min(1, Math.max(0, s)));
};

/** sRGB bytes to OKLab (Ottosson 2020): lightness 0..1, then green-red and blue-yellow. */
export function toOklab([red, green, blue]: Rgb): Lab {
  const [r, g, b] = [toLinear(red), toLinear(green), toLinear(blue)];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromOklab([lightness, a, b]: Lab): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    toByte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    toByte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    toByte(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function fromHex(hex: string): Rgb {
  const value = Number.parseInt(hex, 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

function buildTable(points: string): Uint8ClampedArray {
  const labs = points.split(' ').map(hex => toOklab(fromHex(hex)));
  const table = new Uint8ClampedArray(tableSize * 3);
  for (let k = 0; k < tableSize; k++) {
    const position = (k / (tableSize - 1)) * (labs.length - 1);
    const from = Math.min(Math.floor(position), labs.length - 2);
    const t = position - from;
    const [a, b] = [labs[from] ?? [0, 0, 0], labs[from + 1] ?? [0, 0, 0]];
    table.set(fromOklab([a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), a[2] + t * (b[2] - a[2])]), 3 * k);
  }
  return table;
}

const tables = new Map<ColormapName, Uint8ClampedArray>();

/** 256 × RGB bytes, lowest value first; built once. */
export function colorTable(name: ColormapName): Uint8ClampedArray {
  const table = tables.get(name) ?? buildTable(controlPoints[name]);
  tables.set(name, table);
  return table;
}

/** Colour at a position in 0..1; positions outside are clamped. */
export function colorAt(name: ColormapName, position: number): Rgb {
  const table = colorTable(name);
  const k = 3 * Math.round(Math.min(1, Math.max(0, position)) * (tableSize - 1));
  return [table[k] ?? 0, table[k + 1] ?? 0, table[k + 2] ?? 0];
}

/** The map as CSS gradient stops, lowest value first. */
export function gradientStops(name: ColormapName, count = 24): string {
  return Array.from({ length: count }, (_, k) => `rgb(${colorAt(name, k / (count - 1)).join(' ')})`).join(', ');
}
