// Where the input comes from: a held-out sample, and what is painted over it with the brush.
import { formatValue } from '../format.js';
import { useStore } from '../state/store.js';
import type { Studio } from '../state/studio.js';
import { Slider } from './slider.js';

export function SampleCard({ studio }: { readonly studio: Studio }) {
  const index = useStore(studio.store, state => state.sampleIndex);
  const count = useStore(studio.store, state => state.model?.samples ?? 1);
  return (
    <section class="card control-group sample" aria-labelledby="sample-title">
      <h2 id="sample-title">Sample</h2>
      <div class="stepper">
        <button
          type="button"
          aria-label="Previous sample"
          disabled={index === 0}
          onClick={() => studio.pickSample(index - 1)}
        >
          ‹
        </button>
        <input
          type="number"
          aria-label="Sample number"
          min={0}
          max={count - 1}
          value={index}
          onChange={event => studio.pickSample(event.currentTarget.valueAsNumber || 0)}
        />
        <span class="stepper-count">of {count}</span>
        <button
          type="button"
          aria-label="Next sample"
          disabled={index >= count - 1}
          onClick={() => studio.pickSample(index + 1)}
        >
          ›
        </button>
      </div>
      <input
        class="bare-slider"
        type="range"
        aria-label="Sample"
        min={0}
        max={count - 1}
        value={index}
        onInput={event => studio.pickSample(event.currentTarget.valueAsNumber)}
      />
    </section>
  );
}

export function BrushCard({ studio }: { readonly studio: Studio }) {
  const { store } = studio;
  const value = useStore(store, state => state.brushValue);
  const radius = useStore(store, state => state.brushRadius);
  const painted = useStore(store, state => state.permeability !== state.original);
  const undoable = useStore(store, state => state.strokes.length > 0);
  return (
    <section class="card control-group brush-card" aria-labelledby="brush-title">
      <h2 id="brush-title">Inclusion brush</h2>
      <Slider
        label="value a"
        value={value}
        min={0.1}
        max={100}
        step={0.02}
        logarithmic
        show={formatValue}
        onChange={brushValue => store.set({ brushValue })}
      />
      <Slider
        label="radius"
        value={radius}
        min={0.02}
        max={0.3}
        step={0.01}
        show={shown => shown.toFixed(2)}
        onChange={brushRadius => store.set({ brushRadius })}
      />
      <div class="button-row">
        <button type="button" disabled={!undoable} onClick={studio.undo}>
          Undo
        </button>
        <button type="button" disabled={!painted} onClick={studio.clear}>
          Clear
        </button>
      </div>
      <p class="hint">Click or drag on the permeability. With the keyboard: arrows, then Enter.</p>
    </section>
  );
}
