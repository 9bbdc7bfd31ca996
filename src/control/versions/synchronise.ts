// The registry held against what lies in the repository: what is new is registered, what has vanished is marked.
import { isGalerkinError } from '../../base/index.js';
import type { Repository } from '../../model/index.js';
import { reasonOf } from '../reason.js';
import type { VersionRow } from './record.js';
import type { VersionKey } from './rows.js';

type Fault = VersionKey & { readonly why: string };

export interface SyncReport {
  /** New, or there again. */
  readonly registered: readonly VersionKey[];
  readonly vanished: readonly VersionKey[];
  /** Registered with another digest than what lies there has now. */
  readonly changed: readonly Fault[];
  /** In the repository, and broken. */
  readonly unreadable: readonly Fault[];
}

export interface SyncMeans {
  readonly repository: Repository;
  /** Fingerprints of models that were wholly registered, by name: their files need no second reading. */
  readonly known: Map<string, string>;
  /** @returns whether it was new or had come back */
  register(key: VersionKey): Promise<boolean>;
  present(): Promise<readonly VersionRow[]>;
  vanish(key: VersionKey): Promise<void>;
}

/** Cost: reads all files of models that changed since the last time. */
export async function synchronise({ repository, known, register, present, vanish }: SyncMeans): Promise<SyncReport> {
  const listings = await repository.list();
  const registered: VersionKey[] = [];
  const vanished: VersionKey[] = [];
  const changed: Fault[] = [];
  const unreadable: Fault[] = [];
  for (const { name: model, versions } of listings) {
    // Taken before the files are read: what changes meanwhile is read again the next time.
    const fingerprint = await repository.fingerprint(model).catch(() => '');
    if (fingerprint !== '' && known.get(model) === fingerprint) continue;
    known.delete(model);
    let isWhole = fingerprint !== '';
    for (const version of versions) {
      try {
        if (await register({ model, version })) registered.push({ model, version });
      } catch (cause) {
        if (!isGalerkinError(cause) || cause.code.startsWith('DATABASE_')) throw cause;
        isWhole = false;
        const fault = { model, version, why: reasonOf(cause) };
        if (cause.code === 'VERSION_CHANGED') changed.push(fault);
        else unreadable.push(fault);
      }
    }
    if (isWhole) known.set(model, fingerprint);
  }
  const lying = new Set(listings.flatMap(({ name, versions }) => versions.map(version => `${name}/${version}`)));
  for (const { model, version } of await present()) {
    if (lying.has(`${model}/${version}`)) continue;
    await vanish({ model, version });
    known.delete(model);
    vanished.push({ model, version });
  }
  return { registered, vanished, changed, unreadable };
}
