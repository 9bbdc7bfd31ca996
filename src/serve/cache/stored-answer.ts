// An answer as bytes and back: all that a client is told, in a few hundred bytes beside the tensors' own.
import type { GuardFigures, GuardReport, RefusedFigures, Verdict } from '../engine/guard-verdict.js';
import type { Answer, Answerer } from '../engine/question.js';
import type { ParameterValue, RequestParameters } from '../engine/terms.js';
import { bytesIn } from '../tensors/size.js';
import { type ByteReader, byteReader, Unreadable } from './byte-reader.js';
import { type ByteWriter, byteWriter } from './byte-writer.js';
import { readTensors, writeTensors } from './stored-tensors.js';

/** First byte of every stored answer; another form of it is a miss. */
const format = 1;
const answerers = ['surrogate', 'solver', 'mixed'] as const satisfies readonly Answerer[];
const verdicts = ['accepted', 'flagged', 'rejected', 'fallback'] as const satisfies readonly Verdict[];
const maxParameters = 1024;

/** Fails to compile when an answer or a report gains a member that is not stored here. */
export const stored = {
  answer: { outputs: true, maps: true, guard: true, answeredBy: true, parameters: true } satisfies Record<
    keyof Answer,
    true
  >,
  report: { figures: true, verdict: true, refused: true } satisfies Record<keyof GuardReport, true>,
  figures: { residual: true, residualBound: true, fluxImbalance: true, fluxBound: true } satisfies Record<
    keyof GuardFigures,
    true
  >,
};

/** What an answer takes at least: a bound that is cheap to know before it is written. */
export const leastBytes = (answer: Answer): number => bytesIn(answer.outputs) + bytesIn(answer.maps);

function writeFigures(writer: ByteWriter, figures: RefusedFigures): void {
  writer.f64(figures.residual);
  writer.f64(figures.fluxImbalance);
}

const readFigures = (reader: ByteReader): RefusedFigures => ({ residual: reader.f64(), fluxImbalance: reader.f64() });

function writeReport(writer: ByteWriter, report: GuardReport | undefined): void {
  writer.u8(report === undefined ? 0 : report.refused === undefined ? 1 : 2);
  if (report === undefined) return;
  writer.u8(verdicts.indexOf(report.verdict));
  writeFigures(writer, report.figures);
  writer.f64(report.figures.residualBound);
  writer.f64(report.figures.fluxBound);
  if (report.refused !== undefined) writeFigures(writer, report.refused);
}

function readReport(reader: ByteReader): GuardReport | undefined {
  const kind = reader.u8();
  if (kind === 0) return undefined;
  const verdict = verdicts[reader.u8()];
  if (kind > 2 || verdict === undefined) throw new Unreadable('a report of no known kind');
  const figures = { ...readFigures(reader), residualBound: reader.f64(), fluxBound: reader.f64() };
  return kind === 1 ? { figures, verdict } : { figures, verdict, refused: readFigures(reader) };
}

function writeParameters(writer: ByteWriter, parameters: RequestParameters | undefined): void {
  const entries = Object.entries(parameters ?? {});
  writer.u8(parameters === undefined ? 0 : 1);
  writer.u32(entries.length);
  for (const [name, value] of entries) {
    writer.text(name);
    if (typeof value === 'string') {
      writer.u8(0);
      writer.text(value);
    } else {
      writer.u8(typeof value === 'number' ? 1 : 2);
      writer.f64(Number(value));
    }
  }
}

function readValue(reader: ByteReader): ParameterValue {
  const kind = reader.u8();
  if (kind === 0) return reader.text();
  if (kind > 2) throw new Unreadable('a parameter of no known kind');
  const value = reader.f64();
  return kind === 1 ? value : value === 1;
}

function readParameters(reader: ByteReader): RequestParameters | undefined {
  const has = reader.u8();
  const count = reader.u32();
  if (count > maxParameters) throw new Unreadable('too many parameters');
  const entries: [string, ParameterValue][] = [];
  for (let k = 0; k < count; k++) entries.push([reader.text(), readValue(reader)]);
  return has === 0 ? undefined : Object.fromEntries(entries);
}

/** The answer's bytes, which share nothing with it. */
export function encodeAnswer(answer: Answer): Uint8Array {
  const writer = byteWriter();
  writer.u8(format);
  writer.u8(answerers.indexOf(answer.answeredBy));
  writeReport(writer, answer.guard);
  writeParameters(writer, answer.parameters);
  writeTensors(writer, answer.outputs);
  writeTensors(writer, answer.maps);
  return writer.finish();
}

/** The answer that `encodeAnswer` wrote, sharing nothing with `bytes`; undefined for any other bytes. Never throws. */
export function decodeAnswer(bytes: Uint8Array): Answer | undefined {
  try {
    const reader = byteReader(bytes);
    if (reader.u8() !== format) return undefined;
    const answeredBy = answerers[reader.u8()];
    if (answeredBy === undefined) return undefined;
    const guard = readReport(reader);
    const parameters = readParameters(reader);
    const outputs = readTensors(reader);
    const maps = readTensors(reader);
    reader.finish();
    const answer = { outputs, maps, guard, answeredBy };
    return parameters === undefined ? answer : { ...answer, parameters };
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}
