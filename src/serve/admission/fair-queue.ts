// Who is next among many tenants: each in order of arrival, and between them the one that was given least so far.

interface Waiting<Item> {
  readonly item: Item;
  readonly tenant: string;
  /** Virtual time at which it would end if every tenant were served at once and equally (start-time fair queueing). */
  readonly start: number;
  next: Waiting<Item> | undefined;
}

interface Line<Item> {
  first: Waiting<Item> | undefined;
  last: Waiting<Item> | undefined;
  /** Virtual end of what this tenant was given last. */
  finish: number;
  count: number;
}

export interface FairQueue<Item> {
  readonly size: number;
  /** Items of one tenant that wait. */
  sizeOf(tenant: string): number;
  /** @param cost what serving it takes, in any unit, at least above 0 */
  push(tenant: string, item: Item, cost: number): void;
  /** The next item that `isWanted`; others met on the way are dropped. */
  shift(isWanted: (item: Item) => boolean): Item | undefined;
  /** The same, left in its place. */
  peek(isWanted: (item: Item) => boolean): Item | undefined;
  /** Takes out what is wanted no more; the others keep their places. Cost O(size). */
  prune(isWanted: (item: Item) => boolean): void;
  /** The tenant with most waiting: whose newest item should go when there is no room. */
  longest(): string | undefined;
  /** Takes out the newest item of a tenant. */
  dropNewest(tenant: string): Item | undefined;
}

/**
 * Start-time fair queueing (Goyal, Vin, Cheng 1996): an item starts at max(virtual time, its tenant's last finish), and
 * the smallest start goes first, so a tenant that sends much waits behind itself, not in front of others.
 * Cost of push O(1), of shift O(tenants that wait).
 */
export function fairQueue<Item>(): FairQueue<Item> {
  const lines = new Map<string, Line<Item>>();
  let virtual = 0;
  let size = 0;
  const nextLine = (): [string, Line<Item>] | undefined => {
    let best: [string, Line<Item>] | undefined;
    for (const entry of lines) {
      const start = entry[1].first?.start ?? Infinity;
      if (best === undefined || start < (best[1].first?.start ?? Infinity)) best = entry;
    }
    return best;
  };
  const take = (tenant: string, line: Line<Item>): Waiting<Item> | undefined => {
    const { first } = line;
    if (first === undefined) return undefined;
    line.first = first.next;
    if (line.first === undefined) line.last = undefined;
    size--;
    if (--line.count === 0) lines.delete(tenant);
    return first;
  };
  return {
    get size() {
      return size;
    },
    sizeOf: tenant => lines.get(tenant)?.count ?? 0,
    push(tenant, item, cost) {
      const line = lines.get(tenant) ?? { first: undefined, last: undefined, finish: virtual, count: 0 };
      lines.set(tenant, line);
      const start = Math.max(virtual, line.finish);
      line.finish = start + cost;
      const waiting: Waiting<Item> = { item, tenant, start, next: undefined };
      if (line.last === undefined) line.first = waiting;
      else line.last.next = waiting;
      line.last = waiting;
      line.count++;
      size++;
    },
    shift(isWanted) {
      for (let found = nextLine(); found !== undefined; found = nextLine()) {
        const taken = take(...found);
        if (taken === undefined) return undefined;
        virtual = Math.max(virtual, taken.start);
        if (isWanted(taken.item)) return taken.item;
      }
      return undefined;
    },
    peek(isWanted) {
      for (let found = nextLine(); found?.[1].first !== undefined; found = nextLine()) {
        const { item } = found[1].first;
        if (isWanted(item)) return item;
        take(...found);
      }
      return undefined;
    },
    prune(isWanted) {
      for (const [tenant, line] of [...lines]) {
        let last: Waiting<Item> | undefined;
        for (let each = line.first; each !== undefined; each = each.next) {
          if (isWanted(each.item)) {
            last = each;
            continue;
          }
          if (last === undefined) line.first = each.next;
          else last.next = each.next;
          line.count--;
          size--;
        }
        line.last = last;
        if (line.count === 0) lines.delete(tenant);
      }
    },
    longest() {
      let most: [string, number] | undefined;
      for (const [tenant, { count }] of lines) if (most === undefined || count > most[1]) most = [tenant, count];
      return most?.[0];
    },
    dropNewest(tenant) {
      const line = lines.get(tenant);
      if (line?.last === undefined) return undefined;
      const newest = line.last;
      if (line.first === newest) {
        take(tenant, line);
        return newest.item;
      }
      let before = line.first;
      while (before !== undefined && before.next !== newest) before = before.next;
      if (before !== undefined) before.next = undefined;
      line.last = before;
      line.count--;
      line.finish = newest.start;
      size--;
      return newest.item;
    },
  };
}
