// Which versions must stay, and why: a pure function of the records, of what serves, and of the time.
import type { VersionRecord } from './record.js';

export interface KeepTerms {
  /** By model. A model that is not in it did not say what serves: all of it stays. */
  readonly serving: ReadonlyMap<string, readonly number[]>;
  /** Of each model, the newest that lie in the repository. */
  readonly keepLatest: number;
  /** Versions stay so long after their last change. */
  readonly keepDays: number;
  readonly nowMs: number;
}

const dayMs = 86_400_000;
const nameOf = ({ model, version }: { readonly model: string; readonly version: number }): string =>
  `${model}/${version}`;

/** Where traffic goes back to: of those that were in production, the one that ceased to be last. */
export function formerProduction(records: readonly VersionRecord[]): VersionRecord | undefined {
  let former: VersionRecord | undefined;
  for (const record of records) {
    if (!record.present || record.stage === 'production' || record.leftProduction === null) continue;
    if ((former?.leftProduction ?? 0) < record.leftProduction) former = record;
  }
  return former;
}

/** Reasons by name/version, of one model, for what answers or may have to answer at once. */
function inUse(records: readonly VersionRecord[], serving: readonly number[] | undefined): Map<string, string> {
  const reasons = new Map<string, string>();
  const former = formerProduction(records);
  const newestFirst = records.toSorted((a, b) => b.version - a.version);
  const production = records.find(({ stage }) => stage === 'production');
  if (former !== undefined) reasons.set(nameOf(former), 'the last in production: a rollback goes there');
  else if (production !== undefined) {
    // What answered before the first promotion is on no record.
    const before = newestFirst.find(({ stage }) => stage !== 'production');
    if (before !== undefined) reasons.set(nameOf(before), 'the newest beside the first that was promoted');
  }
  for (const record of records) {
    if (record.stage === 'candidate') reasons.set(nameOf(record), 'a candidate');
    if (record.stage === 'production') reasons.set(nameOf(record), 'in production');
    if (serving?.includes(record.version)) reasons.set(nameOf(record), 'it serves');
  }
  return reasons;
}

/** Reasons by name/version for all versions that lie in the repository and must stay. What has none may be deleted. */
export function keepReasons(all: readonly VersionRecord[], terms: KeepTerms): ReadonlyMap<string, string> {
  const { serving, keepLatest, keepDays, nowMs } = terms;
  const present = all.filter(record => record.present);
  const byModel = new Map<string, VersionRecord[]>();
  for (const record of present) byModel.set(record.model, [...(byModel.get(record.model) ?? []), record]);
  const reasons = new Map<string, string>();
  const add = (name: string, why: string): void => {
    if (!reasons.has(name)) reasons.set(name, why);
  };
  for (const [model, records] of byModel) {
    for (const [name, why] of inUse(records, serving.get(model))) add(name, why);
  }
  // Parents of what is in use, and not their parents in turn: a chain of refinements would stay for ever.
  for (const record of present.filter(each => reasons.has(nameOf(each)))) {
    const { parent } = record.lineage;
    if (parent !== undefined) add(parent, `${nameOf(record)} was made from it`);
  }
  for (const [model, records] of byModel) {
    const newestFirst = records.toSorted((a, b) => b.version - a.version);
    for (const record of newestFirst.slice(0, keepLatest)) add(nameOf(record), `one of the latest ${keepLatest}`);
    for (const record of records) {
      if (nowMs - record.changedAtMs < keepDays * dayMs) add(nameOf(record), `changed in the last ${keepDays} days`);
      if (!serving.has(model)) add(nameOf(record), 'nobody could say what serves');
    }
  }
  addUses(present, add, reasons);
  const lying = new Set(present.map(nameOf));
  return new Map([...reasons].filter(([name]) => lying.has(name)));
}

/** What kept versions name at a version, and what those name in turn. */
function addUses(
  present: readonly VersionRecord[],
  add: (name: string, why: string) => void,
  reasons: ReadonlyMap<string, string>,
): void {
  for (let before = -1; before !== reasons.size; ) {
    before = reasons.size;
    for (const record of present.filter(each => reasons.has(nameOf(each)))) {
      for (const { model, version } of record.uses) {
        if (version !== undefined) add(`${model}/${version}`, `${nameOf(record)} answers with it`);
      }
    }
  }
}
