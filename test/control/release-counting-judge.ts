// A judge that only counts: what it says is known beforehand, and a sample that is counted twice or lost shows.
import type { Experts, JudgeVerdict } from 'galerkin/control';
import { z } from 'zod';

const memorySchema = z.object({ heard: z.int(), candidate: z.int() });

/** Says `verdict` once so many samples of the candidate were heard. */
export const countingJudge =
  (verdict: JudgeVerdict, enough: number): Experts['openJudge'] =>
  (_, versions, memory) => {
    const state = memory === undefined ? { heard: 0, candidate: 0 } : memorySchema.parse(memory);
    return {
      hear({ version }) {
        state.heard++;
        if (version === versions.candidate) state.candidate++;
      },
      judge: atMs => {
        const said = state.candidate >= enough ? verdict : 'continue';
        const criterion = {
          metric: 'error-rate' as const,
          test: 'counting',
          verdict: said,
          stableSamples: state.heard - state.candidate,
          candidateSamples: state.candidate,
          stable: null,
          candidate: null,
          effect: null,
          lower: null,
          upper: null,
          margin: 0,
          harm: 1,
          safety: 1,
        };
        return { verdict: said, atMs, reason: `${state.candidate} samples`, criteria: [criterion] };
      },
      sketches: () => [],
      remember: () => ({ ...state }),
    };
  };
