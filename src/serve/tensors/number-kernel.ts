// The reader of numbers in WebAssembly as this thread runs it: its memory with the powers of ten, and the call into it.
import { invariant } from '../../base/index.js';
import { maxPower, numberProgram, outAt } from './number-program.js';

/** As much of the engine's own WebAssembly as is used here; Node's types leave it to those of browsers. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
};

export interface NumberKernel {
  readonly memory: ArrayBuffer;
  /**
   * Reads numbers with commas between them from `at` on and writes doubles from `out` on; `outEnd` then says how far.
   * @param single  the doubles need only be right once they are rounded to float32
   * @returns the place after the last number, where no comma follows it; -1 - the place of a number that it leaves to others
   */
  run(at: number, out: number, single: boolean): number;
  outEnd(): number;
}

const splitter = 134_217_729;

/** Powers of ten, each in two halves whose products are exact, with what the double lacks of the power, and with its inverse. */
function writePowers(memory: ArrayBuffer): void {
  const table = new Float64Array(memory, 0, (maxPower + 1) * 8);
  for (let k = 0; k <= maxPower; k++) {
    const power = Number(`1e${k}`);
    const scaled = power * splitter;
    const upper = scaled - (scaled - power);
    table.set([power, upper, power - upper, Number(10n ** BigInt(k) - BigInt(power)), 1 / power], k * 8);
  }
}

let kernel: NumberKernel | undefined;

/** The kernel of this thread; made at the first use, in about a millisecond. */
export function numberKernel(): NumberKernel {
  if (kernel !== undefined) return kernel;
  const module = new WebAssembly.Module(numberProgram());
  const { memory, run } = new WebAssembly.Instance(module).exports;
  invariant(memory instanceof WebAssembly.Memory && typeof run === 'function', 'the number kernel has no exports');
  writePowers(memory.buffer);
  const end = new Int32Array(memory.buffer, outAt - 8, 1);
  kernel = {
    memory: memory.buffer,
    run: (at, out, single) => Number(run(at, out, single ? 1 : 0)),
    outEnd: () => end[0] ?? 0,
  };
  return kernel;
}
