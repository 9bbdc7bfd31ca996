// A driver of the query builder, guarded: parameters are checked before, and what the engine throws becomes our errors.
import type { CompiledQuery, DatabaseConnection, Driver } from 'kysely';
import { sqlFault } from './faults.js';
import { checkParameters } from './parameters.js';

function guardedConnection(inner: DatabaseConnection, place: string): DatabaseConnection {
  return {
    async executeQuery<Row>(query: CompiledQuery) {
      checkParameters(place, query.parameters);
      try {
        return await inner.executeQuery<Row>(query);
      } catch (cause) {
        throw sqlFault(place, 'run a statement', cause);
      }
    },
    streamQuery: (query, chunkSize) => inner.streamQuery(query, chunkSize),
  };
}

/** The same driver, with the errors of sql.ts alone. */
export function guardedDriver(inner: Driver, place: string): Driver {
  const guardedOf = new WeakMap<DatabaseConnection, DatabaseConnection>();
  const innerOf = new WeakMap<DatabaseConnection, DatabaseConnection>();
  const bare = (connection: DatabaseConnection): DatabaseConnection => innerOf.get(connection) ?? connection;
  return {
    init: () => inner.init(),
    async acquireConnection() {
      let connection: DatabaseConnection;
      try {
        connection = await inner.acquireConnection();
      } catch (cause) {
        throw sqlFault(place, 'connect', cause);
      }
      const known = guardedOf.get(connection);
      if (known !== undefined) return known;
      const made = guardedConnection(connection, place);
      guardedOf.set(connection, made);
      innerOf.set(made, connection);
      return made;
    },
    beginTransaction: (connection, settings) => inner.beginTransaction(connection, settings),
    commitTransaction: connection => inner.commitTransaction(connection),
    rollbackTransaction: connection => inner.rollbackTransaction(connection),
    releaseConnection: connection => inner.releaseConnection(bare(connection)),
    destroy: () => inner.destroy(),
  };
}
