// The colour bar of a panel: the map, and the values that its ends and middle stand for.
import { gradientStops } from '../fields/colormaps.js';
import type { Painting } from '../fields/paint-canvas.js';
import { formatTicks } from '../format.js';

interface ColorBarProps {
  readonly painting: Painting | undefined;
}

/** End ticks are set inside the bar's length, so that neighbours never overlap. */
const placeOf = (position: number) => (position < 0.08 ? 'first' : position > 0.92 ? 'last' : 'inner');

export function ColorBar({ painting }: ColorBarProps) {
  const ticks = painting?.scale.ticks ?? [];
  const { labels } = formatTicks(ticks);
  const style = painting === undefined ? {} : { '--stops': gradientStops(painting.colormap) };
  return (
    <div class="color-bar" aria-hidden="true">
      <div class="color-bar-map" style={style} />
      <ol class="color-bar-ticks">
        {ticks.map((value, k) => {
          const at = painting?.scale.position(value) ?? 0;
          return (
            <li key={value} data-place={placeOf(at)} style={{ '--at': String(at) }}>
              {labels[k]}
            </li>
          );
        })}
      </ol>
    </div>
  );
}

/** Unit of the colour bar, with the factor its labels share; stands above the bar. */
export function ColorUnit({ painting, unit }: ColorBarProps & { readonly unit: string }) {
  const { factor } = formatTicks(painting?.scale.ticks ?? []);
  return (
    <span class="color-unit">
      {factor} [{unit}]
    </span>
  );
}
