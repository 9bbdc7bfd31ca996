// A field as a picture at device resolution, redrawn when the field, its colours or its size change.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Field } from '../fields/field.js';
import { type Painting, paintCanvas } from '../fields/paint-canvas.js';

const maxPixels = 600;

interface FieldCanvasProps {
  readonly field: Field | undefined;
  readonly painting: Painting | undefined;
  readonly label: string;
}

export function FieldCanvas({ field, painting, label }: FieldCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [size, setSize] = useState(0);

  useEffect(() => {
    const element = canvas.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      const width = (entry?.contentRect.width ?? 0) * devicePixelRatio;
      setSize(Math.min(maxPixels, Math.round(width)));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    if (canvas.current === null || field === undefined || painting === undefined || size === 0) return;
    paintCanvas(canvas.current, field, size, painting);
  }, [field, painting, size]);

  return <canvas ref={canvas} class="field-canvas" role="img" aria-label={label} data-drawn={field !== undefined} />;
}
