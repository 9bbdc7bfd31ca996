// Where a server keeps its releases, and who it is among the servers of one database.
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { numberOption, optionSchema, textOption } from '../../base/index.js';

const usual = 'auto';

export const controlOptions = optionSchema({
  database: textOption({
    doc: "Database of releases: a file for this server alone, or postgres://user@host/name that servers share (the password in PGPASSWORD). 'auto' is a file beside the repository, made by the first release; '' switches releases off.",
    default: usual,
  }),
  replicaName: textOption({
    doc: 'Name of this server among those that share a PostgreSQL database, the same after a restart; empty: machine-port.',
    default: '',
  }),
  keepEvidenceDays: numberOption({
    doc: 'How long after its end the curves, sketches and small events of a release are kept; 0: for ever. How it ended, and what people said, is always kept.',
    unit: 'days',
    default: 90,
    min: 0,
    max: 36_500,
  }),
  advertise: textOption({
    doc: 'Address at which the other servers of a PostgreSQL database reach this one; empty: the address it listens on.',
    default: '',
  }),
});

export interface DatabasePlace {
  readonly url: string;
  /** Nobody named it: it is made by the first release, and a server goes without where another has it. */
  readonly isUsual: boolean;
  readonly isShared: boolean;
}

const isS3 = (repository: string): boolean => /^s3:\/\//.test(repository);

/** `.galerkin/models` has `.galerkin/control.db`; a folder of another name has its own beside it, as neighbours do. */
function usualFile(repository: string): string {
  if (isS3(repository)) return resolve('.galerkin', 'control.db');
  const folder = resolve(repository);
  const name = basename(folder);
  return join(dirname(folder), name === 'models' ? 'control.db' : `${name}.control.db`);
}

/** Undefined where releases are switched off. */
export function databasePlace(database: string, repository: string): DatabasePlace | undefined {
  if (database.trim() === '') return undefined;
  if (database === usual) return { url: usualFile(repository), isUsual: true, isShared: false };
  return { url: database, isUsual: false, isShared: /^postgres(ql)?:/i.test(database) };
}

/** The same after a restart wherever the port is. */
export const replicaName = (asked: string, port: number, { isShared }: DatabasePlace): string => {
  if (asked !== '') return asked;
  return isShared ? `${hostname()}-${port === 0 ? process.pid : port}` : 'server';
};

/** Where others find a server that listens on all addresses: by the name of its machine. */
export function advertisedUrl(
  asked: string,
  server: { readonly url: string; readonly host: string; readonly port: number },
): string {
  if (asked !== '') return asked;
  const isEverywhere = server.host === '0.0.0.0' || server.host === '::';
  return isEverywhere ? `http://${hostname()}:${server.port}` : server.url;
}
