// Tags on a cache server: each tag has a generation, entries carry those they were stored under, and a new generation ends them all.
import { createHash, randomBytes } from 'node:crypto';
import type { RemoteStore } from './remote-store.js';
import type { CacheTier, StoreTerms } from './tier.js';

export interface TaggedOptions {
  /** Before every key, so that several services can share a server. Characters [A-Za-z0-9_.-]. */
  readonly prefix: string;
  /** Time to live of an entry without its own. */
  readonly ttlMs: number;
  /** Largest value stored. */
  readonly maxValueBytes: number;
}

/** Random, so that a generation that the server forgot never comes back. */
const generationBytes = 12;

/** Tags may be any text, and models have few; on the server they are short and plain. */
const tagText = (tag: string): string => createHash('sha256').update(tag).digest('base64url').slice(0, 27);

function startsWith(bytes: Uint8Array, head: Uint8Array): boolean {
  return bytes.length >= head.length && Buffer.compare(bytes.subarray(0, head.length), head) === 0;
}

/** The generations of the tags in use here, as last seen on the server. */
function generations(store: RemoteStore, prefix: string) {
  const seen = new Map<string, Uint8Array>();
  const keyByTag = new Map<string, string>();
  const tagByText = new Map<string, string>();
  const listeners = new Set<(tag: string) => void>();
  const keyOf = (tag: string): string => {
    const known = keyByTag.get(tag);
    if (known !== undefined) return known;
    const text = tagText(tag);
    const key = `${prefix}:t:${text}`;
    tagByText.set(text, tag);
    keyByTag.set(tag, key);
    return key;
  };
  const see = (tag: string, generation: Uint8Array): void => {
    const before = seen.get(tag);
    if (before !== undefined && Buffer.compare(before, generation) === 0) return;
    seen.set(tag, Uint8Array.from(generation));
    if (before !== undefined) for (const listener of listeners) listener(tag);
  };
  return {
    listeners,
    keyOf,
    see,
    /** Takes a generation that was made here: nobody needs to be told. */
    own(tag: string, generation: Uint8Array): void {
      seen.set(tag, generation);
    },
    /** All of `tags` in one piece, if all are known. */
    known(tags: readonly string[]): Uint8Array | undefined {
      const parts: Uint8Array[] = [];
      for (const tag of tags) {
        const generation = seen.get(tag);
        if (generation === undefined) return undefined;
        parts.push(generation);
      }
      return parts.length === 1 ? parts[0] : Buffer.concat(parts);
    },
    /** Gives tags that the server does not know a generation: the one of whoever comes first. */
    async found(tags: readonly string[]): Promise<void> {
      for (const tag of tags) await store.putIfAbsent(keyOf(tag), randomBytes(generationBytes));
      const values = await store.getMany(tags.map(keyOf));
      for (const [k, tag] of tags.entries()) {
        const value = values[k];
        if (value?.length === generationBytes) see(tag, value);
        else if (value !== undefined) await store.remove(keyOf(tag));
      }
    },
    /** Reads all again: messages may have been missed. */
    async refresh(): Promise<void> {
      const tags = [...seen.keys()];
      if (tags.length > 0) await this.found(tags);
    },
    heard(message: string): void {
      const [text = '', hex = ''] = message.split(' ', 2);
      const tag = tagByText.get(text);
      if (tag !== undefined && /^[0-9a-f]{24}$/.test(hex)) see(tag, Buffer.from(hex, 'hex'));
    },
  };
}

/**
 * A cache tier on a server. Reading an entry and checking its tags is one round trip, so an invalidation holds for everybody
 * from the moment that the server has it. Entries of older generations are never read again and end by their time to live.
 * `close` closes the store.
 */
export function taggedTier(store: RemoteStore, options: TaggedOptions): CacheTier {
  const { prefix, ttlMs, maxValueBytes } = options;
  const tagged = generations(store, prefix);
  const entryKey = (key: string): string => `${prefix}:e:${key}`;
  store.listen?.(tagged.heard, () => void tagged.refresh().catch(() => undefined));

  async function get(key: string, tags: readonly string[]): Promise<Uint8Array | undefined> {
    const [value, ...current] = await store.getMany([entryKey(key), ...tags.map(tagged.keyOf)]);
    const missing = tags.filter((_, k) => current[k]?.length !== generationBytes);
    tags.forEach((tag, k) => {
      const generation = current[k];
      if (generation?.length === generationBytes) tagged.see(tag, generation);
    });
    if (missing.length > 0) {
      await tagged.found(missing);
      return undefined;
    }
    const head = tagged.known(tags);
    return value !== undefined && head !== undefined && startsWith(value, head)
      ? value.subarray(head.length)
      : undefined;
  }

  return {
    name: store.name,
    get,
    async set(key, bytes, terms: StoreTerms) {
      const head = tagged.known(terms.tags);
      if (head === undefined || bytes.length + head.length > maxValueBytes) return false;
      await store.put(entryKey(key), [head, bytes], terms.ttlMs ?? ttlMs);
      return true;
    },
    delete: key => store.remove(entryKey(key)),
    async invalidate(tag) {
      const generation = randomBytes(generationBytes);
      await store.put(tagged.keyOf(tag), [generation], 0);
      tagged.own(tag, generation);
      await store.announce?.(`${tagText(tag)} ${generation.toString('hex')}`);
    },
    onInvalidated(listener) {
      tagged.listeners.add(listener);
      return () => tagged.listeners.delete(listener);
    },
    close: () => store.close(),
  };
}
