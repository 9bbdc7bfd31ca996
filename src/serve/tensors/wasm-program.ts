// Just enough of an assembler for WebAssembly: one function of one result over one memory, written as nested expressions.

/** Instructions as bytes, in the order in which they run. */
export type Code = readonly number[];

const unsigned = (value: number): Code => {
  const bytes: number[] = [];
  let rest = value;
  do {
    const more = rest >= 128;
    bytes.push((rest % 128) | (more ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return bytes;
};

const signed = (value: bigint): Code => {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = Number(rest & 127n);
    rest >>= 7n;
    const isLast = (rest === 0n && (low & 64) === 0) || (rest === -1n && (low & 64) !== 0);
    bytes.push(isLast ? low : low | 128);
    if (isLast) return bytes;
  }
};

const binary =
  (opcode: number) =>
  (a: Code, b: Code): Code => [...a, ...b, opcode];
const unary =
  (...opcodes: number[]) =>
  (a: Code): Code => [...a, ...opcodes];
const load =
  (opcode: number, offset = 0) =>
  (address: Code): Code => [...address, opcode, 0, ...unsigned(offset)];

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(BigInt(value))],
  load8: load(0x2d),
  eqz: unary(0x45),
  eq: binary(0x46),
  ne: binary(0x47),
  lessThan: binary(0x48),
  /** Unsigned. */
  above: binary(0x4b),
  lessOrEqual: binary(0x4c),
  add: binary(0x6a),
  sub: binary(0x6b),
  and: binary(0x71),
  or: binary(0x72),
  shl: binary(0x74),
  mul: binary(0x6c),
  store: (address: Code, value: Code): Code => [...address, ...value, 0x36, 0, 0],
};

export const i64 = {
  const: (value: bigint): Code => [0x42, ...signed(BigInt.asIntN(64, value))],
  load: load(0x29),
  eqz: unary(0x50),
  ne: binary(0x52),
  /** Unsigned. */
  above: binary(0x56),
  add: binary(0x7c),
  sub: binary(0x7d),
  mul: binary(0x7e),
  and: binary(0x83),
  or: binary(0x84),
  shr: binary(0x88),
  of32: unary(0xad),
  /** The whole part of a double, unsigned. */
  ofFloat: unary(0xfc, 0x07),
};

export const f64 = {
  const: (value: number): Code => [0x44, ...new Uint8Array(Float64Array.of(value).buffer)],
  load: (address: Code, offset: number): Code => load(0x2b, offset)(address),
  store: (address: Code, value: Code): Code => [...address, ...value, 0x39, 0, 0],
  eq: binary(0x61),
  /** The size of the first with the sign of the second. */
  copySign: binary(0xa6),
  of32: unary(0xb7),
  add: binary(0xa0),
  sub: binary(0xa1),
  mul: binary(0xa2),
  div: binary(0xa3),
  /** True where both are the same float32 after rounding. */
  sameSingle: (a: Code, b: Code): Code => [...a, 0xb6, ...b, 0xb6, 0x5b],
  ofSigned: unary(0xb9),
  ofUnsigned: unary(0xba),
};

/** A local variable, by its number. */
export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];

export const sequence = (...parts: readonly Code[]): Code => parts.flat();
/** Left by `leave`, counted from the innermost block or loop outwards. */
export const block = (...parts: readonly Code[]): Code => [0x02, 0x40, ...parts.flat(), 0x0b];
/** `leave` of a loop begins it anew; it ends by itself where nothing does. */
export const loop = (...parts: readonly Code[]): Code => [0x03, 0x40, ...parts.flat(), 0x0b];
export const leave = (depth: number): Code => [0x0c, ...unsigned(depth)];
export const leaveIf = (depth: number, condition: Code): Code => [...condition, 0x0d, ...unsigned(depth)];
export const when = (condition: Code, then: Code, otherwise: Code = []): Code => [
  ...condition,
  0x04,
  0x40,
  ...then,
  ...(otherwise.length > 0 ? [0x05, ...otherwise] : []),
  0x0b,
];
export const give = (value: Code): Code => [...value, 0x0f];

const types = { i32: 0x7f, i64: 0x7e, f64: 0x7c } as const;
export type ValueType = keyof typeof types;

const section = (id: number, ...entries: readonly Code[]): Code => {
  const body = [...unsigned(entries.length), ...entries.flat()];
  return [id, ...unsigned(body.length), ...body];
};
const name = (text: string): Code => [...unsigned(text.length), ...[...text].map(letter => letter.charCodeAt(0))];

export interface Program {
  readonly parameters: readonly ValueType[];
  /** Numbered on from the parameters. */
  readonly locals: readonly ValueType[];
  readonly body: Code;
  /** Of 64 KiB. */
  readonly pages: number;
}

/** A module that exports `memory` and `run`, which gives an i32. */
export function assemble({ parameters, locals, body, pages }: Program): Uint8Array<ArrayBuffer> {
  const declared = locals.map((type): Code => [1, types[type]]);
  const code = [...unsigned(declared.length), ...declared.flat(), ...body, 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [0x60, parameters.length, ...parameters.map(type => types[type]), 1, types.i32]),
    ...section(3, [0]),
    ...section(5, [0, ...unsigned(pages)]),
    ...section(7, [...name('memory'), 2, 0], [...name('run'), 0, 0]),
    ...section(10, [...unsigned(code.length), ...code]),
  ]);
}
