// A page of metrics in Prometheus' text format 0.0.4 or OpenMetrics 1.0: the families in the order in which they are written.
import type { Histogram } from './histogram.js';

export type ExpositionFormat = 'text' | 'openmetrics';
export type MetricType = 'counter' | 'gauge' | 'histogram';

/** What heads the samples of one metric. */
export interface MetricHead {
  readonly name: string;
  readonly type: MetricType;
  /** One sentence. */
  readonly help: string;
}

const contentTypes = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
} as const satisfies Record<ExpositionFormat, string>;

const total = '_total';

function sampleValue(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}

/** Write a head, then all its samples, then the next head: a metric's samples must stand together. */
export class Exposition {
  private page = '';
  private name = '';

  constructor(readonly format: ExpositionFormat) {}

  get contentType(): string {
    return contentTypes[this.format];
  }

  /**
   * Begins a metric. OpenMetrics wants counters to end in `_total`; one that does not (Triton's do not) is declared
   * `unknown` there, so that its name is the same in both formats.
   */
  head({ name, type, help }: MetricHead): void {
    this.name = name;
    const isOpen = this.format === 'openmetrics';
    const isTotal = type === 'counter' && name.endsWith(total);
    const family = isOpen && isTotal ? name.slice(0, -total.length) : name;
    const declared = isOpen && type === 'counter' && !isTotal ? 'unknown' : type;
    const escaped = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
    const text = isOpen ? escaped.replaceAll('"', '\\"') : escaped;
    this.page += `# HELP ${family} ${text}\n# TYPE ${family} ${declared}\n`;
  }

  /** @param labels as `labelSet` makes them; '' for none. */
  sample(labels: string, value: number): void {
    this.page +=
      labels === '' ? `${this.name} ${sampleValue(value)}\n` : `${this.name}{${labels}} ${sampleValue(value)}\n`;
  }

  /** All samples of one histogram: cumulative buckets, sum and count. */
  histogram(labels: string, histogram: Histogram): void {
    const { name } = this;
    const { counts, sum } = histogram;
    const le = histogram.buckets.labels;
    const start = labels === '' ? `${name}_bucket{le="` : `${name}_bucket{${labels},le="`;
    let seen = 0;
    // Most buckets add nothing to the one before: the text is made only when the number changes.
    let value = '0';
    let lines = '';
    for (let bucket = 0; bucket < counts.length; bucket++) {
      const inside = counts[bucket] ?? 0;
      if (inside > 0) {
        seen += inside;
        value = String(seen);
      }
      lines += `${start}${le[bucket]}"} ${value}\n`;
    }
    const set = labels === '' ? '' : `{${labels}}`;
    this.page += `${lines}${name}_sum${set} ${sampleValue(sum)}\n${name}_count${set} ${value}\n`;
  }

  /** The page, ended as its format wants. */
  finish(): string {
    return this.format === 'openmetrics' ? `${this.page}# EOF\n` : this.page;
  }
}

/** What writes metrics of its own on a page. */
export interface Collector {
  collect(page: Exposition): void;
}
