// The studio's actions: load, pick, paint, undo, ask. Each change of the input asks surrogate and solver anew.
import { fetchModels, fetchSample } from '../api/client.js';
import { toFailure } from '../api/failure.js';
import { latestOnly } from '../api/latest.js';
import type { ModelInfo } from '../api/schemas.js';
import { type Field, fieldFromRows, type Inclusion, paintInclusion } from '../fields/field.js';
import { askSolver, askSurrogate, type Question } from './ask.js';
import { createStore, type Store } from './store.js';
import { initialState, type Policy, type StudioState } from './studio-state.js';

export interface Studio {
  readonly store: Store<StudioState>;
  /** Reads the models, then the chosen sample. */
  readonly load: () => Promise<void>;
  readonly pickSample: (index: number) => void;
  /** Opens a stroke: what is painted until the next one is undone as a whole. */
  readonly beginStroke: () => void;
  readonly paint: (inclusion: Inclusion) => void;
  readonly undo: () => void;
  readonly clear: () => void;
  readonly setPolicy: (policy: Policy) => void;
  /** Asks again about the present input, after a failure. */
  readonly ask: () => void;
}

const strokesKept = 50;

export function createStudio(): Studio {
  const store = createStore<StudioState>(initialState);
  const { get, set } = store;

  const surrogate = latestOnly(askSurrogate, {
    onStart: () => set({ answering: true }),
    onResult: (_, answer) => set({ answer, answerFailure: undefined }),
    onFailure: (_, thrown) => set({ answerFailure: toFailure(thrown) }),
    onIdle: () => set({ answering: false }),
  });
  const solver = latestOnly(askSolver, {
    onStart: () => set({ solving: true }),
    onResult: (_, truth) => set({ truth, truthFailure: undefined }),
    onFailure: (_, thrown) => set({ truthFailure: toFailure(thrown) }),
    onIdle: () => set({ solving: false }),
  });

  const question = (model: ModelInfo, permeability: Field): Question => {
    const { revision, policy } = get();
    return { model: model.name, batched: model.maxBatchSize !== 0, revision, permeability, policy };
  };

  const ask = () => {
    const { model, solver: solverModel, permeability } = get();
    if (permeability === undefined) return;
    if (model !== undefined) surrogate(question(model, permeability));
    if (solverModel !== undefined) solver(question(solverModel, permeability));
  };

  const change = (permeability: Field, more: Partial<StudioState> = {}) => {
    set({ ...more, permeability, revision: get().revision + 1 });
    ask();
  };

  const sample = latestOnly((index: number) => fetchSample(get().model?.name ?? 'darcy', index), {
    onResult: (index, { inputs, outputs }) => {
      if (index !== get().sampleIndex) return;
      const permeability = fieldFromRows(inputs.a ?? []);
      const u = fieldFromRows(outputs.u ?? []);
      const truth = { revision: get().revision + 1, u, latencyMs: undefined, source: 'sample' as const };
      change(permeability, {
        truth,
        original: permeability,
        strokes: [],
        shownSample: index,
        sampleFailure: undefined,
      });
    },
    onFailure: (_, thrown) => set({ sampleFailure: toFailure(thrown) }),
  });

  const pickSample = (index: number) => {
    const count = get().model?.samples ?? 1;
    const sampleIndex = Math.min(Math.max(0, Math.round(index)), count - 1);
    set({ sampleIndex });
    sample(sampleIndex);
  };

  const load = async () => {
    try {
      const models = await fetchModels();
      const model = models.find(({ samples, name }) => (samples ?? 0) > 0 && !name.endsWith('_solver'));
      if (model === undefined) throw new Error('The server holds no model with samples.');
      set({
        model,
        solver: models.find(({ name }) => name === `${model.name}_solver`),
        modelFailure: undefined,
        link: 'up',
        policy: get().model === undefined ? (model.guard?.policy ?? 'annotate') : get().policy,
      });
      if (get().permeability === undefined) pickSample(get().sampleIndex);
      else ask();
    } catch (thrown) {
      set({ modelFailure: toFailure(thrown) });
    }
  };

  return {
    store,
    load,
    pickSample,
    ask,
    beginStroke: () => {
      const { permeability, strokes } = get();
      if (permeability !== undefined) set({ strokes: [...strokes, permeability].slice(-strokesKept) });
    },
    paint: inclusion => {
      const { permeability } = get();
      if (permeability !== undefined) change(paintInclusion(permeability, inclusion));
    },
    undo: () => {
      const { strokes } = get();
      const previous = strokes.at(-1);
      if (previous !== undefined) change(previous, { strokes: strokes.slice(0, -1) });
    },
    clear: () => {
      const { original } = get();
      if (original !== undefined) change(original, { strokes: [] });
    },
    setPolicy: policy => {
      set({ policy });
      const { model, permeability } = get();
      if (model !== undefined && permeability !== undefined) surrogate(question(model, permeability));
    },
  };
}
