// The name of a traced program: a SHA-256 over its equations in canonical text and over its constants.
import { createHash, type Hash } from 'node:crypto';
import { isPlainJaxpr, type PlainAtom, type PlainJaxpr, type PlainProgram } from './plain-program.js';

/** Numbers as they are: JSON would write minus zero, infinities and NaN like others. */
function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Plain data in one text; records by sorted names. */
export function canonicalText(value: unknown): string {
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, item]) => `${JSON.stringify(name)}:${canonicalText(item)}`).join(',')}}`;
}

/** Writes equations with variables numbered in the order of their appearance, so that a second trace gives the same text. */
class Writer {
  readonly #hash: Hash;
  readonly #numbers = new Map<PlainAtom, number>();

  constructor(hash: Hash) {
    this.#hash = hash;
  }

  jaxpr({ inBinders, eqns, outs }: PlainJaxpr): void {
    this.#line('in', inBinders);
    for (const { primitive, params, inputs, outBinders } of eqns) {
      this.#line(`${JSON.stringify(primitive)}<`, inputs);
      this.#line('>', outBinders);
      for (const [name, value] of Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1))) {
        this.#hash.update(`${JSON.stringify(name)}=`);
        if (isPlainJaxpr(value)) this.jaxpr(value);
        else this.#hash.update(`${canonicalText(value)};`);
      }
    }
    this.#line('out', outs);
  }

  #line(word: string, atoms: readonly PlainAtom[]): void {
    this.#hash.update(`${word} ${atoms.map(atom => this.#atom(atom)).join(' ')}\n`);
  }

  #atom(atom: PlainAtom): string {
    const { aval, value } = atom;
    const type = `${aval.dtype}[${aval.shape.join(',')}]${aval.weakType ? '~' : ''}`;
    if (value !== undefined) return `${numberText(value)}:${type}`;
    const known = this.#numbers.get(atom);
    if (known !== undefined) return `v${known}`;
    this.#numbers.set(atom, this.#numbers.size);
    return `v${this.#numbers.size - 1}:${type}`;
  }
}

/**
 * The digest of a program: equal for two traces of one function in any process, different when an equation, a
 * parameter, a shape, a type, a constant's value, a path of the door or the form of the result differs.
 */
export function programDigest({ inputs, outputs, recordings, outputForm }: PlainProgram): string {
  const hash = createHash('sha256');
  hash.update(`${canonicalText({ inputs, outputs, outputForm })}\n`);
  for (const { batch, jaxpr, constants } of recordings) {
    hash.update(`recording ${batch}\n`);
    for (const { dtype, shape, data } of constants) {
      hash.update(`constant ${dtype}[${shape}]\n`);
      hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
    new Writer(hash).jaxpr(jaxpr);
  }
  return hash.digest('hex');
}

/** A digest over words, each with its length, so that no two lists run together. */
export function digestOf(words: readonly string[]): string {
  const hash = createHash('sha256');
  for (const word of words) hash.update(`${word.length}:${word}\n`);
  return hash.digest('hex');
}
