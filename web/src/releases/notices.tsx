// What the view says where there is nothing to show: releases are off, there is none yet, or the server does not answer.
import type { Failure } from '../api/failure.js';

interface Step {
  readonly command: string;
  readonly effect: string;
}

function Steps({ steps }: { readonly steps: readonly Step[] }) {
  return (
    <ol class="steps">
      {steps.map(({ command, effect }) => (
        <li key={command}>
          <code>{command}</code>
          <span>{effect}</span>
        </li>
      ))}
    </ol>
  );
}

const begin: readonly Step[] = [
  { command: 'npm start', effect: 'a server with a model, if none runs yet' },
  {
    command: 'node examples/release/new-version.mjs slow',
    effect: 'writes the next version: the same answers, several times the work',
  },
  {
    command: 'npx galerkin release start examples/release/canary.yaml --traffic 100',
    effect: 'lets it in step by step, and stops it as soon as the evidence is there; watch it here',
  },
];

const switchOn: readonly Step[] = [
  { command: 'npx galerkin serve', effect: 'keeps releases in a file beside the models, unless --database is empty' },
];

export function DeskOff() {
  return (
    <section class="card notice" data-notice="off" aria-labelledby="off-title">
      <h2 id="off-title">Releases are off on this server</h2>
      <p>
        It serves models, and knows no releases: it was started with <code>--database ''</code>, as a library, or by an
        older version. Start it so that it keeps releases, and this page fills by itself:
      </p>
      <Steps steps={switchOn} />
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
      <Steps steps={begin} />
      <p class="hint">
        Requests decide: without them there is no evidence, and nothing is promoted. --traffic sends some, for trying it
        out.
      </p>
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
