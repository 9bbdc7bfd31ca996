// The five fields: what was asked, what was answered, what is true, how far apart they are, and how well the physics holds.
import { useMemo } from 'preact/hooks';
import { rangeOf } from '../fields/field.js';
import { formatDuration, formatPercent, formatValue } from '../format.js';
import { useComparison } from '../state/comparison.js';
import { type Store, useStore } from '../state/store.js';
import type { Studio } from '../state/studio.js';
import { isAnswerCurrent, isRejected, type StudioState } from '../state/studio-state.js';
import type { Theme } from '../state/use-theme.js';
import { Brush } from './brush.js';
import { createPointed, type Pointed } from './crosshair.js';
import { FieldPanel } from './field-panel.js';
import { type Paintings, usePaintings } from './use-paintings.js';

interface PanelProps {
  readonly studio: Studio;
  readonly state: StudioState;
  readonly paintings: Paintings;
  readonly pointed: Store<Pointed>;
}

const identity = (state: StudioState) => state;

const unitOf = (unit: string | undefined) =>
  unit === undefined || ['', '1', 'dimensionless'].includes(unit) ? '–' : unit;
const outputUnit = ({ model }: StudioState) => unitOf(model?.outputs?.[0]?.unit);
const isAnswering = (state: StudioState) => state.answering && !isAnswerCurrent(state);

export function Panels({ studio, theme }: { readonly studio: Studio; readonly theme: Theme }) {
  const state = useStore(studio.store, identity);
  const pointed = useMemo(createPointed, []);
  const { comparison, isFresh } = useComparison(studio);
  const paintings = usePaintings(state, comparison?.error, theme);
  const panel = { studio, state, paintings, pointed };
  return (
    <>
      <PermeabilityPanel {...panel} />
      <AnswerPanel {...panel} />
      <TruthPanel {...panel} />
      <FieldPanel
        id="error"
        title="Pointwise error"
        symbol="|u − u*|"
        unit={outputUnit(state)}
        field={comparison?.error}
        painting={paintings.error}
        pointed={pointed}
        label="Pointwise error of the answer against the solver"
        caption={`relative L² error ${formatPercent(comparison?.relativeL2)}`}
        busy={!isFresh && (state.answering || state.solving)}
      />
      <ResidualPanel {...panel} />
    </>
  );
}

function PermeabilityPanel({ studio, state, paintings, pointed }: PanelProps) {
  const { permeability, answer, model } = state;
  const values = permeability && rangeOf(permeability);
  const range = values ? `, from ${formatValue(values.min)} to ${formatValue(values.max)}` : '';
  const invitation = answer?.outOfRange ? 'outside the range of training' : 'click or drag to paint';
  return (
    <FieldPanel
      id="permeability"
      title="Permeability"
      symbol="a"
      unit={unitOf(model?.inputs?.[0]?.unit)}
      field={permeability}
      painting={paintings.permeability}
      pointed={pointed}
      label={`Permeability a${range}`}
      caption={permeability ? invitation : 'loading the sample'}
      failure={state.sampleFailure}
      onRetry={() => studio.pickSample(state.sampleIndex)}
    >
      <Brush studio={studio} pointed={pointed} />
    </FieldPanel>
  );
}

function AnswerPanel({ studio, state, paintings, pointed }: PanelProps) {
  const { answer } = state;
  const rejected = isRejected(state);
  const given = rejected ? 'no answer given' : `answered in ${formatDuration(answer?.latencyMs)}`;
  return (
    <FieldPanel
      id="surrogate"
      title={answer?.answeredBy === 'solver' ? 'Solver’s answer' : 'Surrogate’s answer'}
      symbol="u"
      unit={outputUnit(state)}
      field={answer?.u}
      painting={paintings.solution}
      pointed={pointed}
      label="The served answer u"
      caption={answer ? given : 'waiting for the surrogate'}
      busy={isAnswering(state)}
      absent={rejected ? answer?.refusal : undefined}
      failure={state.answerFailure}
      onRetry={studio.ask}
    />
  );
}

function TruthPanel({ studio, state, paintings, pointed }: PanelProps) {
  const { truth } = state;
  const solved =
    truth?.source === 'solver' ? `finite elements in ${formatDuration(truth.latencyMs)}` : 'stored with the sample';
  return (
    <FieldPanel
      id="truth"
      title="Solver’s truth"
      symbol="u*"
      unit={outputUnit(state)}
      field={truth?.u}
      painting={paintings.solution}
      pointed={pointed}
      label="The solver's truth"
      caption={truth ? solved : 'waiting for the solver'}
      busy={state.solving}
      failure={state.truthFailure}
      onRetry={studio.ask}
    />
  );
}

function ResidualPanel({ state, paintings, pointed }: PanelProps) {
  const { answer } = state;
  const isMissing = answer !== undefined && answer.residualMap === undefined && state.answerFailure === undefined;
  const why = isRejected(state) ? 'No answer, so no map of its residual.' : 'The model gave no map of its residual.';
  return (
    <FieldPanel
      id="residual"
      title="Residual"
      symbol="r"
      unit="–"
      field={answer?.residualMap}
      painting={paintings.residual}
      pointed={pointed}
      label="Where the answer misses the discrete equation"
      caption={`relative residual ${formatValue(answer?.guard.residual)}`}
      busy={isAnswering(state)}
      absent={isMissing ? why : undefined}
    />
  );
}
