// In which colours and on which scale each field is shown; surrogate and truth share one scale.
import { useMemo } from 'preact/hooks';
import { type Field, rangeOf, unionOf } from '../fields/field.js';
import type { Painting } from '../fields/paint-canvas.js';
import { linearScale, ratioScale, symmetricScale } from '../fields/scale.js';
import type { StudioState } from '../state/studio-state.js';
import type { Theme } from '../state/use-theme.js';

export interface Paintings {
  readonly permeability: Painting | undefined;
  readonly solution: Painting | undefined;
  readonly error: Painting | undefined;
  readonly residual: Painting | undefined;
}

/** Follows the values: a scale is made anew only when a field on it changes. */
export function usePaintings(state: StudioState, errorField: Field | undefined, theme: Theme): Paintings {
  const { permeability: a, answer, truth } = state;
  const permeability = useMemo(
    (): Painting | undefined => a && { scale: ratioScale(rangeOf(a)), colormap: 'cividis', interpolation: 'nearest' },
    [a],
  );
  const solution = useMemo((): Painting | undefined => {
    const ranges = [answer?.u, truth?.u].flatMap(field => (field ? [rangeOf(field)] : []));
    if (ranges.length === 0) return undefined;
    return { scale: linearScale(ranges.reduce(unionOf)), colormap: 'viridis', interpolation: 'bilinear' };
  }, [answer?.u, truth?.u]);
  const error = useMemo((): Painting | undefined => {
    if (errorField === undefined) return undefined;
    return {
      scale: linearScale({ min: 0, max: rangeOf(errorField).max }),
      colormap: 'magma',
      interpolation: 'bilinear',
    };
  }, [errorField]);
  const map = answer?.residualMap;
  const residual = useMemo((): Painting | undefined => {
    if (map === undefined) return undefined;
    const { min, max } = rangeOf(map);
    const colormap = theme === 'dark' ? 'balanceDark' : 'balance';
    return { scale: symmetricScale(Math.max(-min, max)), colormap, interpolation: 'bilinear' };
  }, [map, theme]);
  return { permeability, solution, error, residual };
}
