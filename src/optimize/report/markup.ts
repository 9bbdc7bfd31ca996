// Markup with every value escaped: names in a report come from models, which may come from anywhere.

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
export const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, character => entities[character] ?? '');

/** Markup that is finished. */
export interface Markup {
  readonly markup: string;
}

type Part = string | number | Markup | readonly Markup[];

const partText = (part: Part): string => {
  if (typeof part === 'number') return Number.isInteger(part) ? String(part) : part.toFixed(2);
  if (typeof part === 'string') return escaped(part);
  return 'markup' in part ? part.markup : part.map(({ markup }) => markup).join('');
};

/** A template whose values are escaped, unless they are markup themselves. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return { markup: strings.map((text, k) => text + (parts[k] === undefined ? '' : partText(parts[k]))).join('') };
}

export const nothing: Markup = { markup: '' };
