// A traced program as plain data: what another thread can lower, and what a digest can name.
import type { Atom, Jaxpr } from '../jaxpr.js';
import type { Program, ProgramValue, TracedConstant } from '../trace.js';

/** A variable, or a literal where `value` and `dtype` are there. Identity is what tells variables from one another. */
export interface PlainAtom {
  readonly aval: { readonly shape: readonly number[]; readonly dtype: string; readonly weakType: boolean };
  readonly value?: number;
  readonly dtype?: string;
}

export interface PlainEquation {
  readonly primitive: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly inputs: readonly PlainAtom[];
  readonly outBinders: readonly PlainAtom[];
}

export interface PlainJaxpr {
  readonly inBinders: readonly PlainAtom[];
  readonly eqns: readonly PlainEquation[];
  readonly outs: readonly PlainAtom[];
}

export interface PlainRecording {
  readonly batch: number;
  readonly jaxpr: PlainJaxpr;
  readonly constants: readonly TracedConstant[];
}

export interface PlainProgram {
  readonly inputs: readonly ProgramValue[];
  readonly outputs: readonly ProgramValue[];
  readonly recordings: readonly PlainRecording[];
  /** The form of the result, with the number of the output in the place of each array. */
  readonly outputForm: unknown;
}

function isJaxpr(value: unknown): value is Jaxpr {
  return typeof value === 'object' && value !== null && 'eqns' in value && 'inBinders' in value && 'outs' in value;
}

/** Copies a recording; what was one variable stays one. The tracer's classes would lose their getters on the way. */
function plainJaxpr({ inBinders, eqns, outs }: Jaxpr, atoms = new Map<Atom, PlainAtom>()): PlainJaxpr {
  const copy = (atom: Atom): PlainAtom => {
    const known = atoms.get(atom);
    if (known !== undefined) return known;
    const { shape, dtype, weakType } = atom.aval;
    const aval = { shape, dtype, weakType };
    const plain = 'value' in atom ? { aval, value: Number(atom.value), dtype } : { aval };
    atoms.set(atom, plain);
    return plain;
  };
  const param = (value: unknown): unknown => (isJaxpr(value) ? plainJaxpr(value, atoms) : value);
  return {
    inBinders: inBinders.map(copy),
    eqns: eqns.map(({ primitive, params, inputs, outBinders }) => ({
      primitive,
      params: Object.fromEntries(Object.entries(params).map(([name, value]) => [name, param(value)])),
      inputs: inputs.map(copy),
      outBinders: outBinders.map(copy),
    })),
    outs: outs.map(copy),
  };
}

/** The program without its classes and without the places of its source. Cost: about 1 µs for each equation. */
export function plainProgram({ inputs, outputs, recordings, outputTree }: Program): PlainProgram {
  return {
    inputs,
    outputs,
    recordings: recordings.map(({ batch, jaxpr, constants }) => ({ batch, constants, jaxpr: plainJaxpr(jaxpr) })),
    outputForm: outputTree.build(outputs.map((_, k) => k)),
  };
}

function equationsIn({ eqns }: PlainJaxpr): number {
  const inner = eqns.map(({ params }) => (isPlainJaxpr(params.jaxpr) ? equationsIn(params.jaxpr) : 1));
  return inner.reduce((sum, count) => sum + count, 0);
}

export function isPlainJaxpr(value: unknown): value is PlainJaxpr {
  return typeof value === 'object' && value !== null && 'eqns' in value && 'inBinders' in value && 'outs' in value;
}

/** Equations of all recordings, those of inner functions included: what tracing and lowering cost grows with. */
export function equationCount({ recordings }: PlainProgram): number {
  return recordings.reduce((sum, { jaxpr }) => sum + equationsIn(jaxpr), 0);
}

function jaxprUses(dtype: string, { inBinders, eqns }: PlainJaxpr): boolean {
  const isOf = ({ aval }: PlainAtom): boolean => aval.dtype === dtype;
  return (
    inBinders.some(isOf) ||
    eqns.some(
      ({ params, outBinders }) =>
        outBinders.some(isOf) || (isPlainJaxpr(params.jaxpr) && jaxprUses(dtype, params.jaxpr)),
    )
  );
}

/** True where a value of the program has this element type. */
export function usesType(dtype: string, { recordings }: PlainProgram): boolean {
  return recordings.some(({ jaxpr }) => jaxprUses(dtype, jaxpr));
}
