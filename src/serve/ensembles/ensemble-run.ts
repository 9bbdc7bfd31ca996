// One request on its way through an ensemble: each step runs as soon as its tensors are there, side by side where it can.
import { GalerkinError, type Tensor } from '../../base/index.js';
import type { Computed, Tensors } from '../backends/backend.js';
import { judge } from '../engine/guard-verdict.js';
import { newStageTimes, type Work } from '../engine/scheduler.js';
import { checkSignature } from '../engine/signature.js';
import { bytesIn } from '../tensors/size.js';
import type { EnsemblePlan, Step } from './ensemble-plan.js';
import { lastGuarded, type Member, type Members } from './members.js';

export interface RunParts {
  readonly plan: EnsemblePlan;
  readonly members: Members;
  nowMs(): number;
}

export class EnsembleRun {
  private readonly values: (Tensor | undefined)[];
  /** Tensors that each step still lacks, and steps that still want each tensor. */
  private readonly lacks: number[];
  private readonly wants: number[];
  private left: number;
  private guard: Tensors | undefined;
  private readonly guarded: number;
  private hasFailed = false;
  private readonly startedMs: number;

  constructor(
    private readonly parts: RunParts,
    private readonly work: Work,
    private readonly settle: { resolve(computed: Computed): void; reject(error: unknown): void },
  ) {
    const { plan, members } = parts;
    this.values = new Array<Tensor | undefined>(plan.tensors.length).fill(undefined);
    this.lacks = plan.steps.map(({ waits }) => waits);
    this.wants = plan.readers.map(({ length }) => length);
    this.left = plan.steps.length;
    this.guarded = work.guard === 'none' ? -1 : lastGuarded(plan, members);
    for (const { tensor } of plan.outputs) this.wants[tensor] = (this.wants[tensor] ?? 0) + 1;
    this.startedMs = parts.nowMs();
  }

  begin(): void {
    const { plan } = this.parts;
    for (const step of plan.steps) if (step.waits === 0) void this.run(step);
    for (const { name, tensor } of plan.inputs) this.give(tensor, this.work.inputs[name]);
  }

  private give(tensor: number, value: Tensor | undefined): void {
    if (value === undefined) return;
    const { plan } = this.parts;
    this.values[tensor] = value;
    for (const reader of plan.readers[tensor] ?? []) {
      const step = plan.steps[reader];
      this.lacks[reader] = (this.lacks[reader] ?? 0) - 1;
      if (this.lacks[reader] === 0 && step !== undefined) void this.run(step);
    }
  }

  private async run(step: Step): Promise<void> {
    if (this.hasFailed) return;
    const { members, nowMs } = this.parts;
    const startMs = nowMs.call(this.parts);
    let member: Member | undefined;
    try {
      member = members.find(step.member, step.version);
      const computed = await this.ask(member, step, startMs);
      for (const { name, tensor } of step.outputs) this.give(tensor, outputOf(computed, name, step));
      this.left--;
      if (this.left === 0) this.finish();
    } catch (error) {
      member?.statistics.fail(error, nowMs.call(this.parts) - startMs);
      if (this.hasFailed) return;
      this.hasFailed = true;
      this.settle.reject(error);
    }
  }

  /** Runs a member as for a request of its own, which its statistics count. */
  private async ask(member: Member, step: Step, startMs: number): Promise<Computed> {
    const { served, scheduler, statistics } = member;
    const inputs = this.inputsOf(step);
    const claims = Object.entries(inputs).map(([name, { dtype, shape }]) => ({ name, datatype: dtype, shape }));
    const { items } = checkSignature(served, claims);
    const isLast = step.place === this.guarded;
    const guard = served.guard === undefined ? 'none' : isLast ? this.work.guard : 'figures';
    const times = newStageTimes(startMs);
    const { terms } = this.work;
    const computed = await scheduler.run({ inputs, items, bytes: bytesIn(inputs), guard, terms, times });
    times.doneMs = this.parts.nowMs();
    const judged =
      served.guard !== undefined && computed.guard !== undefined
        ? judge(computed.guard, items, served.guard.bounds, served.name)
        : undefined;
    const verdict = judged?.flagged.length === 0 ? 'accepted' : 'flagged';
    statistics.succeed(times, times.doneMs - startMs, { items, guard: judged && { figures: judged.figures, verdict } });
    if (isLast) this.guard = computed.guard;
    return computed;
  }

  /** A tensor that nobody else will read is let go of here. */
  private inputsOf(step: Step): Tensors {
    const inputs: Record<string, Tensor> = {};
    for (const { name, tensor } of step.inputs) {
      const value = this.values[tensor];
      if (value !== undefined) inputs[name] = value;
    }
    for (const tensor of new Set(step.inputs.map(link => link.tensor))) {
      this.wants[tensor] = (this.wants[tensor] ?? 0) - 1;
      if (this.wants[tensor] === 0) this.values[tensor] = undefined;
    }
    return inputs;
  }

  private finish(): void {
    const { work, startedMs, guard } = this;
    const { plan } = this.parts;
    const outputs: Record<string, Tensor> = {};
    for (const { name, tensor } of plan.outputs) {
      const value = this.values[tensor];
      if (value !== undefined) outputs[name] = value;
    }
    const nowMs = this.parts.nowMs();
    Object.assign(work.times, {
      startedMs,
      inputDoneMs: startedMs,
      inferredMs: nowMs,
      doneMs: nowMs,
      batchItems: work.items,
    });
    const inferMs = nowMs - startedMs;
    this.settle.resolve(guard === undefined ? { outputs, inferMs } : { outputs, guard, inferMs });
  }
}

function outputOf({ outputs }: Computed, name: string, { member }: Step): Tensor {
  const tensor = Object.hasOwn(outputs, name) ? outputs[name] : undefined;
  if (tensor !== undefined) return tensor;
  throw new GalerkinError('MODEL_UNSERVABLE', { model: member, why: `it gives no output '${name}'` });
}
