// Protobuf text into tokens, one at a time: identifiers, numbers, strings, symbols; comments and spaces fall away.
import { readString } from './strings.js';

export type TokenKind = 'word' | 'number' | 'string' | 'symbol' | 'end';

/** Called with what is wrong and at which offset; does not return. */
export type Refuse = (at: number, fault: string) => never;

const word = /[A-Za-z_][A-Za-z0-9_]*/y;
const number = /(?:0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?[fF]?)(?![A-Za-z0-9_.])/y;

type CharClass = 'space' | 'comment' | 'word' | 'number' | 'quote' | 'symbol';

/** What a character can begin, by its code; undefined for those that begin nothing. */
const classes: readonly (CharClass | undefined)[] = Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[ \t\r\n\v\f]/.test(character)) return 'space';
  if (/[A-Za-z_]/.test(character)) return 'word';
  if (/[0-9.]/.test(character)) return 'number';
  if (/["']/.test(character)) return 'quote';
  if (/[{}[\]<>:,;-]/.test(character)) return 'symbol';
  return character === '#' ? 'comment' : undefined;
});

/** Reads tokens of a text. The present one is in `kind`, `text` and `at`; `advance` goes to the next. Linear in all. */
export class Lexer {
  kind: TokenKind = 'end';
  /** The token as written; of a string, what it stands for. */
  text = '';
  /** Offset at which it begins. */
  at = 0;
  readonly #source: string;
  readonly #refuse: Refuse;
  #next = 0;

  constructor(source: string, refuse: Refuse) {
    this.#source = source;
    this.#refuse = refuse;
    this.advance();
  }

  advance(): void {
    const start = this.#skip();
    const source = this.#source;
    this.at = start;
    switch (classes[source.charCodeAt(start)]) {
      case 'symbol':
        this.#set('symbol', source.charAt(start), start + 1);
        break;
      case 'word':
        this.#match('word', word);
        break;
      case 'number':
        this.#match('number', number);
        break;
      case 'quote': {
        const { value, end } = readString(source, start, fault => this.#refuse(start, fault));
        this.#set('string', value, end);
        break;
      }
      default:
        if (start < source.length) this.#unexpected();
        this.#set('end', 'the end of the file', start);
    }
  }

  #set(kind: TokenKind, text: string, next: number): void {
    this.kind = kind;
    this.text = text;
    this.#next = next;
  }

  #match(kind: TokenKind, pattern: RegExp): void {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.#source)?.[0];
    if (found === undefined) this.#unexpected();
    else this.#set(kind, found, this.at + found.length);
  }

  #unexpected(): never {
    const character = String.fromCodePoint(this.#source.codePointAt(this.at) ?? 0);
    return this.#refuse(this.at, `unexpected ${JSON.stringify(character)}`);
  }

  /** The offset of the next character that is neither space nor comment. */
  #skip(): number {
    let at = this.#next;
    for (;;) {
      const found = classes[this.#source.charCodeAt(at)];
      if (found === 'space') at += 1;
      else if (found === 'comment') {
        const end = this.#source.indexOf('\n', at);
        at = end === -1 ? this.#source.length : end;
      } else return at;
    }
  }
}
