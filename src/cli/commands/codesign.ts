// `galerkin codesign compress`: correlations of a co-design in fewer bytes, with the error measured before anything is written.
import { Command } from 'commander';
import { GalerkinError } from '../../base/index.js';
import {
  compressCorrelations,
  decodeCorrelations,
  encodeCompressedCorrelations,
  type NamedCompressedCorrelation,
} from '../../optimize/index.js';
import { readBytes, writeFileAtomic } from '../../store/index.js';
import { percent, report, table } from '../output.js';

interface Flags {
  readonly compressionRatio: number;
  readonly tolerance: number;
  readonly out?: string;
  readonly json: boolean;
}

function number(flag: string): (text: string) => number {
  return text => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value))
      throw new GalerkinError('OPTIONS_INVALID', {
        of: 'codesign compress',
        faults: [`${flag}: wanted a number, got '${text}'`],
      });
    return value;
  };
}

export function codesignCommand(): Command {
  const compress = new Command('compress')
    .description(
      'Write the correlations of correlation_matrix.npz with fewer bytes; refused where they would come back too far off.',
    )
    .argument('<file>', 'correlation_matrix.npz of a co-design')
    .option(
      '--compression-ratio <part>',
      'bytes at most, as a part of the full float32 matrices',
      number('--compression-ratio'),
      0.1,
    )
    .option('--tolerance <part>', 'relative Frobenius error at most', number('--tolerance'), 0.1)
    .option('--out <file>', "file to write (default: FILE with '.compressed.npz')")
    .option('--json', 'print one line of JSON', false)
    .action(compressFile);
  return new Command('codesign').addCommand(compress.exitOverride());
}

async function compressFile(file: string, { compressionRatio: ratio, tolerance, out, json }: Flags): Promise<void> {
  const correlations = decodeCorrelations(await readBytes(file), file);
  const compressed = correlations.map((square): NamedCompressedCorrelation => {
    return { stream: square.stream, ...compressCorrelations(square, { ratio, tolerance }) };
  });
  const path = out ?? `${file.replace(/\.npz$/, '')}.compressed.npz`;
  await writeFileAtomic(path, encodeCompressedCorrelations(compressed));
  const streams = compressed.map(({ stream, size, method, rank, ratio: part, relativeError, worstEntry }) => {
    return { stream, size, method, rank, ratio: part, relativeError, worstEntry };
  });
  report(json, { file: path, streams }, () => text(path, streams));
}

function text(path: string, streams: readonly Omit<NamedCompressedCorrelation, 'factors' | 'codes'>[]): string {
  const rows = streams.map(({ stream, size, method, rank, ratio, relativeError, worstEntry }) => [
    stream,
    `${size}`,
    rank > 0 ? `${method} ${rank}` : method,
    percent(ratio),
    percent(relativeError),
    worstEntry.toPrecision(2),
  ]);
  return `${table([['stream', 'channels', 'stored as', 'bytes', 'error', 'worst entry'], ...rows])}\nwrote ${path}`;
}
