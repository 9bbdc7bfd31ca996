// The whole page: the view that the address names, and the read-only state that tests and assistive tools can wait on.
import { useEffect, useMemo } from 'preact/hooks';
import { Charts } from './charts/charts.js';
import { CurlCard } from './controls/curl-card.js';
import { BrushCard, SampleCard } from './controls/input-card.js';
import { TimingCard } from './controls/timing-card.js';
import { GuardCard } from './guard/guard-card.js';
import { Header } from './header.js';
import { Panels } from './panels/panels.js';
import { ReleasesView } from './releases/releases-view.js';
import { compare } from './state/comparison.js';
import { createReleases } from './state/releases.js';
import { type Store, useStore } from './state/store.js';
import { createStudio, type Studio } from './state/studio.js';
import { isSettled } from './state/studio-state.js';
import { useRoute } from './state/use-route.js';
import { createHistory, type History, useStats } from './state/use-stats.js';
import { type Theme, useTheme } from './state/use-theme.js';

export function App() {
  const studio = useMemo(createStudio, []);
  const releases = useMemo(() => createReleases(), []);
  const history = useMemo(createHistory, []);
  const [theme, toggleTheme] = useTheme();
  const route = useRoute();
  useEffect(() => void studio.load(), [studio]);
  useStats(studio, history);
  return (
    <>
      <Header studio={studio} view={route.view} theme={theme} onToggleTheme={toggleTheme} />
      <Outage studio={studio} needsModel={route.view === 'fields'} />
      <State studio={studio} />
      {route.view === 'releases' ? (
        <ReleasesView releases={releases} id={route.id} theme={theme} />
      ) : (
        <Bench studio={studio} history={history} theme={theme} />
      )}
    </>
  );
}

interface BenchProps {
  readonly studio: Studio;
  readonly history: Store<History>;
  readonly theme: Theme;
}

/** Fields, the guard's verdict, and the server at work. */
function Bench({ studio, history, theme }: BenchProps) {
  return (
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
  );
}

/** Says what is wrong when there is no server or no model, over the page so that nothing moves. */
function Outage({ studio, needsModel }: { readonly studio: Studio; readonly needsModel: boolean }) {
  const failure = useStore(studio.store, state => (needsModel ? state.modelFailure : undefined));
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
