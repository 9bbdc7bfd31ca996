// The inner loop of reading numbers: digits to doubles, rounded once, as a WebAssembly function that reads eight digits at a time.
import {
  assemble,
  block,
  type Code,
  f64,
  get,
  give,
  i32,
  i64,
  leave,
  leaveIf,
  loop,
  sequence,
  set,
  type ValueType,
  when,
} from './wasm-program.js';

/** Powers of ten that decimals may be divided by: beyond lie numbers that nobody sends. */
export const maxPower = 290;
/** Where the text to read lies in the kernel's memory, and how long it may be; zeros follow it. */
export const textAt = 32_768;
export const textBytes = 2 ** 16;
/** Where the doubles go: a number takes two bytes of text at least. */
export const outAt = textAt + textBytes + 64;
const pages = Math.ceil((outAt + (textBytes / 2 + 8) * 8) / 65_536);

const names = [
  'at',
  'out',
  'single',
  'start',
  'minus',
  'digit',
  'count',
  'from',
  'scale',
  'sign',
  'power',
  'm',
  'word',
  'value',
  'p',
  'low',
  'q',
  'upper',
  'lower',
  'pu',
  'pl',
  'rest',
] as const;
type Name = (typeof names)[number];
const typeOf = (name: Name): ValueType =>
  names.indexOf(name) < 11 ? 'i32' : name === 'm' || name === 'word' ? 'i64' : 'f64';
const v = (name: Name): Code => get(names.indexOf(name));
const put = (name: Name, value: Code): Code => set(names.indexOf(name), value);
const n = i32.const;

const step = (by = 1): Code => put('at', i32.add(v('at'), n(by)));
const readDigit = put('digit', i32.sub(i32.load8(v('at')), n(0x30)));
const noDigit = i32.above(v('digit'), n(9));
const storeOut = i32.store(n(outAt - 8), v('out'));
/** Gives up on the number that began at `start`. */
const giveUp = sequence(storeOut, give(i32.sub(n(-1), v('start'))));

/** Digits one by one into `m`, until there is none. */
const plainDigits = block(
  loop(
    readDigit,
    leaveIf(1, noDigit),
    put('m', i64.add(i64.mul(v('m'), i64.const(10n)), i64.of32(v('digit')))),
    step(),
    leave(0),
  ),
);

const each = (byte: bigint): Code => i64.const(byte * 0x0101010101010101n);
/** Eight digits at once while there are eight: three multiplications put them together pairwise. */
const eightDigits = block(
  loop(
    put('word', i64.load(v('at'))),
    leaveIf(
      1,
      i64.ne(
        i64.or(
          i64.and(v('word'), each(0xf0n)),
          i64.shr(i64.and(i64.add(v('word'), each(0x06n)), each(0xf0n)), i64.const(4n)),
        ),
        each(0x33n),
      ),
    ),
    put('word', i64.and(v('word'), each(0x0fn))),
    put('word', i64.shr(i64.mul(v('word'), i64.const(2561n)), i64.const(8n))),
    put(
      'word',
      i64.shr(i64.mul(i64.and(v('word'), i64.const(0x00ff00ff00ff00ffn)), i64.const(6_553_601n)), i64.const(16n)),
    ),
    put(
      'word',
      i64.shr(
        i64.mul(i64.and(v('word'), i64.const(0x0000ffff0000ffffn)), i64.const(42_949_672_960_001n)),
        i64.const(32n),
      ),
    ),
    put('m', i64.add(i64.mul(v('m'), i64.const(100_000_000n)), v('word'))),
    step(8),
    leave(0),
  ),
);

const fraction = sequence(
  step(),
  put('from', v('at')),
  when(i64.eqz(v('m')), block(loop(leaveIf(1, i32.ne(i32.load8(v('at')), n(0x30))), step(), leave(0)))),
  put('count', i32.sub(v('count'), v('at'))),
  eightDigits,
  plainDigits,
  put('count', i32.add(v('count'), v('at'))),
  put('scale', i32.sub(v('from'), v('at'))),
  when(i32.eqz(v('scale')), giveUp),
);

const exponent = sequence(
  step(),
  put('digit', i32.load8(v('at'))),
  put('sign', i32.eq(v('digit'), n(0x2d))),
  when(i32.or(v('sign'), i32.eq(v('digit'), n(0x2b))), step()),
  put('from', v('at')),
  put('power', n(0)),
  block(
    loop(
      readDigit,
      leaveIf(1, noDigit),
      put('power', i32.add(i32.mul(v('power'), n(10)), v('digit'))),
      step(),
      leave(0),
    ),
  ),
  when(i32.or(i32.eq(v('from'), v('at')), i32.lessThan(n(4), i32.sub(v('at'), v('from')))), giveUp),
  put('scale', i32.add(v('scale'), i32.sub(v('power'), i32.mul(i32.mul(v('sign'), v('power')), n(2))))),
);

const entry = i32.shl(v('power'), n(6));
/** m / 10^power as the sum of two doubles; gives up where the second does not say that the first is the nearest. */
const longDivision = sequence(
  put('value', f64.ofUnsigned(v('m'))),
  put('low', f64.ofSigned(i64.sub(v('m'), i64.ofFloat(v('value'))))),
  put('pu', f64.load(entry, 8)),
  put('pl', f64.load(entry, 16)),
  // A quotient that is nearly right will do: what it misses is computed exactly.
  put('q', f64.mul(v('value'), f64.load(entry, 32))),
  put('upper', f64.mul(v('q'), f64.const(134_217_729))),
  put('upper', f64.sub(v('upper'), f64.sub(v('upper'), v('q')))),
  put('lower', f64.sub(v('q'), v('upper'))),
  put('rest', f64.mul(v('q'), v('p'))),
  // What the product missed, and what the power itself lacks.
  put(
    'low',
    f64.sub(
      v('low'),
      f64.add(
        f64.add(
          f64.add(
            f64.add(f64.sub(f64.mul(v('upper'), v('pu')), v('rest')), f64.mul(v('upper'), v('pl'))),
            f64.mul(v('lower'), v('pu')),
          ),
          f64.mul(v('lower'), v('pl')),
        ),
        f64.mul(v('q'), f64.load(entry, 24)),
      ),
    ),
  ),
  put('rest', f64.mul(f64.add(f64.sub(v('value'), v('rest')), v('low')), f64.load(entry, 32))),
  put('value', f64.add(v('q'), v('rest'))),
  put('rest', f64.sub(v('rest'), f64.sub(v('value'), v('q')))),
  put('low', f64.mul(v('value'), f64.const(2e-30))),
  when(
    i32.eqz(
      i32.and(
        f64.eq(f64.add(v('value'), f64.add(v('rest'), v('low'))), v('value')),
        f64.eq(f64.add(v('value'), f64.sub(v('rest'), v('low'))), v('value')),
      ),
    ),
    giveUp,
  ),
);

/** m / 10^power to within two units in the last place: enough for a float32, unless a float32 ends right there. */
const shortDivision = sequence(
  put('value', f64.mul(f64.ofUnsigned(v('m')), f64.load(entry, 32))),
  when(
    i32.eqz(f64.sameSingle(f64.mul(v('value'), f64.const(1 + 2 ** -50)), f64.mul(v('value'), f64.const(1 - 2 ** -50)))),
    giveUp,
  ),
);

const isLong = i64.above(v('m'), i64.const(2n ** 53n));
const multiply = sequence(
  when(i32.or(isLong, i32.lessThan(n(22), v('scale'))), when(v('scale'), giveUp)),
  put('value', f64.ofUnsigned(v('m'))),
  when(v('scale'), put('value', f64.mul(v('value'), f64.load(i32.shl(v('scale'), n(6)), 0)))),
);
const divide = sequence(
  put('power', i32.sub(n(0), v('scale'))),
  when(i32.lessThan(n(maxPower), v('power')), giveUp),
  when(v('single'), shortDivision, sequence(put('p', f64.load(entry, 0)), longDivision)),
);

const store = sequence(
  // Signs come in no order that a branch could learn.
  put('value', f64.copySign(v('value'), f64.of32(i32.sub(n(1), i32.shl(v('minus'), n(1)))))),
  f64.store(v('out'), v('value')),
  put('out', i32.add(v('out'), n(8))),
);

const readNumber = sequence(
  put('start', v('at')),
  put('minus', i32.eq(i32.load8(v('at')), n(0x2d))),
  put('at', i32.add(v('at'), v('minus'))),
  readDigit,
  when(noDigit, giveUp),
  put('m', i64.const(0n)),
  put('from', v('at')),
  when(v('digit'), plainDigits, step()),
  put('count', i32.sub(v('at'), v('from'))),
  put('scale', n(0)),
  when(i32.eq(i32.load8(v('at')), n(0x2e)), fraction),
  // Twenty digits and more do not fit 64 bits.
  when(i32.lessThan(n(19), v('count')), giveUp),
  when(i32.eq(i32.or(i32.load8(v('at')), n(0x20)), n(0x65)), exponent),
  when(i64.eqz(v('m')), put('value', f64.const(0)), when(i32.lessThan(v('scale'), n(0)), divide, multiply)),
);

/** Comma, and the blank that Python writes after it: on to the next number. Otherwise the list goes on in another way, or the text ends. */
const body = sequence(
  loop(
    readNumber,
    put('digit', i32.load8(v('at'))),
    when(
      i32.eq(v('digit'), n(0x2c)),
      sequence(store, step(), put('at', i32.add(v('at'), i32.eq(i32.load8(v('at')), n(0x20)))), leave(1)),
    ),
    when(i32.or(i32.eqz(v('digit')), i32.and(i32.ne(v('digit'), n(0x5d)), i32.above(v('digit'), n(0x20)))), giveUp),
    store,
  ),
  storeOut,
  v('at'),
);

/** The module: `run(at, out, single)` over its memory. */
export const numberProgram = (): Uint8Array =>
  assemble({ parameters: ['i32', 'i32', 'i32'], locals: names.slice(3).map(typeOf), body, pages });
