// The whole page, and the read-only state that tests and assistive tools can wait on.
import { useEffect, useMemo } from 'preact/hooks';
import { Charts } from './charts/charts.js';
import { CurlCard } from './controls/curl-card.js';
import { BrushCard, SampleCard } from './controls/input-card.js';
import { TimingCard } from './controls/timing-card.js';
import { GuardCard } from './guard/guard-card.js';
import { Header } from './header.js';
import { Panels } from './panels/panels.js';
import { compare } from './state/comparison.js';
import { useStore } from './state/store.js';
import { createStudio, type Studio } from './state/studio.js';
import { isSettled } from './state/studio-state.js';
import { createHistory, useStats } from './state/use-stats.js';
import { useTheme } from './state/use-theme.js';

export function App() {
  const studio = useMemo(createStudio, []);
  const history = useMemo(createHistory, []);
  const [theme, toggleTheme] = useTheme();
  useEffect(() => void studio.load(), [studio]);
  useStats(studio, history);
  return (
    <>
      <Header studio={studio} theme={theme} onToggleTheme={toggleTheme} />
      <Outage studio={studio} />
      <State studio={studio} />
      <main class="bench">
        <aside class="side">
          <SampleCard studio={studio} />
          <BrushCard studio={studio} />
          <TimingCard studio={studio} />
        </aside>
        <div class="fields">
          <Panels studio={studio} theme={theme} />
          <GuardCard studio={studio} />
        </div>
        <div class="operations">
          <Charts history={history} theme={theme} />
          <CurlCard studio={studio} />
        </div>
      </main>
    </>
  );
}

/** Says what is wrong when there is no server or no model, over the page so that nothing moves. */
function Outage({ studio }: { readonly studio: Studio }) {
  const failure = useStore(studio.store, state => state.modelFailure);
  const link = useStore(studio.store, state => state.link);
  if (link !== 'down' && failure === undefined) return null;
  const lost = link === 'down' && failure === undefined;
  return (
    <div class="outage" role="alert">
      <strong>{lost ? `The server at ${location.host} does not answer.` : failure?.message}</strong>
      <span>{lost ? 'Start it with “npm start”; the studio reconnects by itself.' : failure?.advice}</span>
      <button type="button" onClick={() => void studio.load()}>
        Try again
      </button>
    </div>
  );
}

/** The state of the studio as attributes of one hidden element. */
function State({ studio }: { readonly studio: Studio }) {
  const state = useStore(studio.store, whole => whole);
  const { answer, truth } = state;
  const comparison = useMemo(() => compare(answer, truth), [answer, truth]);
  return (
    <output
      id="state"
      hidden
      data-link={state.link}
      data-sample={state.sampleIndex}
      data-revision={state.revision}
      data-settled={isSettled(state)}
      data-verdict={answer?.guard.verdict}
      data-answered-by={answer?.answeredBy}
      data-policy={answer?.policy}
      data-truth={truth?.source}
      data-relative-l2={comparison?.relativeL2}
    />
  );
}
