// What the processor can do with 8-bit integers: whether its dot products saturate, which decides how many bits weights may use.
import { readFileSync } from 'node:fs';

export interface Processor {
  /** Dot products of 8-bit integers add into 32 bits at once (VNNI, AMX, ARM). Without it AVX2 adds pairs in 16 bits and saturates. */
  readonly hasIntegerDot: boolean;
}

const dotFlags = /\b(avx512_vnni|avx_vnni|amx_int8|avx_vnni_int8)\b/;

/** Judges by the architecture as Node names it, and by the text of /proc/cpuinfo, '' where there is none. */
export const processorOf = (architecture: string, cpuinfo: string): Processor => ({
  hasIntegerDot: architecture === 'x64' || architecture === 'ia32' ? dotFlags.test(cpuinfo) : true,
});

/** This machine's. An x64 processor of which nothing can be read counts as one without. */
export function thisProcessor(): Processor {
  try {
    return processorOf(process.arch, readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return processorOf(process.arch, '');
  }
}
