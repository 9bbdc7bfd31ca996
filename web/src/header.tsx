// The masthead: the mark, the two views, the equation, which model answers, and whether the server lives.
import { formatPercent } from './format.js';
import { useStore } from './state/store.js';
import type { Studio } from './state/studio.js';
import { type Route, releasesHash } from './state/use-route.js';
import type { Theme } from './state/use-theme.js';

/** A hat function over six triangles: the basis of everything here. */
function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path class="mark-back" d="M4 22.5 16 6 28 22.5M10.5 19 16 6 21.5 19M4 22.5 10.5 19H21.5L28 22.5" />
      <path d="M4 22.5 10.5 26H21.5L28 22.5 16 6ZM10.5 26 16 6 21.5 26" />
    </svg>
  );
}

const linkWords = { connecting: 'connecting', up: 'server up', down: 'server down' } as const;

interface HeaderProps {
  readonly studio: Studio;
  readonly view: Route['view'];
  readonly theme: Theme;
  readonly onToggleTheme: () => void;
}

function Views({ view }: { readonly view: Route['view'] }) {
  return (
    <nav class="views" aria-label="Views">
      <a href="#/" aria-current={view === 'fields' ? 'page' : undefined}>
        Fields
      </a>
      <a href={releasesHash} aria-current={view === 'releases' ? 'page' : undefined}>
        Releases
      </a>
    </nav>
  );
}

export function Header({ studio, view, theme, onToggleTheme }: HeaderProps) {
  const link = useStore(studio.store, state => state.link);
  const other = theme === 'dark' ? 'light' : 'dark';
  return (
    <header class="masthead">
      <h1>
        <Mark />
        <span>
          Galerkin <em>studio</em>
        </span>
      </h1>
      <Views view={view} />
      {view === 'fields' ? <FieldFacts studio={studio} /> : <span class="masthead-rest" />}
      <span class="status" role="status" data-link={link}>
        {linkWords[link]}
      </span>
      <button
        type="button"
        class="theme-toggle"
        aria-label={`Use the ${other} theme`}
        title={`Use the ${other} theme`}
        onClick={onToggleTheme}
      >
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <circle cx="12" cy="12" r="7.5" />
          <path d="M12 4.5a7.5 7.5 0 0 1 0 15z" />
        </svg>
      </button>
    </header>
  );
}

/** The equation that is solved, and which model answers. */
function FieldFacts({ studio }: { readonly studio: Studio }) {
  const model = useStore(studio.store, state => state.model);
  const n = useStore(studio.store, state => state.permeability?.n);
  return (
    <>
      <p
        class="equation"
        role="math"
        aria-label="Darcy flow: minus divergence of a times the gradient of u equals one in the unit square, u is zero on the boundary"
      >
        −∇·(<var>a</var>∇<var>u</var>) = 1 <span>in Ω = (0,1)²,</span> <var>u</var> = 0 <span>on ∂Ω</span>
      </p>
      <dl class="facts">
        <div>
          <dt>model</dt>
          <dd>{model ? `${model.name} v${model.version}` : '–'}</dd>
        </div>
        <div>
          <dt>test error</dt>
          <dd>{formatPercent(model?.metrics?.testError)}</dd>
        </div>
        <div>
          <dt>grid</dt>
          <dd>{n === undefined ? '–' : `${n} × ${n}`}</dd>
        </div>
      </dl>
    </>
  );
}
