// A controller that dies at the n-th thing that it reads, writes or sends: from then on nothing of it gets through.
import type { Fleet, ReleaseTables, Replica } from 'galerkin/control';
import type { Office, SqlDatabase } from 'galerkin/store';
import type { KyselyPlugin } from 'kysely';

export class Death {
  readonly #at: number;
  #done = 0;
  #offices: Office[] = [];

  /** @param at the thing at which it dies; never, if there are fewer */
  constructor(at: number) {
    this.#at = at;
  }

  get isDead(): boolean {
    return this.#done >= this.#at;
  }

  get done(): number {
    return this.#done;
  }

  /** Counts one thing. @throws once dead */
  step(): void {
    if (!this.isDead) this.#done++;
    if (!this.isDead) return;
    // What a dead process holds is given back by those who watch over it.
    for (const office of this.#offices.splice(0)) void office.resign();
    throw new Error('killed');
  }

  holds(office: Office): Office {
    this.#offices.push(office);
    return office;
  }
}

/** Each statement may be the last, before and after it reaches the database. */
const mortalStatements = (death: Death): KyselyPlugin => ({
  transformQuery({ node }) {
    death.step();
    return node;
  },
  async transformResult({ result }) {
    death.step();
    return result;
  },
});

export function mortalDatabase(inner: SqlDatabase<ReleaseTables>, death: Death): SqlDatabase<ReleaseTables> {
  const plugin = mortalStatements(death);
  return {
    ...inner,
    query: inner.query.withPlugin(plugin),
    async transaction(work) {
      const result = await inner.transaction(query => work(query.withPlugin(plugin)));
      // It is committed, and nobody hears of it.
      death.step();
      return result;
    },
    async takeOffice(name) {
      if (death.isDead) return undefined;
      const office = await inner.takeOffice(name);
      return office && death.holds(office);
    },
  };
}

function mortalReplica(inner: Replica, death: Death): Replica {
  const call = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    death.step();
    const result = await work();
    death.step();
    return result;
  };
  return {
    name: inner.name,
    apply: route => call(() => inner.apply(route)),
    status: model => call(() => inner.status(model)),
    standing: model => call(() => inner.standing(model)),
    samples: (model, after, limit) => call(() => inner.samples(model, after, limit)),
  };
}

export const mortalFleet = (inner: Fleet, death: Death): Fleet => ({
  replicas: async () => (await inner.replicas()).map(replica => mortalReplica(replica, death)),
});
