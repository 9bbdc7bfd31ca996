// Pause, resume, promote, abort: each asks who and why before it is sent, and says what it will do.
import { useRef, useState } from 'preact/hooks';
import type { ReleasePhase, ReleaseStatus } from '../api/release-schemas.js';
import type { ReleaseCommand, Word } from '../api/releases.js';
import type { Releases } from '../state/releases.js';
import { useStore } from '../state/store.js';
import { rememberedName, rememberName } from './remembered-name.js';

interface CommandWords {
  readonly name: string;
  readonly effect: (status: ReleaseStatus) => string;
  readonly phases: readonly ReleasePhase[];
}

const words: Readonly<Record<ReleaseCommand, CommandWords>> = {
  pause: {
    name: 'Pause',
    effect: () => 'The traffic stays shared as it is, and the stage’s time stands still until someone resumes.',
    phases: ['running'],
  },
  resume: { name: 'Resume', effect: () => 'The stage goes on where it stopped.', phases: ['paused'] },
  promote: {
    name: 'Promote',
    effect: ({ candidate, stage, stages }) =>
      `Your word takes the place of proof, and is kept for ever: ${stage + 1 < stages.length ? `stage ${stage + 2} of ${stages.length} begins now` : `version ${candidate} takes over now`}.`,
    phases: ['running', 'paused'],
  },
  abort: {
    name: 'Abort',
    effect: ({ baseline }) =>
      `All traffic goes back to version ${baseline} at once. This release cannot be taken up again.`,
    phases: ['pending', 'preparing', 'running', 'paused', 'promoting'],
  },
};
const order: readonly ReleaseCommand[] = ['pause', 'resume', 'promote', 'abort'];

export function Commands({ releases, status }: { readonly releases: Releases; readonly status: ReleaseStatus }) {
  const [asked, ask] = useState<ReleaseCommand>();
  const opener = useRef<HTMLButtonElement | null>(null);
  const possible = order.filter(command => words[command].phases.includes(status.phase));
  const close = () => {
    ask(undefined);
    opener.current?.focus();
  };
  if (possible.length === 0 && asked === undefined) return null;
  return (
    <div class="commands">
      <div class="command-row">
        {possible.map(command => (
          <button
            key={command}
            type="button"
            data-command={command}
            aria-expanded={asked === command}
            onClick={({ currentTarget }) => {
              opener.current = currentTarget;
              ask(command);
            }}
          >
            {words[command].name}…
          </button>
        ))}
      </div>
      {asked !== undefined && (
        <Confirmation key={asked} command={asked} releases={releases} status={status} onClose={close} />
      )}
    </div>
  );
}

interface ConfirmationProps {
  readonly command: ReleaseCommand;
  readonly releases: Releases;
  readonly status: ReleaseStatus;
  readonly onClose: () => void;
}

function Confirmation({ command, releases, status, onClose }: ConfirmationProps) {
  const failure = useStore(releases.store, state => state.commandFailure);
  const [isSending, setSending] = useState(false);
  const [by, setBy] = useState(rememberedName);
  const [why, setWhy] = useState('');
  const { name, effect } = words[command];

  // The button stays in reach while it waits: one that is switched off loses the keyboard's focus.
  const send = async (word: Word) => {
    if (isSending) return;
    setSending(true);
    rememberName(word.by);
    const isDone = await releases.command(command, word);
    setSending(false);
    if (isDone) onClose();
  };

  return (
    <form
      class="confirmation"
      aria-label={`${name} this release`}
      data-command={command}
      onSubmit={event => {
        event.preventDefault();
        void send({ by: by.trim(), why: why.trim() });
      }}
      onKeyDown={({ key }) => {
        if (key === 'Escape') onClose();
      }}
    >
      <p>{effect(status)}</p>
      <label>
        Your name
        <input
          required
          maxLength={100}
          value={by}
          autoComplete="name"
          ref={by === '' ? focusOnce : null}
          onInput={({ currentTarget }) => setBy(currentTarget.value)}
        />
      </label>
      <label>
        Why
        <input
          required
          maxLength={500}
          value={why}
          ref={by === '' ? null : focusOnce}
          onInput={({ currentTarget }) => setWhy(currentTarget.value)}
        />
      </label>
      {failure !== undefined && (
        <p class="refusal" role="alert">
          {failure.message}
        </p>
      )}
      <div class="command-row">
        <button type="submit" class="go" disabled={by.trim() === '' || why.trim() === ''} aria-busy={isSending}>
          {isSending ? 'Sending…' : `${name} version ${status.candidate}`}
        </button>
        <button type="button" onClick={onClose}>
          Leave it
        </button>
      </div>
    </form>
  );
}

const focused = new WeakSet<Element>();

/** Focus goes to the first empty field when the form opens, and stays where the reader puts it after that. */
function focusOnce(input: HTMLInputElement | null): void {
  if (input === null || focused.has(input.form ?? input)) return;
  focused.add(input.form ?? input);
  input.focus();
}
