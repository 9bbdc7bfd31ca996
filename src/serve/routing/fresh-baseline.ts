// Fresh instances of a stable version, beside its own: what a candidate is held against must be as new, and as seldom asked, as it is.
import type { RunningModel } from '../engine/running-model.js';

export interface FreshBaselineParts {
  open(stable: RunningModel): Promise<RunningModel>;
  dismiss(twin: RunningModel): void;
}

/** Of one model; at most one set of instances at a time. */
export class FreshBaseline {
  private held: { readonly stable: RunningModel; readonly twin: RunningModel } | undefined;
  private last: Promise<void> = Promise.resolve();
  /** Why the last that was asked for could not be opened; '' where it was, and where none is wanted any more. */
  fault = '';

  constructor(private readonly parts: FreshBaselineParts) {}

  /** The instances beside these ones; those of a version that was loaded anew meanwhile count no more. */
  twinOf(stable: RunningModel): RunningModel | undefined {
    return this.held?.stable === stable ? this.held.twin : undefined;
  }

  /** Opens what is missing, one after the other. A failure is kept: traffic flows without a baseline too. */
  bring(stable: RunningModel): Promise<void> {
    this.last = this.last.then(() => this.open(stable));
    return this.last;
  }

  /** Lets go of instances beside a version that is none of these: it has left, or was opened anew. */
  keepBeside(versions: readonly RunningModel[]): void {
    if (this.held !== undefined && !versions.includes(this.held.stable)) this.drop();
  }

  private async open(stable: RunningModel): Promise<void> {
    if (this.held?.stable === stable || !isRepeatable(stable)) return;
    try {
      const twin = await this.parts.open(stable);
      this.release();
      this.held = { stable, twin };
    } catch (error) {
      this.fault = error instanceof Error ? error.message : String(error);
    }
  }

  release(): void {
    this.drop();
    this.fault = '';
  }

  private drop(): void {
    if (this.held !== undefined) this.parts.dismiss(this.held.twin);
    this.held = undefined;
  }
}

/** A sequence lives in the instances that began it, and an ensemble's work is done by its members. */
export const isRepeatable = ({ scheduler, ensemble, served }: RunningModel): boolean =>
  scheduler.holds === undefined && ensemble === undefined && served.backend !== 'ensemble';
