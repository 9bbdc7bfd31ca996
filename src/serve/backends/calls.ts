// Calls to another thread or process that are waiting for their reply, by number; all fail at once when it ends.

export interface Calls<Reply> {
  /** Starts a call: gives it a number and the promise of its reply. */
  begin(): { readonly id: number; readonly reply: Promise<Reply> };
  /** Delivers a reply; replies to nobody are dropped. */
  deliver(id: number, reply: Reply): void;
  /** Fails every waiting call and every later one. */
  fail(error: Error): void;
}

export function pendingCalls<Reply>(): Calls<Reply> {
  const waiting = new Map<number, { resolve(reply: Reply): void; reject(error: Error): void }>();
  let nextId = 1;
  let ended: Error | undefined;
  return {
    begin() {
      const id = nextId++;
      if (ended !== undefined) return { id, reply: Promise.reject(ended) };
      const reply = new Promise<Reply>((resolve, reject) => waiting.set(id, { resolve, reject }));
      return { id, reply };
    },
    deliver(id, reply) {
      waiting.get(id)?.resolve(reply);
      waiting.delete(id);
    },
    fail(error) {
      ended ??= error;
      for (const call of waiting.values()) call.reject(error);
      waiting.clear();
    },
  };
}
