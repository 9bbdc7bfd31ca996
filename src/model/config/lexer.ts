// Protobuf text into tokens with line and column: identifiers, numbers, strings, symbols; comments and spaces fall away.

export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Token {
  readonly kind: 'word' | 'number' | 'string' | 'symbol' | 'end';
  /** The text as written; of a string, what it stands for. */
  readonly text: string;
  readonly at: Position;
}

/** Called with what is wrong and where; does not return. */
export type Refuse = (at: Position, fault: string) => never;

const skipped = /[ \t\r\n\v\f]+|#[^\n]*/y;
const word = /[A-Za-z_][A-Za-z0-9_]*/y;
const number = /(?:0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?[fF]?)(?![A-Za-z0-9_.])/y;
const symbol = /[{}[\]<>:,;-]/y;
const escaped = /\\(?:([abfnrtv\\'"?])|([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/y;
const plain = /[^\\\n'"]+/y;

const simpleEscapes: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  '\\': 92,
  "'": 39,
  '"': 34,
  '?': 63,
};

function match(pattern: RegExp, text: string, from: number): RegExpExecArray | null {
  pattern.lastIndex = from;
  return pattern.exec(text);
}

/** Finds the line and column of offsets that only grow. */
function positionTracker(text: string): (offset: number) => Position {
  let line = 1;
  let lineStart = 0;
  let nextBreak = text.indexOf('\n');
  return offset => {
    while (nextBreak !== -1 && nextBreak < offset) {
      line += 1;
      lineStart = nextBreak + 1;
      nextBreak = text.indexOf('\n', lineStart);
    }
    return { line, column: offset - lineStart + 1 };
  };
}

/** The bytes that an escape stands for; undefined when it stands for no character. */
function escapedBytes([, simple, octal, hex, short, long]: RegExpExecArray): Iterable<number> | undefined {
  if (simple !== undefined) return [simpleEscapes[simple] ?? 0];
  if (octal !== undefined) return [Number.parseInt(octal, 8) & 255];
  if (hex !== undefined) return [Number.parseInt(hex, 16)];
  const point = Number.parseInt(short ?? long ?? '0', 16);
  if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return undefined;
  return new TextEncoder().encode(String.fromCodePoint(point));
}

/** Reads a quoted string that begins at `from`; returns what it stands for, and where it ends. */
function readString(text: string, from: number, refuse: (fault: string) => never): { value: string; end: number } {
  const quote = text[from];
  const bytes: number[] = [];
  let at = from + 1;
  while (text[at] !== quote) {
    const run = match(plain, text, at);
    const special = run === null ? match(escaped, text, at) : null;
    let added: Iterable<number> | undefined;
    if (run !== null) added = new TextEncoder().encode(run[0]);
    else if (special !== null) added = escapedBytes(special);
    else if (text[at] === '"' || text[at] === "'") added = [text.charCodeAt(at)];
    else if (text[at] !== '\\') return refuse('a string without its closing quote');
    if (added === undefined)
      return refuse(`an escape in a string that stands for nothing, '${text.slice(at, at + 10)}'`);
    for (const byte of added) bytes.push(byte);
    at += run?.[0].length ?? special?.[0].length ?? 1;
  }
  try {
    return {
      value: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes)),
      end: at + 1,
    };
  } catch {
    return refuse('a string that is no UTF-8');
  }
}

/** All tokens, an 'end' last. Linear in the length of the text. */
export function tokenize(text: string, refuse: Refuse): Token[] {
  const tokens: Token[] = [];
  const locate = positionTracker(text);
  let at = 0;
  for (;;) {
    for (let gap = match(skipped, text, at); gap !== null; gap = match(skipped, text, at)) at += gap[0].length;
    const position = locate(at);
    if (at >= text.length) {
      tokens.push({ kind: 'end', text: 'the end of the file', at: position });
      return tokens;
    }
    if (text[at] === '"' || text[at] === "'") {
      const { value, end } = readString(text, at, fault => refuse(position, fault));
      tokens.push({ kind: 'string', text: value, at: position });
      at = end;
      continue;
    }
    const kinds = [
      ['word', word],
      ['number', number],
      ['symbol', symbol],
    ] as const;
    const [kind, pattern] = kinds.find(([, candidate]) => match(candidate, text, at) !== null) ?? [];
    const found = pattern === undefined ? null : match(pattern, text, at);
    if (kind === undefined || found === null) {
      return refuse(position, `unexpected ${JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0))}`);
    }
    tokens.push({ kind, text: found[0], at: position });
    at += found[0].length;
  }
}
