// /predict, the route for people: nested lists in and out.
import { type GuardReport, guardOfPeople } from './guard.js';
import { record, text } from './json.js';

export type Nested = number | string | boolean | null | readonly Nested[];

export interface PredictQuestion {
  readonly inputs: Readonly<Record<string, Nested>>;
  readonly version?: string;
  readonly guard?: 'annotate' | 'reject' | 'fallback';
  /** Wants the guard's maps. */
  readonly maps?: boolean;
}

export interface Prediction {
  readonly model: string;
  readonly version: string;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly maps: Readonly<Record<string, unknown>> | undefined;
  readonly guard: GuardReport | undefined;
  readonly answeredBy: string;
  readonly latencyMs: number;
}

export function readPrediction(value: unknown): Prediction {
  const { model, version, outputs, maps, guard, answeredBy, latencyMs } = record(value, 'the prediction');
  return {
    model: text(model, 'model'),
    version: String(version),
    outputs: record(outputs, 'outputs'),
    maps: maps === undefined ? undefined : record(maps, 'maps'),
    guard: guardOfPeople(guard),
    answeredBy: typeof answeredBy === 'string' ? answeredBy : '',
    latencyMs: typeof latencyMs === 'number' ? latencyMs : Number.NaN,
  };
}
