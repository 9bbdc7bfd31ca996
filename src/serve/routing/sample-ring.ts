// The last samples of one model, in columns of plain numbers: a sample costs no memory of its own, and reading makes the objects.
import type { PairedSample, RequestSample, SampleBatch } from '../../observe/index.js';

const isOk = 1;
const isMirror = 2;
const isAccepted = 4;
const isRefused = 8;
const isPaired = 16;

/** Null is kept as NaN, and whatever is not finite is null. */
const kept = (value: number | null): number => value ?? Number.NaN;
const told = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;

const figures = [
  'latencyMs',
  'warmLatencyMs',
  'computeMs',
  'residual',
  'fluxImbalance',
  'stableLatencyMs',
  'stableResidual',
  'stableFluxImbalance',
  'difference',
  'stableError',
  'candidateError',
] as const;
type Figure = (typeof figures)[number];

export type NewSample = Omit<RequestSample, 'sequence'>;

export class SampleRing {
  private readonly columns: Readonly<Record<Figure, Float64Array>>;
  private readonly times: Float64Array;
  private readonly versions: Float64Array;
  private readonly items: Uint32Array;
  private readonly flags: Uint8Array;
  /** Samples that there were; the number of the last one. */
  private count = 0;

  /** @param capacity samples that are kept; each takes 109 bytes */
  constructor(readonly capacity: number) {
    const column = (): Float64Array => new Float64Array(capacity);
    this.columns = {
      latencyMs: column(),
      warmLatencyMs: column(),
      computeMs: column(),
      residual: column(),
      fluxImbalance: column(),
      stableLatencyMs: column(),
      stableResidual: column(),
      stableFluxImbalance: column(),
      difference: column(),
      stableError: column(),
      candidateError: column(),
    };
    this.times = column();
    this.versions = column();
    this.items = new Uint32Array(capacity);
    this.flags = new Uint8Array(capacity);
  }

  add(sample: NewSample): void {
    const at = this.count++ % this.capacity;
    const { columns } = this;
    const { accepted, paired } = sample;
    this.times[at] = sample.atMs;
    this.versions[at] = sample.version;
    this.items[at] = sample.items;
    this.flags[at] =
      (sample.ok ? isOk : 0) |
      (sample.kind === 'mirror' ? isMirror : 0) |
      (accepted === null ? 0 : accepted ? isAccepted : isRefused) |
      (paired === null ? 0 : isPaired);
    columns.latencyMs[at] = kept(sample.latencyMs);
    columns.warmLatencyMs[at] = kept(sample.warmLatencyMs ?? null);
    columns.computeMs[at] = kept(sample.computeMs);
    columns.residual[at] = kept(sample.residual);
    columns.fluxImbalance[at] = kept(sample.fluxImbalance);
    if (paired === null) return;
    columns.stableLatencyMs[at] = paired.stableLatencyMs;
    columns.stableResidual[at] = kept(paired.stableResidual);
    columns.stableFluxImbalance[at] = kept(paired.stableFluxImbalance);
    columns.difference[at] = kept(paired.difference);
    columns.stableError[at] = kept(paired.stableError);
    columns.candidateError[at] = kept(paired.candidateError);
  }

  /**
   * Samples whose number is above `after`, at most `limit` (no number: all that are kept). A number that was never given is of
   * an earlier life: all is new then.
   */
  since(after: number, limit: number): SampleBatch {
    const from = after > this.count || !(after >= 0) ? 0 : Math.floor(after);
    const oldest = Math.max(0, this.count - this.capacity);
    const first = Math.max(from, oldest);
    const room = Number.isNaN(Number(limit)) ? this.capacity : Math.max(0, Math.floor(limit));
    const last = Math.min(this.count, first + room);
    const samples: RequestSample[] = [];
    for (let sequence = first + 1; sequence <= last; sequence++) samples.push(this.sampleAt(sequence));
    return { samples, next: last, lost: first - from };
  }

  private sampleAt(sequence: number): RequestSample {
    const at = (sequence - 1) % this.capacity;
    const { columns } = this;
    const flags = this.flags[at] ?? 0;
    const warmLatencyMs = told(columns.warmLatencyMs[at]);
    return {
      sequence,
      atMs: this.times[at] ?? 0,
      version: this.versions[at] ?? 0,
      kind: (flags & isMirror) === 0 ? 'answer' : 'mirror',
      ok: (flags & isOk) !== 0,
      latencyMs: told(columns.latencyMs[at]),
      ...(warmLatencyMs !== null && { warmLatencyMs }),
      computeMs: told(columns.computeMs[at]),
      items: this.items[at] ?? 0,
      residual: told(columns.residual[at]),
      fluxImbalance: told(columns.fluxImbalance[at]),
      accepted: (flags & (isAccepted | isRefused)) === 0 ? null : (flags & isAccepted) !== 0,
      paired: (flags & isPaired) === 0 ? null : this.pairedAt(at),
    };
  }

  private pairedAt(at: number): PairedSample {
    const { columns } = this;
    return {
      stableLatencyMs: columns.stableLatencyMs[at] ?? 0,
      stableResidual: told(columns.stableResidual[at]),
      stableFluxImbalance: told(columns.stableFluxImbalance[at]),
      difference: told(columns.difference[at]),
      stableError: told(columns.stableError[at]),
      candidateError: told(columns.candidateError[at]),
    };
  }
}
