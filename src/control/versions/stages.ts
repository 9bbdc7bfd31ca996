// The stages of a version of a model, and which may follow which.
import { GalerkinError } from '../../base/index.js';

/**
 * registered: it lies in the repository, and nobody has decided anything. candidate: a release holds it against the production
 * version. production: it answers; at most one of a model. retired: it answered once, or never will. refused: a release stopped it.
 */
export const versionStages = ['registered', 'candidate', 'production', 'retired', 'refused'] as const;
export type VersionStage = (typeof versionStages)[number];

/** 'anybody' may, or only a 'release': what a release has refused, no word alone makes answer. */
type Right = 'anybody' | 'release';

/** From → to → who may. What is not here may not be. */
const transitions: Readonly<Record<VersionStage, Readonly<Partial<Record<VersionStage, Right>>>>> = {
  registered: { candidate: 'anybody', production: 'anybody', retired: 'anybody', refused: 'release' },
  candidate: { registered: 'anybody', production: 'anybody', retired: 'anybody', refused: 'release' },
  // Only another version's promotion ends it: somebody must answer.
  production: {},
  retired: { candidate: 'anybody', production: 'anybody', refused: 'release' },
  refused: { candidate: 'anybody', production: 'release', retired: 'anybody' },
};

/** The words for what a version becomes. */
export const participleOf: Readonly<Record<VersionStage, string>> = {
  registered: 'set back',
  candidate: 'made a candidate',
  production: 'promoted',
  retired: 'retired',
  refused: 'refused',
};

export interface StageMove {
  readonly model: string;
  readonly version: number;
  readonly from: VersionStage;
  readonly to: VersionStage;
  /** True if a release moves it, and no person. */
  readonly byRelease: boolean;
}

export function mayMove({ from, to, byRelease }: Pick<StageMove, 'from' | 'to' | 'byRelease'>): boolean {
  const right = transitions[from][to];
  return right === 'anybody' || (right === 'release' && byRelease);
}

/** @throws VERSION_STAGE */
export function assertMove(move: StageMove): void {
  if (mayMove(move)) return;
  const { model, version, from, to } = move;
  const right = transitions[from][to];
  const whyOf = (): string => {
    if (from === 'production') return 'it answers until another version is promoted in its place.';
    if (right === 'release') return 'only a release may do that; start one.';
    const next = versionStages.filter(stage => transitions[from][stage] !== undefined);
    return `from there it can only become: ${next.join(', ')}.`;
  };
  throw new GalerkinError('VERSION_STAGE', { model, version, stage: from, what: participleOf[to], why: whyOf() });
}
