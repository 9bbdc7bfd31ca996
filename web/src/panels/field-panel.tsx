// One field: title, picture with axes, colour bar, and a line that reads out values; failures stand where the picture would.
import type { ComponentChildren } from 'preact';
import type { Failure } from '../api/failure.js';
import type { Field } from '../fields/field.js';
import type { Painting } from '../fields/paint-canvas.js';
import type { Store } from '../state/store.js';
import { ColorBar, ColorUnit } from './color-bar.js';
import { Crosshair, type Pointed, pointOf, Readout } from './crosshair.js';
import { FieldCanvas } from './field-canvas.js';

export interface FieldPanelProps {
  readonly id: string;
  readonly title: string;
  readonly symbol: string;
  readonly unit: string;
  readonly field: Field | undefined;
  readonly painting: Painting | undefined;
  readonly caption: string;
  readonly label: string;
  readonly pointed: Store<Pointed>;
  /** A newer field is on its way. */
  readonly busy?: boolean;
  /** Why there is no field although nothing failed. */
  readonly absent?: string | undefined;
  readonly failure?: Failure | undefined;
  readonly onRetry?: () => void;
  /** Drawn over the picture. */
  readonly children?: ComponentChildren;
}

export function FieldPanel(props: FieldPanelProps) {
  const { id, title, symbol, unit, field, painting, caption, label, pointed, busy = false, failure } = props;
  const state = failure ? 'failed' : field === undefined ? 'empty' : busy ? 'busy' : 'ready';
  return (
    <section class="card panel" data-panel={id} data-state={state} aria-busy={busy} aria-labelledby={`panel-${id}`}>
      <header class="panel-head">
        <h2 id={`panel-${id}`}>
          {title} <var>{symbol}</var>
        </h2>
        <span class="spinner" aria-hidden="true" data-busy={busy} />
        <ColorUnit painting={painting} unit={unit} />
      </header>
      <div class="panel-body">
        <span class="axis axis-y" aria-hidden="true">
          <i>1</i>
          <i>y</i>
          <i>0</i>
        </span>
        <div
          class="frame"
          onPointerMove={event => pointed.set({ point: pointOf(event, event.currentTarget) })}
          onPointerLeave={() => pointed.set({ point: undefined })}
        >
          <FieldCanvas field={field} painting={painting} label={label} />
          <Crosshair pointed={pointed} />
          {props.children}
          <PanelNotice {...props} />
        </div>
        <ColorBar painting={painting} />
        <span class="axis axis-x" aria-hidden="true">
          <i>0</i>
          <i>x</i>
          <i>1</i>
        </span>
      </div>
      <Readout pointed={pointed} field={field} painting={painting} symbol={symbol} caption={caption} />
    </section>
  );
}

function PanelNotice({ failure, absent, onRetry }: FieldPanelProps) {
  if (failure !== undefined) {
    return (
      <div class="panel-notice" role="alert">
        <strong>{failure.message}</strong>
        <span>{failure.advice}</span>
        {onRetry && (
          <button type="button" onClick={onRetry}>
            Try again
          </button>
        )}
      </div>
    );
  }
  return absent === undefined ? null : <div class="panel-notice">{absent}</div>;
}
