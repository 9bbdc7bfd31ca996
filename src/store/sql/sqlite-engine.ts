// The embedded engine: the process has the file to itself, so an office is a name that one holder here has.
import { GalerkinError } from '../../base/index.js';
import type { Office } from './database.js';
import type { Engine, EngineOptions } from './engine.js';
import type { SqlPlace } from './place.js';
import { sqliteDialect } from './sqlite-dialect.js';
import { openSqliteFile } from './sqlite-file.js';
import { nextTerm } from './terms.js';
import { takeTurns } from './turns.js';

interface Held {
  readonly office: Office;
  readonly lose: () => void;
}

export async function openSqlite(at: SqlPlace & { engine: 'sqlite' }, options: EngineOptions): Promise<Engine> {
  const { CompiledQuery } = await import('kysely');
  const { place, path } = at;
  const { clock, timers, waitMs } = options;
  const file = await openSqliteFile(path, clock);
  const why = `another transaction has been open for ${waitMs} ms; inside a transaction use the query that it is given`;
  const turns = takeTurns(
    timers,
    waitMs,
    () => new GalerkinError('DATABASE_FAILED', { place, what: 'begin within the time to wait', why }),
  );
  const held = new Map<string, Held | undefined>();
  return {
    engine: 'sqlite',
    place,
    dialect: await sqliteDialect(file.raw, place, turns),
    async takeOffice(name, plain) {
      if (held.has(name)) return undefined;
      held.set(name, undefined);
      try {
        const { rows } = await plain.executeQuery<{ term: number }>(CompiledQuery.raw(nextTerm('?'), [name]));
        const taken = officeOf(rows[0].term, () => held.delete(name));
        held.set(name, taken);
        return taken.office;
      } catch (error) {
        held.delete(name);
        throw error;
      }
    },
    async close() {
      for (const each of held.values()) each?.lose();
      file.close();
    },
  };
}

function officeOf(term: number, free: () => void): Held {
  const { promise: lost, resolve } = lostPromise();
  let isHeld = true;
  const lose = (): void => {
    if (!isHeld) return;
    isHeld = false;
    free();
    resolve();
  };
  return { office: { term, isHeld: () => isHeld, lost, resign: async () => lose() }, lose };
}

function lostPromise(): { promise: Promise<void>; resolve: () => void } {
  let settle = (): void => undefined;
  const promise = new Promise<void>(resolve => {
    settle = resolve;
  });
  return { promise, resolve: () => settle() };
}
