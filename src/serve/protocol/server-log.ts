// The server's log: failures, models that come and go and, if asked, single requests, as the log settings say.
import type { Clock } from '../../base/index.js';
import { lifecycleChannel } from '../engine/lifecycle-events.js';
import { faultChannel, requestChannel } from '../statistics/statistics.js';
import type { LogControl, LogSettings } from './log-settings.js';

export interface ServerLogOptions {
  readonly log: LogControl;
  readonly clock: Clock;
  /** Takes one line, without its end. */
  write(line: string): void;
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Letter of the level, date and time, as Triton begins its lines. */
function begin(level: 'I' | 'W' | 'E', unixMs: number, { log_format: format }: LogSettings): string {
  const at = new Date(unixMs);
  if (format === 'ISO8601') return `${at.toISOString()} ${level}`;
  const day = `${two(at.getUTCMonth() + 1)}${two(at.getUTCDate())}`;
  const time = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(two).join(':');
  return `${level}${day} ${time}.${String(at.getUTCMilliseconds()).padStart(3, '0')}000`;
}

/** One line, whatever a message holds: nobody writes lines of his own into the log. */
const plain = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').slice(0, 2000);

/** Writes the log until the function that it gives is called. Single requests cost nothing until somebody asks for them. */
export function openServerLog({ log, clock, write }: ServerLogOptions): () => void {
  const line = (level: 'I' | 'W' | 'E', text: string): void =>
    write(`${begin(level, clock.now(), log.current)} galerkin] ${plain(text)}`);
  const ends = [
    faultChannel.subscribe(({ model, what, reason }) => {
      if (log.current.log_error) line('E', `${model === '' ? '' : `model '${model}': `}${what}: ${reason}`);
    }),
    lifecycleChannel.subscribe(({ model, version, what, reason }) => {
      const isFailure = what === 'failed';
      if (isFailure ? !log.current.log_warning : !log.current.log_info) return;
      line(isFailure ? 'W' : 'I', `model '${model}' version ${version} ${what}${reason === '' ? '' : `: ${reason}`}`);
    }),
  ];
  let endRequests: (() => void) | undefined;
  const follow = ({ log_verbose_level: verbosity }: LogSettings): void => {
    endRequests?.();
    endRequests = undefined;
    if (verbosity === 0) return;
    endRequests = requestChannel.subscribe(({ model, version, status, items, latencyMs }) =>
      line('I', `request to '${model}' version ${version}: ${status}, ${items} items, ${latencyMs.toFixed(3)} ms`),
    );
  };
  follow(log.current);
  ends.push(log.onChange(follow));
  return () => {
    for (const end of ends) end();
    endRequests?.();
  };
}
