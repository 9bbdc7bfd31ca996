// Ensembles against the models that they are made of: each step's model is there, with the tensors that the maps name.
import type { ModelConfig } from '../config/model-config.js';
import type { ConfigReading } from '../config/parse-config.js';
import { type Finding, finding } from './finding.js';
import { nearest } from './mend.js';

/** A model as far as it could be read. */
export interface Known {
  readonly versions: readonly number[];
  /** Undefined when its configuration is at fault. */
  readonly config: ModelConfig | undefined;
  readonly reading: ConfigReading;
}

const suggest = (word: string, known: readonly string[]): string => {
  const near = nearest(word, known);
  return near === undefined ? `Use one of: ${known.slice(0, 50).join(', ') || 'none'}.` : `Write '${near}'.`;
};

/** Types by tensor of the ensemble, as its own declaration and the steps before say. */
type Types = Map<string, { readonly type: string; readonly by: string }>;

function lintTypes(tensor: string, said: { type: string; by: string }, types: Types): string | undefined {
  const before = types.get(tensor);
  if (before === undefined) types.set(tensor, said);
  if (before === undefined || before.type === said.type) return undefined;
  return `tensor '${tensor}' is ${said.type} for ${said.by} and ${before.type} for ${before.by}`;
}

/** Findings of one ensemble among the models of its repository. */
export function lintEnsemble(name: string, { config, reading }: Known, models: ReadonlyMap<string, Known>): Finding[] {
  const place = { model: name, file: `${name}/config.pbtxt` };
  const found: Finding[] = [];
  const fault = (path: readonly PropertyKey[], text: string, mend: string): void => {
    const at = reading.placeOf(path);
    found.push(finding(place, 'error', at === undefined ? { text } : { at, text }, mend));
  };
  const types: Types = new Map();
  for (const { name: tensor, data_type } of [...(config?.input ?? []), ...(config?.output ?? [])]) {
    types.set(tensor, { type: data_type, by: 'the ensemble' });
  }
  config?.ensemble_scheduling?.step.forEach((step, k) => {
    const path = ['ensemble_scheduling', 'step', k];
    const known = models.get(step.model_name);
    if (known === undefined) {
      const text = `step ${k}: there is no model '${step.model_name}'`;
      fault([...path, 'model_name'], text, suggest(step.model_name, [...models.keys()]));
      return;
    }
    if (step.model_version !== -1 && !known.versions.includes(step.model_version)) {
      const text = `step ${k}: model '${step.model_name}' has no version ${step.model_version}`;
      fault([...path, 'model_version'], text, `Use -1, or one of: ${known.versions.join(', ')}.`);
    }
    for (const [side, map] of [
      ['input', step.input_map],
      ['output', step.output_map],
    ] as const) {
      const tensors = new Map((known.config?.[side] ?? []).map(each => [each.name, each.data_type]));
      for (const [inner, outer] of Object.entries(map)) {
        const type = tensors.get(inner);
        const where = [...path, `${side}_map`, inner];
        if (known.config !== undefined && type === undefined) {
          const text = `step ${k}: model '${step.model_name}' has no ${side} '${inner}'`;
          fault(where, text, suggest(inner, [...tensors.keys()]));
        }
        const said = { type: type ?? 'TYPE_INVALID', by: `'${inner}' of '${step.model_name}'` };
        const differs = type === undefined ? undefined : lintTypes(outer, said, types);
        if (differs !== undefined) fault(where, differs, 'Join tensors of one data type.');
      }
    }
  });
  return found;
}
