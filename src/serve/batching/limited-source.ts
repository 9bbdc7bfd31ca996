// A source whose work may begin only while its instance holds the resources that the model's rate_limiter names.
import type { Execution, Pool, Source } from '../engine/execution.js';
import type { ResourceLimiter, ResourceNeeds, ResourceUser } from './resource-limiter.js';

export interface RateLimits {
  readonly limiter: ResourceLimiter;
  readonly needs: ResourceNeeds;
  readonly priority: number;
  readonly instances: number;
}

/** One instance's turn: idle, waiting for its resources, holding them without work yet, or at work. */
class Turn implements ResourceUser {
  state: 'idle' | 'waiting' | 'held' | 'busy' = 'idle';

  constructor(
    readonly needs: ResourceNeeds,
    readonly priority: number,
    private readonly wake: () => void,
  ) {}

  granted(): void {
    const waited = this.state === 'waiting';
    this.state = 'held';
    if (waited) this.wake();
  }
}

/** The same work, whose end gives the resources back. */
class Limited implements Execution {
  readonly job: Execution['job'];
  readonly items: number;

  constructor(
    private readonly inner: Execution,
    private readonly leave: () => void,
  ) {
    this.job = inner.job;
    this.items = inner.items;
  }

  started(): void {
    this.inner.started();
  }

  done(computed: Parameters<Execution['done']>[0]): void {
    this.leave();
    this.inner.done(computed);
  }

  failed(error: unknown): void {
    this.leave();
    this.inner.failed(error);
  }
}

/** Opens instances over a source that is limited. @throws OPTIONS_INVALID if one needs more than there is; what `open` throws */
export async function openLimited(
  inner: Source,
  { limiter, needs, priority, instances }: RateLimits,
  open: (source: Source) => Promise<Pool>,
): Promise<Pool> {
  limiter.expect(needs);
  let pool: Pool | undefined;
  let isAsking = false;
  // A grant in the midst of asking is used by the asker itself.
  const wake = (): void => {
    if (!isAsking) pool?.wake();
  };
  const turns = Array.from({ length: instances }, () => new Turn(needs, priority, wake));
  const giveBack = (turn: Turn): void => {
    turn.state = 'idle';
    limiter.release(turn);
  };
  const heldTurn = (): Turn | undefined => turns.find(({ state }) => state === 'held');
  const hold = (): Turn | undefined => {
    const idle = heldTurn() === undefined ? turns.find(({ state }) => state === 'idle') : undefined;
    if (idle !== undefined) {
      idle.state = 'waiting';
      isAsking = true;
      limiter.request(idle);
      isAsking = false;
    }
    return heldTurn();
  };
  const next = (): Execution | undefined => {
    const turn = hold();
    if (turn === undefined) return undefined;
    const execution = inner.next();
    if (execution === undefined) {
      giveBack(turn);
      return undefined;
    }
    turn.state = 'busy';
    return new Limited(execution, () => giveBack(turn));
  };
  const opened = await open({ next });
  pool = opened;
  return {
    wake: () => opened.wake(),
    get free() {
      return opened.free;
    },
    get busy() {
      return opened.busy;
    },
    isReady: () => opened.isReady(),
    async close(drainTimeoutMs) {
      await opened.close(drainTimeoutMs);
      turns.forEach(giveBack);
    },
  };
}
