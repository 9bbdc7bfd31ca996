// The figures of a co-design under the names that a metrics page shows them by (Prometheus text format 0.0.4).

export interface CodesignMetrics {
  /** Seconds spent on finding and applying permutations; none is spent when the model runs. */
  readonly permutationSeconds: number;
  readonly correlationLookups: number;
  readonly correlationHits: number;
  /** What of the weights survives the compression under the layout, as a part of the bound that no layout exceeds. */
  readonly layoutEfficiency: number;
}

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

/** The metrics as text. Correlation counters are those of the cache that was used. */
export function codesignMetrics(
  metrics: CodesignMetrics,
  { model, version }: { model: string; version: string },
): string {
  const labels = `{model="${escaped(model)}",version="${escaped(version)}"}`;
  const family = (name: string, kind: string, { help, value }: { help: string; value: number }): string =>
    `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${name}${labels} ${value}\n`;
  return [
    family('icd_permutation_time_seconds', 'counter', {
      help: 'Time spent on finding and applying permutations of channels',
      value: metrics.permutationSeconds,
    }),
    family('icd_correlation_cache_hits', 'counter', {
      help: 'Correlation matrices that were found in the cache',
      value: metrics.correlationHits,
    }),
    family('icd_correlation_total', 'counter', {
      help: 'Correlation matrices that were asked for',
      value: metrics.correlationLookups,
    }),
    family('icd_layout_efficiency', 'gauge', {
      help: 'Part of the weights that survives the compression, of the most that any layout could keep',
      value: metrics.layoutEfficiency,
    }),
  ].join('');
}
