// The fused form of an ensemble: made when it is loaded, left when a member is loaded anew, made again in the background.
import type { ModelPackage } from '../../model/index.js';
import type { Scheduler } from '../engine/scheduler.js';
import type { EnsemblePlan } from './ensemble-plan.js';
import { fusedPackage, fusionRefusal } from './fusable.js';
import { fuseGraphs } from './fuse-graphs.js';
import { type Member, type Members, memberOf } from './members.js';

export interface FusionParts {
  readonly model: ModelPackage;
  readonly plan: EnsemblePlan;
  readonly members: Members;
  openFused(program: ModelPackage): Promise<Scheduler>;
}

interface Held {
  readonly scheduler: Scheduler;
  /** Whom it was made of, by step. */
  readonly of: readonly Member[];
}

const drainMs = 10_000;
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export class Fusion {
  /** Why the steps run one by one; '' while they are one. */
  why = 'it is not open yet';
  private held: Held | undefined;
  private opening: Promise<void> | undefined;
  private isClosed = false;

  constructor(private readonly parts: FusionParts) {}

  /** Fuses what can be; otherwise `why` says why not. Never fails: the steps can always run one by one. */
  open(): Promise<void> {
    this.opening ??= this.make()
      .catch((error: unknown) => {
        this.why = `the fused graph does not open (${reasonOf(error)})`;
      })
      .finally(() => {
        this.opening = undefined;
      });
    return this.opening;
  }

  /** What computes all steps at once, if it is made of the members that run now. */
  get scheduler(): Scheduler | undefined {
    const { held } = this;
    if (held === undefined) return undefined;
    const { plan, members } = this.parts;
    if (plan.steps.every((step, k) => memberOf(step, members) === held.of[k])) return held.scheduler;
    this.held = undefined;
    this.why = 'a member was loaded anew';
    void held.scheduler.close(drainMs);
    if (!this.isClosed) void this.open();
    return undefined;
  }

  async close(drainTimeoutMs: number): Promise<void> {
    this.isClosed = true;
    await this.opening;
    await this.held?.scheduler.close(drainTimeoutMs);
  }

  private async make(): Promise<void> {
    const { model, plan, members, openFused } = this.parts;
    const found = plan.steps.map(step => memberOf(step, members));
    const refusal = fusionRefusal(model, plan, found);
    if (refusal !== undefined) {
      this.why = refusal;
      return;
    }
    const of = found.filter(member => member !== undefined);
    const bytes = await Promise.all(of.map(({ package: each }) => each.file(each.modelFile ?? 'model.onnx')));
    const fused = fuseGraphs(bytes, plan);
    if ('why' in fused) {
      this.why = fused.why;
      return;
    }
    const scheduler = await openFused(fusedPackage(model, of, fused.bytes));
    this.held = { scheduler, of };
    this.why = '';
  }
}
