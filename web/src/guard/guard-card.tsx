// The guard's verdict on the shown answer: residual and flux against their bounds, and the policy that acts on them.
import { useStore } from '../state/store.js';
import type { Studio } from '../state/studio.js';
import type { Policy, Verdict } from '../state/studio-state.js';
import { Gauge } from './gauge.js';
import { wordingOf } from './verdict.js';

const policies: readonly { readonly policy: Policy; readonly hint: string }[] = [
  { policy: 'annotate', hint: 'give every answer, say what the guard found' },
  { policy: 'reject', hint: 'refuse answers that break a bound' },
  { policy: 'fallback', hint: 'solve where an answer breaks a bound' },
];

const icons: Readonly<Record<Verdict | 'none', string>> = {
  accepted: 'M5 12.5 10 17.5 19.5 7',
  flagged: 'M12 5v9M12 18.5v.01',
  rejected: 'M6.5 6.5l11 11M17.5 6.5l-11 11',
  fallback: 'M19 8.5A8 8 0 1 0 20 13M19.5 4v4.8h-4.8',
  none: 'M6 12h.01M12 12h.01M18 12h.01',
};

export function GuardCard({ studio }: { readonly studio: Studio }) {
  const answer = useStore(studio.store, state => state.answer);
  const bounds = useStore(studio.store, state => state.model?.guard);
  const { title, meaning } = wordingOf(answer);
  const guard = answer?.guard;
  const verdict = guard?.verdict ?? 'none';
  return (
    <section class="card guard" aria-labelledby="guard-title" data-verdict={verdict}>
      <header class="panel-head">
        <h2 id="guard-title">Guard</h2>
        <span class="tag">
          answered by <b>{answer?.answeredBy ?? '–'}</b>
        </span>
      </header>
      <div class="verdict">
        <svg class="verdict-icon" viewBox="0 0 24 24" aria-hidden="true">
          <path d={icons[verdict]} />
        </svg>
        <div>
          <strong aria-live="polite">{title}</strong>
          <p>{meaning}</p>
        </div>
      </div>
      <Gauge
        label="Relative residual"
        value={guard?.residual}
        bound={guard?.residualBound ?? bounds?.residualBound ?? undefined}
      />
      <Gauge
        label="Flux imbalance"
        value={guard?.fluxImbalance}
        bound={guard?.fluxBound ?? bounds?.fluxBound ?? undefined}
      />
      <PolicySwitch studio={studio} />
    </section>
  );
}

function PolicySwitch({ studio }: { readonly studio: Studio }) {
  const chosen = useStore(studio.store, state => state.policy);
  return (
    <fieldset class="segmented">
      <legend>Policy</legend>
      {policies.map(({ policy, hint }) => (
        <label key={policy} title={hint}>
          <input
            type="radio"
            name="policy"
            value={policy}
            checked={policy === chosen}
            onChange={() => studio.setPolicy(policy)}
          />
          <span>{policy}</span>
        </label>
      ))}
    </fieldset>
  );
}
