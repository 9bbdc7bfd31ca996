// Markup in which all that is put in stands as text, unless it is markup already: names, words and reasons of a release come from anyone.

/** Finished markup. Only this file makes it. */
export class Markup {
  constructor(readonly source: string) {}
}

export type Part = string | number | Markup | readonly Markup[] | undefined;

/** Unseen control characters, and those that turn the reading direction round. */
const unseen = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const special = /[&<>"'`=]/g;

/** Text as it may stand between tags and inside quoted attributes. */
export const asText = (text: string): string =>
  text
    .replace(unseen, character => (character === '\n' || character === '\t' ? character : '\ufffd'))
    .replace(special, character => `&#${character.charCodeAt(0)};`);

/** Coordinates need no more than two digits; a number that is none would break a path. */
const asNumber = (value: number): string =>
  Number.isFinite(value) ? String(Math.round(100 * value) / 100) : asText(String(value));

function sourceOf(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Markup) return part.source;
  if (typeof part === 'string') return asText(part);
  return typeof part === 'number' ? asNumber(part) : part.map(each => each.source).join('');
}

/** A template of markup; undefined leaves nothing. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(String.raw({ raw: strings }, ...parts.map(sourceOf)));
}

/** A style sheet of ours as it is; nothing of a release may come this way. */
export const styleMarkup = (style: string): Markup => new Markup(style);
