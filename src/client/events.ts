// Server-sent events: the data of each, as they come.
import type { FetchResponse } from './transport.js';

const lineEnd = /\r\n|\r|\n/;

/** Joins the data lines of one event; undefined where it has none (a comment that keeps the connection open). */
function dataOf(event: readonly string[]): string | undefined {
  const data = event.filter(line => line.startsWith('data:')).map(line => line.slice(5).replace(/^ /, ''));
  return data.length === 0 ? undefined : data.join('\n');
}

/** Reads `text/event-stream` (WHATWG HTML, server-sent events); names and ids of events are not used. */
export async function* eventData(body: FetchResponse['body']): AsyncGenerator<string> {
  if (body === null) return;
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  let event: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      // A CR at the end may be the first half of a line end.
      const held = !done && rest.endsWith('\r') ? '\r' : '';
      const lines = rest.slice(0, rest.length - held.length).split(lineEnd);
      rest = (lines.pop() ?? '') + held;
      for (const line of lines) {
        if (line !== '') {
          event.push(line);
          continue;
        }
        const data = dataOf(event);
        event = [];
        if (data !== undefined) yield data;
      }
      // What is cut off without its empty line is no event.
      if (done) return;
    }
  } finally {
    await reader.cancel();
  }
}
