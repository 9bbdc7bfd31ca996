// Painting inclusions onto the permeability: by mouse, finger or keyboard.
import { useRef } from 'preact/hooks';
import type { Point } from '../fields/field.js';
import { formatValue } from '../format.js';
import { type Store, useStore } from '../state/store.js';
import type { Studio } from '../state/studio.js';
import { type Pointed, pointOf } from './crosshair.js';

interface BrushProps {
  readonly studio: Studio;
  readonly pointed: Store<Pointed>;
}

const steps: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

const clamp = (value: number) => Math.min(1, Math.max(0, value));

/** A surface over the picture. Click or drag paints; arrows move, Enter or Space paints, Ctrl+Z undoes. */
export function Brush({ studio, pointed }: BrushProps) {
  const value = useStore(studio.store, state => state.brushValue);
  const radius = useStore(studio.store, state => state.brushRadius);
  const painting = useRef(false);

  const paint = (centre: Point) => studio.paint({ centre, radius, value });

  const onPointerDown = (event: PointerEvent & { readonly currentTarget: HTMLElement }) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    painting.current = true;
    studio.beginStroke();
    paint(pointOf(event, event.currentTarget));
  };
  const onPointerMove = (event: PointerEvent & { readonly currentTarget: HTMLElement }) => {
    if (painting.current) paint(pointOf(event, event.currentTarget));
  };
  const onPointerEnd = () => {
    painting.current = false;
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const { x, y } = pointed.get().point ?? { x: 0.5, y: 0.5 };
    const step = steps[event.key];
    if (step !== undefined) {
      const length = event.shiftKey ? 0.1 : 0.02;
      pointed.set({ point: { x: clamp(x + step[0] * length), y: clamp(y + step[1] * length) } });
    } else if (event.key === 'Enter' || event.key === ' ') {
      studio.beginStroke();
      paint({ x, y });
    } else if (event.key === 'z' && (event.ctrlKey || event.metaKey)) {
      studio.undo();
    } else return;
    event.preventDefault();
  };

  return (
    <button
      type="button"
      class="brush"
      aria-label={`Paint inclusions of permeability ${formatValue(value)}. Arrow keys move, Enter paints, Control Z undoes.`}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerEnd}
      onPointerCancel={onPointerEnd}
      onKeyDown={onKeyDown}
      onFocus={() => pointed.get().point ?? pointed.set({ point: { x: 0.5, y: 0.5 } })}
      onBlur={() => pointed.set({ point: undefined })}
    >
      <BrushOutline pointed={pointed} radius={radius} />
    </button>
  );
}

function BrushOutline({ pointed, radius }: { readonly pointed: Store<Pointed>; readonly radius: number }) {
  const point = useStore(pointed, state => state.point);
  if (point === undefined) return null;
  return (
    <span class="brush-outline" style={{ '--x': String(point.x), '--y': String(point.y), '--r': String(radius) }} />
  );
}
