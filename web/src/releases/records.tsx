// The adviser's word with what drove it, and everything that happened, latest first.
import type { Advice, ReleaseEvidence } from '../api/release-schemas.js';
import { formatPercent, formatValue } from '../format.js';
import { formatMoment, formatSpan } from './words.js';

const adviceWords = {
  hold: 'It asks for caution: more samples before the share grows.',
  go: 'It sees no sign against the candidate.',
  none: 'It is not sure enough to say anything.',
} as const;

function Drivers({ drivers }: { readonly drivers: Advice['drivers'] }) {
  const most = Math.max(...drivers.map(({ contribution }) => Math.abs(contribution ?? 0)), 1e-9);
  return (
    <ul class="drivers" aria-label="What drove it">
      {drivers.map(({ feature, value, contribution }) => {
        const weight = contribution ?? 0;
        return (
          <li key={feature} data-towards={weight > 0 ? 'worse' : 'fine'}>
            <span>
              {feature} <small>{formatValue(value ?? undefined)}</small>
            </span>
            <span class="driver-track" aria-hidden="true">
              <i class="driver-part" style={{ '--part': Math.abs(weight) / most / 2 }} />
            </span>
            <small>
              {weight > 0 ? '+' : ''}
              {formatValue(weight)} {weight > 0 ? 'towards worse' : 'against worse'}
            </small>
          </li>
        );
      })}
    </ul>
  );
}

export function AdviceCard({ evidence: { status } }: { readonly evidence: ReleaseEvidence }) {
  const { advice, spec } = status;
  return (
    <section class="card" aria-labelledby="advice-title">
      <header class="panel-head">
        <h2 id="advice-title">Adviser</h2>
        {advice && <span class="tag">{formatPercent(advice.confidence)} sure</span>}
      </header>
      {advice ? (
        <>
          <p>
            {adviceWords[advice.advice ?? 'none']} Probability that the candidate is worse than its margins:{' '}
            <b>{formatPercent(advice.probability)}</b>.
          </p>
          {advice.drivers.length > 0 && <Drivers drivers={advice.drivers} />}
          <p class="hint">It never decides: it can only make a release slower.</p>
        </>
      ) : (
        <p class="hint">{spec.advisor.use ? 'It has said nothing yet.' : 'It is switched off for this release.'}</p>
      )}
    </section>
  );
}

export function EventsCard({ evidence: { events, status } }: { readonly evidence: ReleaseEvidence }) {
  const latestFirst = events.toSorted((a, b) => b.sequence - a.sequence);
  return (
    <section class="card events" aria-labelledby="events-title">
      <header class="panel-head">
        <h2 id="events-title">What happened</h2>
        <span class="tag">latest first</span>
      </header>
      {latestFirst.length === 0 && <p class="hint">Nothing yet.</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled list must be reached by keyboard */}
      <ol tabIndex={0} aria-labelledby="events-title">
        {latestFirst.map(({ sequence, atMs, kind, text, by }) => (
          <li key={sequence} data-kind={kind}>
            <time dateTime={new Date(atMs).toISOString()} title={formatMoment(atMs)}>
              {atMs < status.startedAtMs ? 'before' : formatSpan(atMs - status.startedAtMs)}
            </time>
            <b>{kind}</b>
            <span>
              {text}
              {by !== '' && <small> by {by}</small>}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
