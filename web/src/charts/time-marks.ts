// Marks of axes: time since the start in the unit of its step, powers of ten.

/** 0, 30 s, 5 min, 2 h, 1 d; 0:30, 2:30 where the last mark lies beyond two minutes. */
export function elapsed(seconds: number, step: number, last: number): string {
  if (seconds === 0) return '0';
  if (step >= 86_400) return `${seconds / 86_400} d`;
  if (step >= 3600) return `${seconds / 3600} h`;
  if (step >= 60) return `${seconds / 60} min`;
  if (last <= 120) return `${Number(seconds.toFixed(1))} s`;
  return `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, '0')}`;
}

/** Powers of ten inside a range, at most four: the charts are low. */
export function decadeMarks([low, high]: readonly [number, number]): number[] {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  const step = Math.max(1, Math.ceil((last - first + 1) / 4));
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, k) => 10 ** (first + k * step));
}
