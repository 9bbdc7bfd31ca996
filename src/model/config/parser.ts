// Tokens of protobuf text into a tree of fields. Knows the syntax only; what the fields mean is the schema's business.
import { Lexer, type Refuse } from './lexer.js';

export interface ScalarNode {
  readonly kind: 'word' | 'number' | 'string';
  readonly text: string;
  readonly negative: boolean;
  /** Offset in the text. */
  readonly at: number;
}

export interface MessageNode {
  readonly kind: 'message';
  readonly fields: readonly FieldNode[];
  readonly at: number;
}

export type ValueNode = ScalarNode | MessageNode;

export interface FieldNode {
  readonly name: string;
  readonly at: number;
  /** One value, or those of a list in brackets. */
  readonly values: readonly ValueNode[];
  readonly isList: boolean;
  /** Whether a colon stands before the value; scalars need one. */
  readonly hasColon: boolean;
}

const maxDepth = 100;
const signedWord = /^(inf|infinity|nan)$/i;

/** The symbols and values under the reader's eye, and what to do when they are wrong. */
class Parser {
  readonly #lexer: Lexer;
  readonly #refuse: Refuse;

  constructor(text: string, refuse: Refuse) {
    this.#refuse = refuse;
    this.#lexer = new Lexer(text, refuse);
  }

  /** Fields up to the closing symbol, or up to the end of the file for the outermost message. */
  fields(close: string | undefined, depth: number): FieldNode[] {
    const lexer = this.#lexer;
    if (depth > maxDepth) this.#refuse(lexer.at, `more than ${maxDepth} messages inside each other`);
    const fields: FieldNode[] = [];
    for (;;) {
      if (close === undefined ? lexer.kind === 'end' : this.#take(close)) return fields;
      if (lexer.kind === 'end') this.#refuse(lexer.at, `wanted "${close}", got the end of the file`);
      fields.push(this.#field(depth));
    }
  }

  #field(depth: number): FieldNode {
    const lexer = this.#lexer;
    const { text: name, at } = lexer;
    if (lexer.kind !== 'word') this.#refuse(at, `wanted the name of a field, got ${this.#shown()}`);
    lexer.advance();
    const hasColon = this.#take(':');
    const isList = this.#take('[');
    const values = isList ? this.#list(depth) : [this.#value(depth)];
    if (!this.#take(',')) this.#take(';');
    return { name, at, values, isList, hasColon };
  }

  #list(depth: number): ValueNode[] {
    const values: ValueNode[] = [];
    if (this.#take(']')) return values;
    do values.push(this.#value(depth));
    while (this.#take(','));
    if (!this.#take(']')) this.#refuse(this.#lexer.at, `wanted "," or "]", got ${this.#shown()}`);
    return values;
  }

  #value(depth: number): ValueNode {
    const { at } = this.#lexer;
    if (this.#take('{')) return { kind: 'message', fields: this.fields('}', depth + 1), at };
    if (this.#take('<')) return { kind: 'message', fields: this.fields('>', depth + 1), at };
    return this.#scalar();
  }

  #scalar(): ScalarNode {
    const lexer = this.#lexer;
    if (lexer.kind === 'string') return this.#string();
    const { at } = lexer;
    const negative = this.#take('-');
    const { kind, text } = lexer;
    if (kind === 'number' || (kind === 'word' && (!negative || signedWord.test(text)))) {
      lexer.advance();
      return { kind, text, negative, at };
    }
    return this.#refuse(lexer.at, `wanted a value, got ${this.#shown()}`);
  }

  /** Strings that follow each other are one string. */
  #string(): ScalarNode {
    const lexer = this.#lexer;
    const { at, text } = lexer;
    lexer.advance();
    if (lexer.kind !== 'string') return { kind: 'string', text, negative: false, at };
    const parts = [text];
    for (; lexer.kind === 'string'; lexer.advance()) parts.push(lexer.text);
    return { kind: 'string', text: parts.join(''), negative: false, at };
  }

  #take(symbol: string): boolean {
    const found = this.#lexer.kind === 'symbol' && this.#lexer.text === symbol;
    if (found) this.#lexer.advance();
    return found;
  }

  #shown(): string {
    const { kind, text } = this.#lexer;
    return kind === 'end' ? text : JSON.stringify(text.slice(0, 40));
  }
}

/** The tree of a text. The first fault of syntax goes to `refuse`, which throws. */
export function parseText(text: string, refuse: Refuse): MessageNode {
  return { kind: 'message', fields: new Parser(text, refuse).fields(undefined, 0), at: 0 };
}
