// How a loop stands in a recording: a call of an inner function that has been given this name; the function is one step.

export interface LoopForm {
  readonly steps: number;
  /** Arrays of the state: the arguments after the constants, before the counter; and the first results. */
  readonly states: number;
}

const form = /^#unroll (\d+) (\d+)$/;

export const loopName = ({ steps, states }: LoopForm): string => `#unroll ${steps} ${states}`;

/** The loop behind the name of an inner function. Names that the tracer derives from it (a derivative's) are none. */
export function readLoopName(name: unknown): LoopForm | undefined {
  const found = typeof name === 'string' ? form.exec(name) : null;
  return found === null ? undefined : { steps: Number(found[1]), states: Number(found[2]) };
}
