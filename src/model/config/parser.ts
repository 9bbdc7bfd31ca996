// Tokens of protobuf text into a tree of fields. Knows the syntax only; what the fields mean is the schema's business.
import { type Position, type Refuse, type Token, tokenize } from './lexer.js';

export interface ScalarNode {
  readonly kind: 'word' | 'number' | 'string';
  readonly text: string;
  readonly negative: boolean;
  readonly at: Position;
}

export interface MessageNode {
  readonly kind: 'message';
  readonly fields: readonly FieldNode[];
  readonly at: Position;
}

export type ValueNode = ScalarNode | MessageNode;

export interface FieldNode {
  readonly name: string;
  readonly at: Position;
  /** One value, or those of a list in brackets. */
  readonly values: readonly ValueNode[];
  readonly isList: boolean;
  /** Whether a colon stands before the value; scalars need one. */
  readonly hasColon: boolean;
}

const maxDepth = 100;

interface Cursor {
  readonly peek: () => Token;
  readonly next: () => Token;
  readonly take: (symbol: string) => boolean;
  readonly refuse: Refuse;
}

function cursorOver(tokens: readonly Token[], end: Token, refuse: Refuse): Cursor {
  let at = 0;
  const peek = (): Token => tokens[at] ?? end;
  const next = (): Token => {
    const token = peek();
    at += 1;
    return token;
  };
  return {
    peek,
    next,
    take(symbol) {
      const found = peek().kind === 'symbol' && peek().text === symbol;
      if (found) at += 1;
      return found;
    },
    refuse,
  };
}

const shown = ({ kind, text }: Token): string => (kind === 'end' ? text : JSON.stringify(text.slice(0, 40)));

/** Strings that follow each other are one string. */
function parseString(cursor: Cursor): ScalarNode {
  const { at } = cursor.peek();
  const parts: string[] = [];
  while (cursor.peek().kind === 'string') parts.push(cursor.next().text);
  return { kind: 'string', text: parts.join(''), negative: false, at };
}

function parseScalar(cursor: Cursor): ScalarNode {
  const first = cursor.peek();
  if (first.kind === 'string') return parseString(cursor);
  const negative = cursor.take('-');
  const token = cursor.next();
  if (token.kind === 'number' || (token.kind === 'word' && (!negative || /^(inf|infinity|nan)$/i.test(token.text)))) {
    return { kind: token.kind, text: token.text, negative, at: first.at };
  }
  return cursor.refuse(token.at, `wanted a value, got ${shown(token)}`);
}

function parseValue(cursor: Cursor, depth: number): ValueNode {
  const { at } = cursor.peek();
  for (const [open, close] of [
    ['{', '}'],
    ['<', '>'],
  ] as const) {
    if (cursor.take(open)) return { kind: 'message', fields: parseFields(cursor, close, depth + 1), at };
  }
  return parseScalar(cursor);
}

function parseList(cursor: Cursor, depth: number): ValueNode[] {
  const values: ValueNode[] = [];
  if (cursor.take(']')) return values;
  do values.push(parseValue(cursor, depth));
  while (cursor.take(','));
  if (!cursor.take(']')) cursor.refuse(cursor.peek().at, `wanted "," or "]", got ${shown(cursor.peek())}`);
  return values;
}

function parseField(cursor: Cursor, depth: number): FieldNode {
  const name = cursor.next();
  if (name.kind !== 'word') cursor.refuse(name.at, `wanted the name of a field, got ${shown(name)}`);
  const hasColon = cursor.take(':');
  const isList = cursor.take('[');
  const values = isList ? parseList(cursor, depth) : [parseValue(cursor, depth)];
  if (!cursor.take(',')) cursor.take(';');
  return { name: name.text, at: name.at, values, isList, hasColon };
}

/** Fields up to the closing symbol, or up to the end of the file for the outermost message. */
function parseFields(cursor: Cursor, close: string | undefined, depth: number): FieldNode[] {
  const { at } = cursor.peek();
  if (depth > maxDepth) cursor.refuse(at, `more than ${maxDepth} messages inside each other`);
  const fields: FieldNode[] = [];
  for (;;) {
    if (close === undefined ? cursor.peek().kind === 'end' : cursor.take(close)) return fields;
    if (cursor.peek().kind === 'end') cursor.refuse(cursor.peek().at, `wanted "${close}", got the end of the file`);
    fields.push(parseField(cursor, depth));
  }
}

/** The tree of a text. The first fault of syntax goes to `refuse`, which throws. */
export function parseText(text: string, refuse: Refuse): MessageNode {
  const tokens = tokenize(text, refuse);
  const at = { line: 1, column: 1 };
  const end = tokens.at(-1) ?? { kind: 'end', text: 'the end of the file', at };
  return { kind: 'message', fields: parseFields(cursorOver(tokens, end, refuse), undefined, 0), at };
}
