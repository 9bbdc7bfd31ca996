// A measured value against its calibrated bound, on a logarithmic bar: the bound in the middle, two decades to each side.
import { formatValue } from '../format.js';

interface GaugeProps {
  readonly label: string;
  readonly value: number | undefined;
  readonly bound: number | undefined;
}

const decades = 2;

/** 0 at bound/100, ½ at the bound, 1 at 100·bound. */
function positionOf(value: number | undefined, bound: number | undefined): number {
  if (value === undefined || bound === undefined || !(bound > 0)) return 0;
  const decade = Math.log10(Math.max(value, Number.MIN_VALUE) / bound);
  return Math.min(1, Math.max(0.01, 0.5 + decade / (2 * decades)));
}

export function Gauge({ label, value, bound }: GaugeProps) {
  const known = value !== undefined && bound !== undefined;
  const over = known && !(value <= bound);
  const reach = (bound ?? 1) * 10 ** decades;
  const text = `${formatValue(value)}, bound ${formatValue(bound)}`;
  return (
    <div class="gauge" data-over={over}>
      <div class="gauge-head">
        <span>{label}</span>
        <span class="gauge-numbers">
          <b>{formatValue(value)}</b> / {formatValue(bound)}
        </span>
      </div>
      <meter class="visually-hidden" min={0} max={reach} high={bound ?? reach} value={value ?? 0} aria-label={label}>
        {text}
      </meter>
      <div class="gauge-bar" aria-hidden="true">
        <div class="gauge-fill" style={{ '--at': String(positionOf(value, bound)) }} />
        <div class="gauge-bound" />
      </div>
      <div class="gauge-scale" aria-hidden="true">
        <span>÷100</span>
        <span>bound</span>
        <span>×100</span>
      </div>
    </div>
  );
}
