// What the view says where there is nothing to show: releases are off, there is none yet, or the server does not answer.
import type { Failure } from '../api/failure.js';

function Commands({ lines }: { readonly lines: readonly string[] }) {
  return <pre class="commands-shown">{lines.join('\n')}</pre>;
}

export function DeskOff() {
  return (
    <section class="card notice" data-notice="off" aria-labelledby="off-title">
      <h2 id="off-title">Releases are off on this server</h2>
      <p>
        It runs without a control plane: it serves models, and lets no new version in step by step. Start it with one,
        and this page fills by itself:
      </p>
      <Commands lines={['npx galerkin serve --releases']} />
      <p class="hint">What is written down about releases is then kept beside the models, in one database file.</p>
    </section>
  );
}

export function NoRelease() {
  return (
    <section class="card notice" data-notice="empty" aria-labelledby="empty-title">
      <h2 id="empty-title">No release yet</h2>
      <p>
        A release lets a new version of a model in step by step, and only while the evidence says that it is no worse
        than the one that answers now. Three commands show one:
      </p>
      <Commands
        lines={[
          'npm start                                                  # a server, with a model',
          'npx galerkin release start examples/release/canary.yaml    # a new version gets 5 % of the requests',
          'npx galerkin release status                                # or watch it here',
        ]}
      />
      <p class="hint">Traffic decides: without requests there is no evidence, and nothing is promoted.</p>
    </section>
  );
}

export function Trouble({ failure, onRetry }: { readonly failure: Failure; readonly onRetry: () => void }) {
  return (
    <section class="card notice" data-notice="failure" role="alert">
      <h2>{failure.message}</h2>
      <p>{failure.kind === 'refused' ? 'Choose another release from the list.' : failure.advice}</p>
      <button type="button" onClick={onRetry}>
        Try again
      </button>
    </section>
  );
}
