// What people may ask of a release in each of its phases, and what it does.
import type { AskedCommand } from './measurements.js';
import { sentence } from './sentence.js';
import { type ReleaseCommand, type ReleasePhase, unrouteWord } from './status.js';
import { abort, enterStage, pause, resume, type Step, say } from './transitions.js';

const allowed: Readonly<Record<ReleasePhase, readonly ReleaseCommand[]>> = {
  pending: ['abort'],
  preparing: ['abort'],
  running: ['pause', 'promote', 'abort'],
  paused: ['resume', 'promote', 'abort'],
  promoting: ['abort'],
  aborting: [],
  promoted: [],
  aborted: [],
  reported: [],
};

export const commandsIn = (phase: ReleasePhase): readonly ReleaseCommand[] => allowed[phase];

export interface Answered {
  readonly step: Step;
  /** Undefined: it waits until every replica that can be reached obeys. */
  readonly outcome: string | undefined;
}

export interface CommandFacts {
  readonly nowMs: number;
  /** Every replica that can be reached obeys. */
  readonly isSettled: boolean;
}

export const said = ({ by, why }: AskedCommand['word']): string => (why === '' ? by : `${by}: ${why}`);

/**
 * Executes a command. 'promote' means: leave this stage now, for the next one or, after the last, for the promotion; it waits
 * until the present stage is obeyed, because a share never rises before.
 */
export function obey(step: Step, { command, word }: AskedCommand, { nowMs, isSettled }: CommandFacts): Answered {
  const { status } = step;
  const { phase } = status;
  if (command === unrouteWord || !allowed[phase].includes(command)) {
    const text = `'${command}' came too late: the release is ${phase}.`;
    return { step: { ...step, events: [...step.events, say('command', text, word.by)] }, outcome: text };
  }
  if (command === 'promote' && !isSettled) return { step, outcome: undefined };
  const text = `${command} (${said(word)})`;
  const heard = { ...step, events: [...step.events, say('command', text, word.by)] };
  const outcome = 'done';
  switch (command) {
    case 'abort':
      return { step: abort(heard, nowMs, sentence(`Aborted by ${said(word)}`), word.by), outcome };
    case 'pause':
      return { step: pause(heard, nowMs, sentence(`Paused by ${said(word)}`), word.by), outcome };
    case 'resume':
      return { step: resume(heard, nowMs, word.by), outcome };
    case 'promote':
      return { step: enterStage(heard, status.stage + 1, nowMs, word.by), outcome };
  }
}
