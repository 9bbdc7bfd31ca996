// The end of a server's extensions: each gets the same time, and one that fails or does not end keeps nothing else from its end.
import type { Timers } from '../base/index.js';
import type { ServerExtension } from './extension.js';

export interface ClosingParts {
  /** Time that each gets, all at once. */
  readonly limitMs: number;
  readonly timers: Timers;
  /** Told of each that failed or did not end. */
  warn(text: string): void;
}

const late = Symbol('late');

/** Resolves when each has ended, has failed, or has had its time; never rejects. */
export async function closeExtensions(extensions: readonly ServerExtension[], parts: ClosingParts): Promise<void> {
  const { limitMs, timers, warn } = parts;
  const close = async (extension: ServerExtension): Promise<void> => {
    const told = (what: string): void => warn(`Extension '${extension.name}' ${what}. The server stops without it.`);
    let callOff = (): void => undefined;
    const limit = new Promise<typeof late>(resolve => {
      callOff = timers.after(limitMs, () => resolve(late));
    });
    try {
      const outcome = await Promise.race([extension.close?.(), limit]);
      if (outcome === late) told(`did not close within ${limitMs} ms`);
    } catch (error) {
      told(`could not be closed: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      callOff();
    }
  };
  await Promise.all(extensions.map(close));
}
