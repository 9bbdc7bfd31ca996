// One function in all its versions: which version answers a call, and when one version can serve every batch size.
import type { Tensor } from '../../base/index.js';
import type { Spec } from '../spec.js';
import type { TreeFunction } from '../trace.js';
import type { Tree } from '../tree.js';
import { type CallForm, fits, keyOf, openBatch, readCall } from './call-form.js';
import { canonicalText } from './program-digest.js';
import { tierChannel } from './tier-events.js';
import type { FunctionReport } from './tier-report.js';
import { Version } from './version.js';
import type { Workshop } from './workshop.js';

export interface FunctionTerms {
  readonly name: string;
  readonly call: (args: readonly unknown[]) => unknown;
  readonly staticPositions: readonly number[];
  readonly key: string;
  /** Declared by the user, with 'batch' where sizes vary; empty if nothing was declared. */
  readonly openSpecs: readonly Spec[];
  /** Tells that a version was used, or made, so that the least recently used can go. */
  readonly onUse: (version: Version, drop: () => void) => void;
}

interface Family {
  readonly versions: Map<string, Version>;
  /** The version with an open batch, if there is one. */
  open: Version | undefined;
  /** Forms of an open batch that were refused. */
  readonly refused: Set<string>;
}

export class TieredFunction {
  readonly #workshop: Workshop;
  readonly #terms: FunctionTerms;
  readonly #families = new Map<string, Family>();
  #calls = 0;

  constructor(workshop: Workshop, terms: FunctionTerms) {
    this.#workshop = workshop;
    this.#terms = terms;
  }

  call(args: readonly unknown[]): Promise<Tree<Tensor>> {
    const form = readCall(args, this.#terms.staticPositions);
    this.#calls += 1;
    return this.#versionFor(form).call(form);
  }

  report(): FunctionReport {
    const versions = [...this.#families.values()].flatMap(({ versions: known }) => [...known.values()]);
    return { name: this.#terms.name, calls: this.#calls, versions: versions.map(version => version.report()) };
  }

  async close(): Promise<void> {
    for (const { versions } of this.#families.values()) for (const version of versions.values()) await version.close();
    this.#families.clear();
  }

  #family(name: string): Family {
    const known = this.#families.get(name);
    if (known !== undefined) return known;
    const made: Family = { versions: new Map(), open: undefined, refused: new Set() };
    this.#families.set(name, made);
    return made;
  }

  #versionFor(form: CallForm): Version {
    const family = this.#family(form.family);
    const key = keyOf(form.specs);
    const open = family.open;
    const known = family.versions.get(key) ?? (open !== undefined && fits(open.specs, form.specs) ? open : undefined);
    if (known !== undefined) {
      this.#use(family, known);
      return known;
    }
    const declared = this.#declared(family, form);
    if (declared !== undefined) return this.#open(family, { form, specs: declared, isHot: false });
    const sibling = [...family.versions.values()].find(version => version.isNative);
    if (sibling !== undefined || this.#isNativeElsewhere(family)) this.#tellDeoptimised(form);
    const shared = sibling === undefined ? undefined : openBatch(sibling.specs, form.specs);
    if (shared !== undefined && !family.refused.has(keyOf(shared)))
      return this.#open(family, { form, specs: shared, isHot: true });
    return this.#make(family, { form, specs: form.specs, isHot: false, onRefused: () => undefined });
  }

  #declared(family: Family, { specs }: CallForm): readonly Spec[] | undefined {
    const { openSpecs } = this.#terms;
    return fits(openSpecs, specs) && openSpecs.length > 0 && !family.refused.has(keyOf(openSpecs))
      ? openSpecs
      : undefined;
  }

  /** A version for every batch size; where that is refused, each size gets a version of its own. */
  #open(family: Family, { form, specs, isHot }: { form: CallForm; specs: readonly Spec[]; isHot: boolean }): Version {
    const onRefused = (code: string): void => {
      if (code !== 'BATCH_NOT_SYMBOLIC' && code !== 'TRACE_FAILED') return;
      family.refused.add(keyOf(specs));
      family.open = undefined;
    };
    family.open = this.#make(family, { form, specs, isHot, onRefused });
    return family.open;
  }

  #make(
    family: Family,
    terms: { form: CallForm; specs: readonly Spec[]; isHot: boolean; onRefused: (code: string) => void },
  ): Version {
    const { form, specs, isHot, onRefused } = terms;
    const { name, key } = this.#terms;
    const fixed = canonicalText(form.statics);
    const signature = `${keyOf(specs)}${form.statics.length === 0 ? '' : ` static ${fixed}`}`;
    const fn: TreeFunction = (...arrays) => this.#terms.call(this.#withStatics(arrays, form.statics));
    const version = new Version(this.#workshop, {
      name,
      signature,
      door: form.family,
      fn,
      specs,
      key,
      isHot,
      onRefused,
    });
    family.versions.set(keyOf(specs), version);
    this.#use(family, version);
    return version;
  }

  #withStatics(arrays: readonly unknown[], statics: readonly unknown[]): unknown[] {
    const args = [...arrays];
    this.#terms.staticPositions.forEach((position, k) => {
      args.splice(position, 0, statics[k]);
    });
    return args;
  }

  #use(family: Family, version: Version): void {
    this.#terms.onUse(version, () => {
      for (const [key, each] of family.versions) if (each === version) family.versions.delete(key);
      if (family.open === version) family.open = undefined;
    });
  }

  #isNativeElsewhere(family: Family): boolean {
    const others = [...this.#families.values()].filter(other => other !== family);
    return others.some(({ versions }) => [...versions.values()].some(version => version.isNative));
  }

  #tellDeoptimised({ specs }: CallForm): void {
    tierChannel.publish(() => ({
      kind: 'deoptimised',
      name: this.#terms.name,
      signature: keyOf(specs),
      why: 'a call with new shapes, types or static values begins in tier 0',
      tier: 0,
    }));
  }
}
