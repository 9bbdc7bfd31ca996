// What the server writes to its log, as clients may see and change it while it runs. Where it writes is no client's business.
import { z } from 'zod';
import { faultLines, GalerkinError } from '../../base/index.js';

export const logFormats = ['default', 'ISO8601'] as const;

/** In the names of the protocol. */
export interface LogSettings {
  readonly log_file: string;
  readonly log_info: boolean;
  readonly log_warning: boolean;
  readonly log_error: boolean;
  /** 0: nothing of single requests. */
  readonly log_verbose_level: number;
  readonly log_format: (typeof logFormats)[number];
}

const changeSchema = z.object({
  log_file: z.unknown().optional(),
  log_info: z.boolean().nullish(),
  log_warning: z.boolean().nullish(),
  log_error: z.boolean().nullish(),
  log_verbose_level: z.int().min(0).max(2_147_483_647).nullish(),
  log_format: z.enum(logFormats).nullish(),
});

export interface LogControl {
  readonly current: LogSettings;
  /**
   * Changes what `settings` names; null and what is unknown change nothing.
   * @throws SETTING_REFUSED for the file, REQUEST_MALFORMED for values of another type
   */
  change(settings: unknown): LogSettings;
  /** Calls `listener` after every change; gives what ends that. */
  onChange(listener: (settings: LogSettings) => void): () => void;
}

/** @param logFile where the log goes, as the settings show it; '' for the standard error stream */
export function logControl(logFile = ''): LogControl {
  let current: LogSettings = {
    log_file: logFile,
    log_info: true,
    log_warning: true,
    log_error: true,
    log_verbose_level: 0,
    log_format: 'default',
  };
  const listeners = new Set<(settings: LogSettings) => void>();
  return {
    get current() {
      return current;
    },
    change(settings) {
      const parsed = changeSchema.safeParse(settings);
      if (!parsed.success) {
        const got = faultLines(parsed.error).slice(0, 3).join('; ').slice(0, 300);
        throw new GalerkinError('REQUEST_MALFORMED', {
          what: 'log settings',
          wanted: 'settings as GET shows them',
          got,
        });
      }
      const { log_file: file, ...changes } = parsed.data;
      if (file !== undefined && file !== null) throw new GalerkinError('SETTING_REFUSED', { what: 'log' });
      const named = Object.entries(changes).filter(([, value]) => value !== undefined && value !== null);
      current = { ...current, ...Object.fromEntries(named) };
      for (const listener of listeners) listener(current);
      return current;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
