// Quoted strings of protobuf text: escapes are bytes, and the bytes must be UTF-8.

const escaped = /\\(?:([abfnrtv\\'"?])|([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/y;
const plain = /[^\\\n'"]+/y;
/** A string that says itself: no escape, no line end, no half of a surrogate pair. */
const simpleDouble = /"([^"\\\n\ud800-\udfff]*)"/y;
const simpleSingle = /'([^'\\\n\ud800-\udfff]*)'/y;
const encoder = new TextEncoder();
/** One byte each, made once: a text may hold half a million escapes. */
const single: readonly Uint8Array[] = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));

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

/** The bytes that an escape stands for; undefined when it stands for no character. */
function escapedBytes([, simple, octal, hex, short, long]: RegExpExecArray): Uint8Array | undefined {
  if (simple !== undefined) return single[simpleEscapes[simple] ?? 0];
  if (octal !== undefined) return single[Number.parseInt(octal, 8) & 255];
  if (hex !== undefined) return single[Number.parseInt(hex, 16)];
  const point = Number.parseInt(short ?? long ?? '0', 16);
  if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return undefined;
  return encoder.encode(String.fromCodePoint(point));
}

/** The bytes of a quoted string that begins at `from`, piece by piece, and where it ends. */
function readPieces(
  text: string,
  from: number,
  refuse: (fault: string) => never,
): { pieces: Uint8Array[]; end: number } {
  const quote = text[from];
  const pieces: Uint8Array[] = [];
  let at = from + 1;
  while (text[at] !== quote) {
    const run = match(plain, text, at);
    const special = run === null ? match(escaped, text, at) : null;
    let piece: Uint8Array | undefined;
    if (run !== null) piece = encoder.encode(run[0]);
    else if (special !== null) piece = escapedBytes(special);
    else if (text[at] === '"' || text[at] === "'") piece = single[text.charCodeAt(at)];
    else if (text[at] !== '\\') return refuse('a string without its closing quote');
    if (piece === undefined)
      return refuse(`an escape in a string that stands for nothing, '${text.slice(at, at + 10)}'`);
    pieces.push(piece);
    at += run?.[0].length ?? special?.[0].length ?? 1;
  }
  return { pieces, end: at + 1 };
}

/** Reads a quoted string that begins at `from`; returns what it stands for, and where it ends. */
export function readString(
  text: string,
  from: number,
  refuse: (fault: string) => never,
): { value: string; end: number } {
  const simple = match(text[from] === '"' ? simpleDouble : simpleSingle, text, from);
  if (simple !== null) return { value: simple[1] ?? '', end: from + simple[0].length };
  const { pieces, end } = readPieces(text, from, refuse);
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return { value: decoder.decode(Buffer.concat(pieces)), end };
  } catch {
    return refuse('a string that is no UTF-8');
  }
}
