// Which requests are traced, for the server and for single models, as clients may see and change it. Where traces go is fixed at start.
import { z } from 'zod';
import { faultLines, GalerkinError } from '../../base/index.js';

export const traceLevels = ['OFF', 'TIMESTAMPS', 'TENSORS'] as const;
type TraceLevel = (typeof traceLevels)[number];

/** In the names and types of the protocol: numbers are strings. */
export interface TraceSettings {
  readonly trace_file: string;
  readonly trace_level: readonly TraceLevel[];
  /** Every how manieth request is traced. */
  readonly trace_rate: string;
  /** How many more requests are traced; -1: no end. */
  readonly trace_count: string;
  readonly log_frequency: string;
  readonly trace_mode: string;
}

const largest = 4_294_967_295;
const whole = (min: number, max: number) =>
  z.union([z.string(), z.number()]).transform((value, context) => {
    const number = /^-?\d{1,15}$/.test(String(value)) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return String(number);
    context.addIssue({ code: 'custom', message: `value is out of range [ ${min}, ${max} ]` });
    return z.NEVER;
  });

/** Over gRPC every value is a list of strings; over HTTP only the level is. */
const one = <T extends z.ZodType>(schema: T) =>
  z.preprocess(value => (Array.isArray(value) && value.length === 1 ? value[0] : value), schema);

const changeSchema = z.object({
  trace_file: z.unknown().optional(),
  trace_level: z
    .preprocess(value => (typeof value === 'string' ? [value] : value), z.array(z.enum(traceLevels)).max(8))
    .refine(levels => !levels.includes('OFF') || levels.length === 1, "Expect only one trace level 'OFF' is specified")
    .nullish(),
  trace_rate: one(whole(0, largest)).nullish(),
  trace_count: one(whole(-1, 2_147_483_647)).nullish(),
  log_frequency: one(whole(0, largest)).nullish(),
});

const clearable = ['trace_level', 'trace_rate', 'trace_count', 'log_frequency'] as const;
type Change = Partial<Pick<TraceSettings, (typeof clearable)[number]>>;

export interface TraceControl {
  /** Of one model, or of the server. */
  of(model?: string): TraceSettings;
  /**
   * Changes the settings of a model, or of the server; null gives a model's setting back to the server's, and the server's to where it began.
   * @throws SETTING_REFUSED for the file, REQUEST_MALFORMED for values that are none
   */
  change(model: string | undefined, settings: unknown): TraceSettings;
  /** True if this request of the model is to be traced. About 10 ns while nothing is. */
  sample(model: string): boolean;
}

function read(settings: unknown): z.infer<typeof changeSchema> {
  const parsed = changeSchema.safeParse(settings);
  if (!parsed.success) {
    const got = faultLines(parsed.error).slice(0, 3).join('; ').slice(0, 300);
    throw new GalerkinError('REQUEST_MALFORMED', { what: 'trace settings', wanted: 'settings as GET shows them', got });
  }
  if (parsed.data.trace_file !== undefined) throw new GalerkinError('SETTING_REFUSED', { what: 'trace' });
  return parsed.data;
}

/** What is left of `before` when `change` is made: null takes a setting out. */
function merged(before: Change, change: z.infer<typeof changeSchema>): Change {
  const next: Record<string, unknown> = { ...before };
  for (const name of clearable) {
    const value = change[name];
    if (value === null || (name === 'trace_level' && Array.isArray(value) && value.length === 0)) delete next[name];
    else if (value !== undefined) next[name] = value;
  }
  return next;
}

class Traces implements TraceControl {
  private readonly base: TraceSettings;
  private server: Change = {};
  private readonly byModel = new Map<string, Change>();
  /** False while no request of any model is to be traced: the one thing that every request looks at. */
  private isOn = false;
  private seen = 0;
  private taken = 0;

  constructor(traceFile: string) {
    this.base = {
      trace_file: traceFile,
      trace_level: ['OFF'],
      trace_rate: '1000',
      trace_count: '-1',
      log_frequency: '0',
      trace_mode: 'triton',
    };
  }

  of(model?: string): TraceSettings {
    return { ...this.base, ...this.server, ...(model === undefined ? {} : this.byModel.get(model)) };
  }

  change(model: string | undefined, settings: unknown): TraceSettings {
    const change = read(settings);
    if (model === undefined) this.server = merged(this.server, change);
    else this.byModel.set(model, merged(this.byModel.get(model) ?? {}, change));
    if (change.trace_count !== undefined) this.taken = 0;
    this.isOn = [this.of(), ...[...this.byModel.keys()].map(each => this.of(each))].some(
      ({ trace_level: level }) => !level.includes('OFF'),
    );
    return this.of(model);
  }

  sample(model: string): boolean {
    if (!this.isOn) return false;
    const { trace_level: level, trace_rate: rate, trace_count: count } = this.of(model);
    if (level.includes('OFF') || Number(rate) === 0 || this.seen++ % Number(rate) !== 0) return false;
    if (Number(count) >= 0 && this.taken >= Number(count)) return false;
    this.taken++;
    return true;
  }
}

/** @param traceFile where traces go, as the settings show it; '' for the channel alone */
export const traceControl = (traceFile = ''): TraceControl => new Traces(traceFile);
