// What to do about a fault, from the words that it was told in.
import { messageOf } from '../config/schema.js';

/** Edits that lead from one word to another (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, k) => k);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The word of a list that is nearest to another, when it is near; undefined otherwise. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const near = known
    .map(each => ({ each, edits: distance(word.slice(0, 64), each) }))
    .sort((a, b) => a.edits - b.edits)
    .at(0);
  return near !== undefined && near.edits <= Math.max(2, word.length / 3) ? near.each : undefined;
}

function unknownField(message: string, field: string): string {
  const known = Object.keys(messageOf(message) ?? {});
  const near = nearest(field, known);
  if (near !== undefined) return `Write '${near}'.`;
  return known.length === 0 ? 'Remove it.' : `Remove it; there are: ${known.join(', ')}.`;
}

type Rule = readonly [RegExp, (...groups: string[]) => string];

const rules: readonly Rule[] = [
  [/^(\w+) has no field '(.*)'/, (message, field) => unknownField(message ?? '', field ?? '')],
  [/known, but not supported here/, () => 'Remove it, or serve this model elsewhere.'],
  [/wanted ":" before its value/, () => 'Put a colon between the name and the value.'],
  [/wanted a string in quotes/, () => 'Put the value in double quotes.'],
  [/is given (?:twice|more than once)/, () => 'Keep one of them.'],
  [/excludes '(\w+)'/, field => `Keep one of the two, this one or '${field}'.`],
  [/closing quote/, () => 'End the string on its own line with the quote that it began with.'],
  [/wanted "(.)", got the end of the file/, symbol => `Close the message with ${symbol}.`],
  [/as its folder, got/, () => 'Remove the name: the folder gives it.'],
  [/the graph wants '(.*)' too/, name => `Add an input '${name}', or leave all inputs out: the graph completes them.`],
  [/the graph has no such (\w+); it has (.*)/, (field, names) => `Use a name of the graph's ${field}s: ${names}.`],
  [/wanted sizes that fit/, () => 'Take the sizes of the graph, or leave dims out: the graph completes them.'],
  [/wanted (\w+) as in the graph/, type => `Write TYPE_${type === 'BYTES' ? 'STRING' : type}, or leave it out.`],
  [
    /external data in files/,
    () => "Put the weights beside the model and name them by a path below the version's folder.",
  ],
  [/wanted an ONNX model/, () => 'Export the model again; the file is damaged or of another format.'],
  [
    /wanted a file 'model\.onnx'|wanted a file '/,
    () => "Put the ONNX file into the version's folder, or set default_model_filename.",
  ],
  [
    /wanted a name, got none \(platform/,
    () => 'Set backend: "onnxruntime", or put model.onnx into the version\'s folder.',
  ],
  [/is not the one that was published/, () => 'Restore the file, or publish the model again.'],
  [/wanted (.*?), got/, wanted => `Give ${wanted}.`],
  [/wanted (.*)$/, wanted => `Give ${wanted}.`],
];

/** One sentence, imperative. */
export function mendOf(text: string): string {
  for (const [pattern, mend] of rules) {
    const found = pattern.exec(text);
    if (found !== null) return mend(...found.slice(1));
  }
  return 'See docs/model.md.';
}
