// One point of the unit square, marked in every panel at once.
import type { Field, Point } from '../fields/field.js';
import { bilinearValue, nearestValue } from '../fields/field.js';
import type { Painting } from '../fields/paint-canvas.js';
import { formatValue } from '../format.js';
import { createStore, type Store, useStore } from '../state/store.js';

export interface Pointed {
  readonly point: Point | undefined;
}

export const createPointed = (): Store<Pointed> => createStore<Pointed>({ point: undefined });

/** Where in the unit square a pointer is over an element; y upward, clamped to the square. */
export function pointOf(event: PointerEvent, element: Element): Point {
  const { left, top, width, height } = element.getBoundingClientRect();
  const clamp = (value: number) => Math.min(1, Math.max(0, value));
  return { x: clamp((event.clientX - left) / width), y: clamp(1 - (event.clientY - top) / height) };
}

export function Crosshair({ pointed }: { readonly pointed: Store<Pointed> }) {
  const point = useStore(pointed, state => state.point);
  if (point === undefined) return null;
  return <div class="crosshair" aria-hidden="true" style={{ '--x': String(point.x), '--y': String(point.y) }} />;
}

interface ReadoutProps {
  readonly pointed: Store<Pointed>;
  readonly field: Field | undefined;
  readonly painting: Painting | undefined;
  readonly symbol: string;
  /** Shown while nothing is pointed at. */
  readonly caption: string;
}

/** The value under the crosshair, as the picture shows it; the panel's caption otherwise. */
export function Readout({ pointed, field, painting, symbol, caption }: ReadoutProps) {
  const point = useStore(pointed, state => state.point);
  if (point === undefined || field === undefined) return <p class="panel-foot">{caption}</p>;
  const value = painting?.interpolation === 'nearest' ? nearestValue(field, point) : bilinearValue(field, point);
  return (
    <p class="panel-foot">
      <span class="readout-point">
        ({point.x.toFixed(2)}, {point.y.toFixed(2)})
      </span>
      <span class="readout-value">
        {symbol} = {formatValue(value)}
      </span>
    </p>
  );
}
