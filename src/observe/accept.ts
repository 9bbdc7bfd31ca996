// Which text format a scraper gets: OpenMetrics where its Accept header ranks it above plain text, else text 0.0.4.
import type { ExpositionFormat } from './exposition.js';

/** Header beyond which nobody means well. */
const longestHeader = 1000;

/** Weight of a media range: its `q`, 1 where there is none, 0 where it cannot be read. */
function weightOf(parameters: readonly string[]): number {
  const q = parameters.map(text => text.trim()).find(text => /^q=/i.test(text));
  if (q === undefined) return 1;
  const weight = Number(q.slice(2));
  return weight >= 0 && weight <= 1 ? weight : 0;
}

/** @param accept the header as it came; undefined: plain text. */
export function negotiateFormat(accept: string | undefined): ExpositionFormat {
  if (accept === undefined || accept.length > longestHeader) return 'text';
  let open = 0;
  let text = 0;
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';');
    const name = type.trim().toLowerCase();
    if (name === 'application/openmetrics-text') open = Math.max(open, weightOf(parameters));
    if (name === 'text/plain') text = Math.max(text, weightOf(parameters));
  }
  return open > 0 && open >= text ? 'openmetrics' : 'text';
}
