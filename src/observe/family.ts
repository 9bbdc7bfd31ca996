// One metric with labels: a series for each set of values, never more than a bound; what comes later shares one overflow series.
import type { Collector, Exposition, MetricHead } from './exposition.js';
import { labelSet } from './labels.js';

/** Value of every label of the series that takes what is over the bound. */
export const overflowValue = '_overflow';

export interface FamilyOptions<Series> extends MetricHead {
  /** Names of the labels, in the order in which `of` takes their values. */
  readonly labels: readonly string[];
  /** Series it may have, the overflow series not counted. */
  readonly maxSeries: number;
  create(): Series;
  write(page: Exposition, labels: string, series: Series): void;
}

/** Series keep the order in which they were first asked for. */
export class Family<Series> implements Collector {
  private readonly series = new Map<string, Series>();
  private readonly overflowLabels: string;
  private overflow: Series | undefined;
  private overflowed = 0;

  constructor(private readonly options: FamilyOptions<Series>) {
    this.overflowLabels = this.labelsOf(options.labels.map(() => overflowValue));
  }

  get name(): string {
    return this.options.name;
  }

  /** How often a series was asked for that found no place. */
  get overflows(): number {
    return this.overflowed;
  }

  /**
   * The series of these label values, made when it is new. About 1 us: hot paths ask once and keep what they get.
   * @param values one for each label; missing ones are empty.
   */
  of(...values: readonly string[]): Series {
    const labels = this.labelsOf(values);
    const known = this.series.get(labels);
    if (known !== undefined) return known;
    if (this.series.size >= this.options.maxSeries) {
      this.overflowed++;
      this.overflow ??= this.options.create();
      return this.overflow;
    }
    const made = this.options.create();
    this.series.set(labels, made);
    return made;
  }

  /** Forgets a series; its place is free again. */
  remove(...values: readonly string[]): void {
    this.series.delete(this.labelsOf(values));
  }

  collect(page: Exposition): void {
    const { write } = this.options;
    page.head(this.options);
    for (const [labels, series] of this.series) write(page, labels, series);
    if (this.overflow !== undefined) write(page, this.overflowLabels, this.overflow);
  }

  private labelsOf(values: readonly string[]): string {
    return labelSet(Object.fromEntries(this.options.labels.map((name, k) => [name, values[k] ?? ''])));
  }
}
