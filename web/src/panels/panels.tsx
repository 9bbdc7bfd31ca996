// The five fields, with the colours and scales each is shown in; surrogate and truth share one scale.
import { useMemo, useRef } from 'preact/hooks';
import { rangeOf, unionOf } from '../fields/field.js';
import type { Painting } from '../fields/paint-canvas.js';
import { linearScale, ratioScale, symmetricScale } from '../fields/scale.js';
import { formatDuration, formatPercent, formatValue } from '../format.js';
import { compare } from '../state/comparison.js';
import { useStore } from '../state/store.js';
import type { Studio } from '../state/studio.js';
import { isAnswerCurrent, type StudioState } from '../state/studio-state.js';
import type { Theme } from '../state/use-theme.js';
import { Brush } from './brush.js';
import { createPointed } from './crosshair.js';
import { FieldPanel } from './field-panel.js';

const identity = (state: StudioState) => state;

/** The last value that was there: what is shown stays until something newer comes. */
function useLast<T>(value: T | undefined): T | undefined {
  const last = useRef(value);
  if (value !== undefined) last.current = value;
  return last.current;
}

const unitOf = (unit: string | undefined) =>
  unit === undefined || unit === '' || unit === '1' || unit === 'dimensionless' ? '–' : unit;

/** Scales follow the values; painted once for all panels that share them. */
function usePaintings({ permeability, answer, truth }: StudioState, error: StudioState['permeability'], theme: Theme) {
  const a = useMemo(
    (): Painting | undefined =>
      permeability && { scale: ratioScale(rangeOf(permeability)), colormap: 'cividis', interpolation: 'nearest' },
    [permeability],
  );
  const u = useMemo((): Painting | undefined => {
    const ranges = [answer?.u, truth?.u].flatMap(field => (field ? [rangeOf(field)] : []));
    if (ranges.length === 0) return undefined;
    return { scale: linearScale(ranges.reduce(unionOf)), colormap: 'viridis', interpolation: 'bilinear' };
  }, [answer?.u, truth?.u]);
  const difference = useMemo(
    (): Painting | undefined =>
      error && {
        scale: linearScale({ min: 0, max: rangeOf(error).max }),
        colormap: 'magma',
        interpolation: 'bilinear',
      },
    [error],
  );
  const map = answer?.residualMap;
  const residual = useMemo((): Painting | undefined => {
    if (map === undefined) return undefined;
    const { min, max } = rangeOf(map);
    const colormap = theme === 'dark' ? 'balanceDark' : 'balance';
    return { scale: symmetricScale(Math.max(-min, max)), colormap, interpolation: 'nearest' };
  }, [map, theme]);
  return { a, u, difference, residual };
}

export function Panels({ studio, theme }: { readonly studio: Studio; readonly theme: Theme }) {
  const state = useStore(studio.store, identity);
  const pointed = useMemo(createPointed, []);
  const { permeability, answer, truth, model } = state;
  const rejected = answer?.guard.verdict === 'rejected' && answer.u === undefined;
  const fresh = useMemo(() => compare(answer, truth), [answer, truth]);
  const lastComparison = useLast(fresh);
  const comparison = rejected ? undefined : lastComparison;
  const paintings = usePaintings(state, comparison?.error, theme);

  const values = permeability && rangeOf(permeability);
  const units = { a: unitOf(model?.inputs?.[0]?.unit), u: unitOf(model?.outputs?.[0]?.unit) };
  const answering = state.answering && !isAnswerCurrent(state);
  const comparing = fresh === undefined && (state.answering || state.solving);
  const shared = { pointed, onRetry: studio.ask };
  const bySolver = answer?.answeredBy === 'solver';

  return (
    <>
      <FieldPanel
        {...shared}
        id="permeability"
        title="Permeability"
        symbol="a"
        unit={units.a}
        field={permeability}
        painting={paintings.a}
        label={
          values ? `Permeability a, from ${formatValue(values.min)} to ${formatValue(values.max)}` : 'Permeability a'
        }
        caption={
          !permeability
            ? 'loading the sample'
            : answer?.outOfRange
              ? 'outside the range of training'
              : 'click or drag to paint'
        }
        failure={state.sampleFailure}
        onRetry={() => studio.pickSample(state.sampleIndex)}
      >
        <Brush studio={studio} pointed={pointed} />
      </FieldPanel>
      <FieldPanel
        {...shared}
        id="surrogate"
        title={bySolver ? 'Solver’s answer' : 'Surrogate’s answer'}
        symbol="u"
        unit={units.u}
        field={rejected ? undefined : answer?.u}
        painting={paintings.u}
        label="The served answer u"
        caption={answer ? `answered in ${formatDuration(answer.latencyMs)}` : 'waiting for the surrogate'}
        busy={answering}
        absent={rejected ? (answer.refusal ?? 'The guard rejected this answer.') : undefined}
        failure={state.answerFailure}
      />
      <FieldPanel
        {...shared}
        id="truth"
        title="Solver’s truth"
        symbol="u*"
        unit={units.u}
        field={truth?.u}
        painting={paintings.u}
        label="The solver's truth"
        caption={
          truth?.source === 'solver'
            ? `finite elements in ${formatDuration(truth.latencyMs)}`
            : 'stored with the sample'
        }
        busy={state.solving}
        failure={state.truthFailure}
      />
      <FieldPanel
        {...shared}
        id="error"
        title="Pointwise error"
        symbol="|u − u*|"
        unit={units.u}
        field={comparison?.error}
        painting={paintings.difference}
        label="Pointwise error of the answer against the solver"
        caption={`relative L² error ${formatPercent(comparison?.relativeL2)}`}
        busy={comparing}
      />
      <FieldPanel
        {...shared}
        id="residual"
        title="Residual"
        symbol="r"
        unit="–"
        field={answer?.residualMap}
        painting={paintings.residual}
        label="Residual of the discrete equation at each node"
        caption={`relative residual ${formatValue(answer?.guard.residual)}`}
        busy={answering}
        absent={answer && !answer.residualMap && !state.answerFailure ? 'The model gave no residual map.' : undefined}
      />
    </>
  );
}
