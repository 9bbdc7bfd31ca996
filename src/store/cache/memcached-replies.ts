// Reads Memcached's meta replies out of a stream of bytes, however it was cut into chunks.

/** One reply: a hit with its value, a plain success, a refusal by condition or absence, or an error of the server. */
export type Reply =
  | { readonly kind: 'value'; readonly bytes: Uint8Array }
  | { readonly kind: 'done' }
  | { readonly kind: 'not' }
  | { readonly kind: 'error'; readonly text: string };

/** Thrown when the bytes are no replies: the stream cannot be read further. */
export class UnreadableReply extends Error {}

const maxLineBytes = 2048;
const done: Reply = Object.freeze({ kind: 'done' });
const not: Reply = Object.freeze({ kind: 'not' });
const plain = new Map<string, Reply>([
  ['HD', done],
  ['NS', not],
  ['EX', not],
  ['NF', not],
  ['EN', not],
]);

/** @param maxValueBytes larger values are unreadable: they would fill the memory. */
export function replyReader(maxValueBytes: number) {
  let rest: Buffer = Buffer.alloc(0);
  /** The value that is being read: its chunks may be many. */
  let wanted = -1;

  function line(): string | undefined {
    const end = rest.indexOf('\r\n');
    if (end < 0) {
      if (rest.length > maxLineBytes) throw new UnreadableReply('a line without end');
      return undefined;
    }
    const text = rest.toString('latin1', 0, end);
    rest = rest.subarray(end + 2);
    return text;
  }

  function value(): Reply | undefined {
    if (rest.length < wanted + 2) return undefined;
    if (rest[wanted] !== 13 || rest[wanted + 1] !== 10) throw new UnreadableReply('a value without its end');
    const bytes = Uint8Array.from(rest.subarray(0, wanted));
    rest = rest.subarray(wanted + 2);
    wanted = -1;
    return { kind: 'value', bytes };
  }

  function next(): Reply | undefined {
    if (wanted >= 0) return value();
    const text = line();
    if (text === undefined) return undefined;
    const [word = ''] = text.split(' ', 1);
    const known = plain.get(word);
    if (known !== undefined) return known;
    if (word === 'VA') {
      const size = /^VA (\d{1,10})(?: |$)/.exec(text)?.[1];
      wanted = size === undefined ? -1 : Number(size);
      if (wanted < 0 || wanted > maxValueBytes) throw new UnreadableReply('a value of a size that was never stored');
      return value();
    }
    if (/^(?:ERROR|CLIENT_ERROR|SERVER_ERROR)/.test(text)) return { kind: 'error', text };
    throw new UnreadableReply('a line that is no reply');
  }

  return {
    /** The replies that are complete with this chunk. Throws UnreadableReply. */
    read(chunk: Buffer): Reply[] {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const replies: Reply[] = [];
      for (let reply = next(); reply !== undefined; reply = next()) replies.push(reply);
      return replies;
    },
  };
}
