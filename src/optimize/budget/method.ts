// A way to compress, as plain data, and how it is applied: so that many can be tried, written down and tried again.
import type { Model } from '../../graph/index.js';
import type { Compressed } from '../compressed.js';
import type { Feeds } from '../feeds.js';
import { prune } from '../prune/prune.js';
import type { PruneOptions } from '../prune/prune-options.js';
import { type BlockOptions, quantizeBlocks } from '../quantize/blocks.js';
import { type CalibrationOptions, type CalibrationTable, calibrate } from '../quantize/calibrate.js';
import { type DynamicOptions, quantizeDynamic } from '../quantize/dynamic.js';
import { type HalfOptions, storeHalf } from '../quantize/half.js';
import { quantizeStatic, type StaticOptions } from '../quantize/static.js';

export type Method =
  | ({ readonly kind: 'int8-dynamic' } & DynamicOptions)
  | ({ readonly kind: 'int8-static'; readonly calibration?: CalibrationOptions } & StaticOptions)
  | ({ readonly kind: 'blocks' } & BlockOptions)
  | ({ readonly kind: 'half' } & HalfOptions)
  | ({ readonly kind: 'prune' } & PruneOptions);

/** A method made ready for one model: calibrated if it needs to be, and then applied as often as one likes. */
export type Compressor = (exclude: readonly string[]) => Compressed;

/** Calibrates where the method wants it. @throws what the method throws. */
export async function compressorOf(model: Model, method: Method, calibration: readonly Feeds[]): Promise<Compressor> {
  switch (method.kind) {
    case 'int8-dynamic': {
      const { kind: _, ...options } = method;
      return exclude => quantizeDynamic(model, { ...options, exclude: [...(options.exclude ?? []), ...exclude] });
    }
    case 'int8-static': {
      const { kind: _, calibration: how, ...options } = method;
      const table: CalibrationTable = await calibrate(model, calibration, how);
      return exclude => quantizeStatic(model, table, { ...options, exclude: [...(options.exclude ?? []), ...exclude] });
    }
    case 'blocks': {
      const { kind: _, ...options } = method;
      return exclude => quantizeBlocks(model, { ...options, exclude: [...(options.exclude ?? []), ...exclude] });
    }
    case 'half': {
      const { kind: _, ...options } = method;
      return () => storeHalf(model, options);
    }
    case 'prune': {
      const { kind: _, ...options } = method;
      return exclude => prune(model, { ...options, exclude: [...(options.exclude ?? []), ...exclude] });
    }
  }
}
