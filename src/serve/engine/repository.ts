// Who decides what runs: everything at the start, the folder as it changes, or clients by load and unload.
import { GalerkinError, isGalerkinError, type Timers } from '../../base/index.js';
import type { Repository } from '../../model/index.js';
import { faultChannel } from '../statistics/channels.js';
import type { ControlMode } from './control-mode.js';
import { type Lifecycle, unloaded } from './lifecycle.js';
import type { ModelTable } from './model-table.js';
import type { RepositoryControl } from './repository-control.js';
import type { VersionNotes } from './version-notes.js';

export interface RepositoryOptions {
  readonly location: string;
  readonly mode: ControlMode;
  readonly pollMs: number;
  /** Loaded at the start in mode 'explicit'; '*' stands for all. */
  readonly loadModels: readonly string[];
  /** The server is ready only if everything that was asked for runs. */
  readonly isStrict: boolean;
  readonly timers: Timers;
}

interface Parts {
  readonly repository: Repository;
  readonly notes: VersionNotes;
  readonly lifecycle: Lifecycle;
  readonly table: ModelTable;
}

export interface RunningRepository extends RepositoryControl {
  isReady(): boolean;
  close(drainTimeoutMs: number): Promise<void>;
}

/**
 * Loads what the mode asks for. Ready when it returns; models that did not load are in the index with the reason.
 * @throws REPOSITORY_EMPTY if there is nothing and nothing can come; the first failure if every model failed.
 */
export async function runRepository(parts: Parts, options: RepositoryOptions): Promise<RunningRepository> {
  const running = new Repositories(parts, options);
  await running.start();
  return running;
}

class Repositories implements RunningRepository {
  private readonly fingerprints = new Map<string, string>();
  private stopPolling: (() => void) | undefined;
  private isClosing = false;

  constructor(
    private readonly parts: Parts,
    private readonly options: RepositoryOptions,
  ) {}

  async start(): Promise<void> {
    const { location, mode, loadModels } = this.options;
    const names = await this.list();
    if (names.length === 0 && mode === 'none') throw new GalerkinError('REPOSITORY_EMPTY', { repository: location });
    const wanted = mode === 'explicit' && !loadModels.includes('*') ? loadModels : names;
    if (mode === 'poll') await this.remember(names);
    const failures = await this.loadAll(wanted);
    if (failures.length > 0 && failures.length === wanted.length) {
      await this.close(0);
      const [first] = failures;
      throw isGalerkinError(first) && first.cause !== undefined ? first.cause : first;
    }
    if (mode === 'poll') this.pollLater();
  }

  async index(readyOnly: boolean) {
    await this.list();
    return this.parts.notes.list(readyOnly);
  }

  async load(...[name, override]: Parameters<RepositoryControl['load']>): Promise<void> {
    this.assertExplicit('load');
    await this.parts.lifecycle.load(name, override);
  }

  async unload(name: string, { dependents = false }: { readonly dependents?: boolean } = {}): Promise<void> {
    this.assertExplicit('unload');
    const { lifecycle, notes } = this.parts;
    if (!notes.isKnown(name)) {
      const known = this.parts.table.models.map(({ served }) => served.name);
      throw new GalerkinError('MODEL_UNKNOWN', { model: name.slice(0, 200), version: undefined, known });
    }
    const others = dependents ? lifecycle.dependenciesOf(name) : [];
    await lifecycle.unload(name);
    await Promise.all(others.map(each => lifecycle.unload(each)));
  }

  isReady(): boolean {
    if (this.isClosing) return false;
    return !this.options.isStrict || !(this.parts.notes.some('LOADING') || this.hasFailed());
  }

  async close(drainTimeoutMs: number): Promise<void> {
    this.isClosing = true;
    this.stopPolling?.();
    await this.parts.lifecycle.close(drainTimeoutMs);
    await this.parts.repository.close();
  }

  /** True if a model that should run has no version that does. */
  private hasFailed(): boolean {
    const { notes, table } = this.parts;
    const failed = notes.list(false).filter(({ state, reason }) => state === 'UNAVAILABLE' && reason !== unloaded);
    return failed.some(({ name }) => table.running(name) === undefined);
  }

  private async list(): Promise<string[]> {
    const names = (await this.parts.repository.list()).map(({ name }) => name);
    for (const name of names) this.parts.notes.know(name);
    return names;
  }

  private async loadAll(names: readonly string[]): Promise<unknown[]> {
    const loaded = await Promise.allSettled(names.map(name => this.parts.lifecycle.load(name)));
    return loaded.flatMap(result => (result.status === 'rejected' ? [result.reason] : []));
  }

  private assertExplicit(what: 'load' | 'unload'): void {
    const { mode } = this.options;
    if (mode !== 'explicit') throw new GalerkinError('CONTROL_REFUSED', { what, mode });
  }

  private async remember(names: readonly string[]): Promise<void> {
    for (const name of names) this.fingerprints.set(name, await this.parts.repository.fingerprint(name));
  }

  private pollLater(): void {
    this.stopPolling = this.options.timers.after(this.options.pollMs, () => {
      void this.poll()
        .catch((error: unknown) => {
          const reason = error instanceof Error ? error.message : String(error);
          faultChannel.publish(() => ({ model: '', what: 'the repository could not be read', reason }));
        })
        .then(() => {
          if (!this.isClosing) this.pollLater();
        });
    });
  }

  /** Loads what is new or has changed, unloads what is gone. A model that does not load leaves its old versions running. */
  private async poll(): Promise<void> {
    const { repository, lifecycle, notes } = this.parts;
    const names = await this.list();
    for (const name of [...this.fingerprints.keys()].filter(each => !names.includes(each))) {
      this.fingerprints.delete(name);
      await lifecycle.unload(name);
      notes.forget(name);
    }
    for (const name of names) {
      const fingerprint = await repository.fingerprint(name);
      if (this.fingerprints.get(name) === fingerprint) continue;
      this.fingerprints.set(name, fingerprint);
      await lifecycle.load(name).catch(() => undefined);
    }
  }
}
