// Dead code: what no output of the model needs is not computed and not stored.
import type { Model } from '../model.js';
import { cleaned } from './clean.js';
import type { Pass } from './pass.js';

export const deadCode: Pass = {
  name: 'dead code',
  async run(model: Model) {
    const { graph, removed } = cleaned(model.graph);
    return removed === 0 ? { model, applied: 0 } : { model: { ...model, graph }, applied: removed };
  },
};
