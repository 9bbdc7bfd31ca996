// The view of releases: the list beside the one that is looked at, or what to do where there is none.
import { useEffect } from 'preact/hooks';
import type { Releases } from '../state/releases.js';
import { useStore } from '../state/store.js';
import { useReleases } from '../state/use-releases.js';
import type { Theme } from '../state/use-theme.js';
import { DeskOff, NoRelease, Trouble } from './notices.js';
import { ReleaseList } from './release-list.js';
import { ReleasePage } from './release-page.js';

export interface ReleasesViewProps {
  readonly releases: Releases;
  readonly id: string | undefined;
  readonly theme: Theme;
}

export function ReleasesView({ releases, id, theme }: ReleasesViewProps) {
  useReleases(releases, id);
  const state = useStore(releases.store, whole => whole);
  useEffect(() => {
    document.title = id === undefined ? 'Releases · Galerkin studio' : `Release ${id} · Galerkin studio`;
    return () => {
      document.title = 'Galerkin studio';
    };
  }, [id]);
  const { desk, list, evidence } = state;
  return (
    <main class="releases" data-desk={desk}>
      <output
        id="releases-state"
        hidden
        data-desk={desk}
        data-count={list.length}
        data-id={evidence?.status.id}
        data-phase={evidence?.status.phase}
        data-points={evidence?.points.length}
        data-live={state.isLive}
      />
      {desk === 'off' ? <DeskOff /> : <Desk releases={releases} id={id} theme={theme} />}
    </main>
  );
}

function Desk({ releases, id, theme }: ReleasesViewProps) {
  const { desk, list, listFailure, evidence, evidenceFailure, isLive } = useStore(releases.store, whole => whole);
  const retry = () => {
    releases.hurry();
    void releases.tick();
  };
  if (desk === 'on' && list.length === 0 && id === undefined) return <NoRelease />;
  const failure = id === undefined ? listFailure : evidenceFailure;
  return (
    <div class="desk" data-chosen={id !== undefined}>
      <ReleaseList list={list} chosen={id} />
      <div class="desk-main">
        {failure !== undefined && <Trouble failure={failure} onRetry={retry} />}
        {evidence !== undefined && (
          <ReleasePage releases={releases} evidence={evidence} isLive={isLive} theme={theme} />
        )}
        {evidence === undefined && failure === undefined && (
          <p class="hint desk-hint">
            {id === undefined
              ? desk === 'asking'
                ? 'Asking the server…'
                : 'Choose a release to see its evidence.'
              : 'Asking for the evidence…'}
          </p>
        )}
      </div>
    </div>
  );
}
