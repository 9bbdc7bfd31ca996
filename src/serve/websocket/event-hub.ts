// Broadcast of what happens to models: made once, sent to everyone who listens; who does not keep up is dropped and told.
import { invariant, type Timers } from '../../base/index.js';
import type { Engine } from '../engine/engine.js';
import { lifecycleChannel } from '../engine/lifecycle-events.js';
import type { ServerExtension } from '../extension.js';
import { requestChannel } from '../statistics/statistics.js';
import { eventKinds } from './messages.js';

export interface Subscriber {
  wants: ReadonlySet<string>;
  /** Bytes that it has not taken yet. */
  readonly unread: number;
  send(text: string): void;
}

export interface EventHub {
  /** What may be listened to. */
  readonly kinds: readonly string[];
  join(subscriber: Subscriber): void;
  leave(subscriber: Subscriber): void;
  /** Ends the listening for good. */
  close(): void;
}

export interface HubOptions {
  readonly engine: Engine;
  readonly timers: Timers;
  /** Whose events are told besides those of models. */
  readonly extensions: readonly ServerExtension[];
  /** Unread bytes beyond which a subscriber is dropped. */
  readonly bufferBytes: number;
}

const statisticsEveryMs = 1000;
/** Answers over the bound are counted for so long and told together: at most ten messages a second. */
const guardEveryMs = 100;

interface GuardCount {
  readonly model: string;
  readonly version: string;
  readonly verdict: string;
  count: number;
}

/** Nothing is listened to, and no timer runs, while nobody has joined. */
export function eventHub({ engine, timers, bufferBytes, extensions }: HubOptions): EventHub {
  const others = extensions.flatMap(({ events }) => (events === undefined ? [] : [events]));
  const kinds: readonly string[] = [...eventKinds, ...others.map(({ kind }) => kind)];
  invariant(new Set(kinds).size === kinds.length, 'two kinds of events have the same name');
  const subscribers = new Set<Subscriber>();
  const guardCounts = new Map<string, GuardCount>();
  let stops: (() => void)[] = [];

  const broadcast = (kind: string, event: object): void => {
    let text: string | undefined;
    for (const subscriber of subscribers) {
      if (!subscriber.wants.has(kind)) continue;
      if (subscriber.unread > bufferBytes) {
        leave(subscriber);
        const reason = `more than ${bufferBytes} bytes were left unread; subscribe again once they are read`;
        subscriber.send(JSON.stringify({ type: 'unsubscribed', reason }));
        continue;
      }
      text ??= JSON.stringify({ type: 'event', event: kind, ...event });
      subscriber.send(text);
    }
  };

  const tellStatistics = (): void => {
    const models = engine.models.map(({ statistics }) => {
      const { recent: _seconds, ...report } = statistics.report();
      return report;
    });
    broadcast('statistics', { models });
    stops[0] = timers.after(statisticsEveryMs, tellStatistics);
  };

  const tellGuard = (): void => {
    for (const counted of guardCounts.values()) broadcast('guard', counted);
    guardCounts.clear();
    stops[1] = timers.after(guardEveryMs, tellGuard);
  };

  const start = (): void => {
    stops = [
      timers.after(statisticsEveryMs, tellStatistics),
      timers.after(guardEveryMs, tellGuard),
      lifecycleChannel.subscribe(({ model, version, what }) => broadcast('models', { model, version, what })),
      requestChannel.subscribe(({ model, version, verdict }) => {
        if (verdict === undefined || verdict === 'accepted') return;
        const key = `${model}/${version}/${verdict}`;
        const known = guardCounts.get(key);
        if (known === undefined) guardCounts.set(key, { model, version, verdict, count: 1 });
        else known.count++;
      }),
      ...others.map(events => events.subscribe(event => broadcast(events.kind, event))),
    ];
  };

  const stop = (): void => {
    for (const end of stops) end();
    stops = [];
    guardCounts.clear();
  };

  const leave = (subscriber: Subscriber): void => {
    if (subscribers.delete(subscriber) && subscribers.size === 0) stop();
  };

  return {
    kinds,
    join(subscriber) {
      subscribers.add(subscriber);
      if (stops.length === 0) start();
    },
    leave,
    close() {
      subscribers.clear();
      stop();
    },
  };
}
