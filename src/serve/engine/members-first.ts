// Ensembles load after their members and leave before them; a circle of ensembles is found instead of waited for.
import { GalerkinError } from '../../base/index.js';
import type { ModelPackage } from '../../model/index.js';
import { memberNames } from '../ensembles/open-ensemble.js';
import type { RunningModel } from './running-model.js';

/**
 * @param bring loads a model unless it runs; called in its turn, after what was asked before of that name
 * @returns a function that has the members of these packages, versions of one model, loaded
 */
export function membersFirst(
  bring: (member: string) => Promise<void>,
): (name: string, packages: readonly ModelPackage[]) => Promise<void> {
  const waitsFor = new Map<string, readonly string[]>();
  const leadsTo = (from: string, to: string): boolean =>
    from === to || (waitsFor.get(from) ?? []).some(next => leadsTo(next, to));
  return async (name, packages) => {
    const members = [...new Set(packages.flatMap(memberNames))];
    if (members.length === 0) return;
    const circular = members.find(member => leadsTo(member, name));
    if (circular !== undefined) {
      const why = `its member '${circular}' needs it in turn`;
      throw new GalerkinError('MODEL_UNSERVABLE', { model: name, why });
    }
    waitsFor.set(name, members);
    try {
      await Promise.all(members.map(bring));
    } finally {
      waitsFor.delete(name);
    }
  };
}

/** Those of the models that no other of them asks: they can leave first. */
export function outermost(models: readonly RunningModel[]): RunningModel[] {
  const asked = new Set(models.flatMap(model => memberNames(model.package)));
  const first = models.filter(({ served }) => !asked.has(served.name));
  return first.length > 0 ? first : [...models];
}
