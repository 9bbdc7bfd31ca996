// One thing that a linter says of a model: where, what, and how to mend it.
import { isGalerkinError } from '../../base/index.js';
import type { ConfigFault } from '../config/parse-config.js';
import { mendOf } from './mend.js';

export interface Finding {
  /** '' for what concerns no model in particular. */
  readonly model: string;
  /** From the repository: 'darcy/config.pbtxt'. */
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** An error keeps the model from being served; a warning does not. */
  readonly severity: 'error' | 'warning';
  readonly what: string;
  readonly mend: string;
}

export type Place = Pick<Finding, 'model' | 'file'>;

export function finding(place: Place, severity: Finding['severity'], fault: ConfigFault, mend?: string): Finding {
  const { at, text } = fault;
  const where = at === undefined ? {} : { line: at.line, column: at.column };
  return { ...place, ...where, severity, what: text, mend: mend ?? mendOf(text) };
}

/** What an error says, one finding for each of its faults. @throws what is no error of ours */
export function findingsOf(place: Place, error: unknown): Finding[] {
  if (!isGalerkinError(error)) throw error;
  const faults = 'faults' in error.fields ? error.fields.faults : [error.message];
  return faults.map(text => finding(place, 'error', { text }));
}

/** Runs a check; its failure becomes findings. */
export async function attempt<T>(
  place: Place,
  findings: Finding[],
  check: () => T | Promise<T>,
): Promise<T | undefined> {
  try {
    return await check();
  } catch (error) {
    findings.push(...findingsOf(place, error));
    return undefined;
  }
}
