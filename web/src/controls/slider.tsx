// A labelled slider with its value beside it; logarithmic sliders step by ratios.
interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  /** In units of the value; for a logarithmic slider, in decades. */
  readonly step: number;
  readonly logarithmic?: boolean;
  readonly show: (value: number) => string;
  readonly onChange: (value: number) => void;
}

export function Slider({ label, value, min, max, step, logarithmic = false, show, onChange }: SliderProps) {
  const toSlider = (x: number) => (logarithmic ? Math.log10(x) : x);
  const fromSlider = (x: number) => (logarithmic ? Number((10 ** x).toPrecision(2)) : x);
  return (
    <label class="slider">
      <span class="slider-label">{label}</span>
      <output class="slider-value">{show(value)}</output>
      <input
        type="range"
        min={toSlider(min)}
        max={toSlider(max)}
        step={step}
        value={toSlider(value)}
        aria-valuetext={show(value)}
        onInput={event => onChange(fromSlider(event.currentTarget.valueAsNumber))}
      />
    </label>
  );
}
