// The header grpc-timeout: up to eight digits and a unit.

const unitMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** Milliseconds that the client waits; undefined if it does not say, or not in gRPC's words. */
export function timeoutMsOf(header: string | undefined): number | undefined {
  if (header === undefined || header.length < 2 || header.length > 9) return undefined;
  const digits = header.slice(0, -1);
  const unit = unitMs[header.slice(-1)];
  return unit === undefined || !/^\d+$/.test(digits) ? undefined : Number(digits) * unit;
}
