// What a version compiles: its function traced once, the key of the program, and what the caches have under that key.
import type { Tensor } from '../../base/index.js';
import type { Spec } from '../spec.js';
import type { TreeFunction } from '../trace.js';
import type { FlatTree } from '../tree.js';
import { type Opened, openCached, type Recorded, record, vouchedKey } from './compile-steps.js';
import type { Workshop } from './workshop.js';

export interface ProgramTerms {
  readonly name: string;
  readonly signature: string;
  /** The form of the arguments: paths, types, static values. */
  readonly door: string;
  /** The function of its array arguments alone; static values are inside. */
  readonly fn: TreeFunction;
  /** With 'batch' where the version serves every batch size. */
  readonly specs: readonly Spec[];
  /** The user's word for the function's code; '' if it must be traced to know it. */
  readonly key: string;
}

export class VersionProgram {
  readonly #workshop: Workshop;
  readonly #terms: ProgramTerms;
  #recorded: Recorded | undefined;
  /** The user's word made a key, or the program's own once it is recorded; '' before. */
  key = '';
  /** Known once the program is recorded or found. */
  equations: number | undefined;

  constructor(workshop: Workshop, terms: ProgramTerms) {
    this.#workshop = workshop;
    this.#terms = terms;
  }

  /** Traces the function the first time. @throws what trace throws */
  async record(arrays: FlatTree<Tensor>): Promise<Recorded> {
    if (this.#recorded !== undefined) return this.#recorded;
    const recorded = await record(this.#workshop, this.#terms.fn, arrays.build(this.#terms.specs));
    if (this.key === '') this.key = recorded.key;
    this.equations = recorded.equations;
    this.#recorded = { ...recorded, key: this.key };
    return this.#recorded;
  }

  /** Frees what was recorded; the key and the count stay. */
  forget(): void {
    this.#recorded = undefined;
  }

  /** Under the user's word, where he gave one: nothing is traced. */
  async findVouched(): Promise<Opened | undefined> {
    const { key, name, signature, door } = this.#terms;
    if (key === '') return undefined;
    this.key = vouchedKey(this.#workshop, [name, key, signature, door]);
    return this.find(0);
  }

  /** Under the key of now. A program that the runtime no longer opens is as good as none. */
  find(traceMs: number): Promise<Opened | undefined> {
    return openCached(this.#workshop, this.key, traceMs).catch(() => undefined);
  }
}
