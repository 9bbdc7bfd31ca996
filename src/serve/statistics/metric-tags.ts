// The labels that a model's metrics carry: its name and version, and the tags of its configuration as `_<tag>`.
import { isLabelName, labelSet } from '../../observe/index.js';

const mostTags = 32;

/** A tag's name as a label: what labels may not hold becomes `_`; two that become the same are numbered. */
function labelOf(tag: string, taken: ReadonlySet<string>): string {
  const wanted = `_${tag.replaceAll(/[^a-zA-Z0-9_]/g, '_').replace(/^_+/, '')}`.slice(0, 64);
  const base = isLabelName(wanted) ? wanted : '_tag';
  let name = base;
  for (let k = 2; taken.has(name); k++) name = `${base}_${k}`;
  return name;
}

/** `model="…",version="…",_tag="…"`. At most 32 tags, in the order given. */
export function modelLabels(name: string, version: string, tags: Readonly<Record<string, string>>): string {
  const labels = new Map([
    ['model', name],
    ['version', version],
  ]);
  for (const [tag, value] of Object.entries(tags).slice(0, mostTags)) {
    labels.set(labelOf(tag, new Set(labels.keys())), value);
  }
  return labelSet(Object.fromEntries(labels));
}
