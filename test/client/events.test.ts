// Streams of answers: server-sent events however they are cut, errors inside them, and leaving early.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { seededRandom } from 'galerkin/base';
import { connect } from 'galerkin/client';
import { afterEach, describe, expect, test } from 'vitest';
import { eventData } from '../../dist/client/events.js';

const streamOf = (pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });

async function collect(pieces: readonly Uint8Array[]): Promise<string[]> {
  const all: string[] = [];
  for await (const data of eventData(streamOf(pieces))) all.push(data);
  return all;
}

describe('server-sent events', () => {
  const text = ': hello\n\ndata: {"a":1}\n\ndata: två\r\ndata:rader\r\n\r\nid: 7\ndata\r\rdata: last\n\ndata: cut off';
  const bytes = new TextEncoder().encode(text);

  test('are the same wherever the bytes are cut', async () => {
    const random = seededRandom(3);
    const wanted = ['{"a":1}', 'två\nrader', 'last'];
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      expect(await collect([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(wanted);
    }
    for (let round = 0; round < 50; round += 1) {
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; ) {
        const size = 1 + random.integer(9);
        pieces.push(bytes.subarray(at, at + size));
        at += size;
      }
      expect(await collect(pieces)).toEqual(wanted);
    }
  });

  test('an empty body has none', async () => {
    expect(await collect([])).toEqual([]);
  });
});

describe('generateStream', () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  /** A server that answers every request with `events`, and stays open if `isOpen`. */
  async function answering(
    events: readonly string[],
    isOpen: boolean,
  ): Promise<{ url: string; closed: Promise<void> }> {
    let onClose = (): void => {};
    const closed = new Promise<void>(resolve => {
      onClose = resolve;
    });
    server = createServer((request, response) => {
      request.resume();
      response.on('close', onClose);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const event of events) response.write(event);
      if (!isOpen) response.end();
    });
    const listening = server;
    await new Promise<void>(resolve => listening.listen(0, '127.0.0.1', resolve));
    const address: AddressInfo | string | null = listening.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return { url: `http://127.0.0.1:${address.port}`, closed };
  }

  test('gives answer after answer', async () => {
    const { url } = await answering(['data: {"OUT":1}\n\n', 'data: {"OUT":2}\n\n'], false);
    const answers: unknown[] = [];
    for await (const answer of connect(url).generateStream('m', { inputs: { IN: 1 } })) answers.push(answer);
    expect(answers).toEqual([{ OUT: 1 }, { OUT: 2 }]);
  });

  test('throws what a later answer says went wrong', async () => {
    const { url } = await answering(['data: {"OUT":1}\n\ndata: {"error":"it broke"}\n\n'], false);
    const stream = connect(url).generateStream('m', { inputs: {} });
    expect(await stream.next()).toEqual({ done: false, value: { OUT: 1 } });
    await expect(stream.next()).rejects.toMatchObject({ code: 'SERVER', message: 'it broke' });
  });

  test('leaving the loop closes the connection, so that the server may stop', async () => {
    const { url, closed } = await answering(['data: {"OUT":1}\n\n'], true);
    for await (const answer of connect(url).generateStream('m', { inputs: {} })) {
      expect(answer).toEqual({ OUT: 1 });
      break;
    }
    await closed;
  });

  test('the caller’s signal ends a stream that says nothing more', async () => {
    const { url } = await answering(['data: {"OUT":1}\n\n'], true);
    const controller = new AbortController();
    const stream = connect(url).generateStream('m', { inputs: {} }, { signal: controller.signal });
    await stream.next();
    const next = stream.next();
    controller.abort();
    await expect(next).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
