// The server's options for its cache of answers; they join those of the server.
import { choiceOption, flagOption, integerOption, numberOption, textOption } from '../../base/index.js';

/** Spread into the schema of the server's options. */
export const cacheOptions = {
  cacheBudgetBytes: integerOption({
    doc: 'Memory for answers that may be given again, for models with response_cache in their config.pbtxt; 0 keeps none.',
    unit: 'bytes',
    default: 64 * 2 ** 20,
    min: 0,
    max: 2 ** 40,
  }),
  cacheEveryModel: flagOption({
    doc: 'Keep answers of every model, except where its config.pbtxt says response_cache { enable: false }.',
    default: false,
  }),
  cacheTtlMs: numberOption({
    doc: 'Longest time that an answer is kept in memory; 0: until there is no room.',
    unit: 'ms',
    default: 0,
    min: 0,
  }),
  cacheUrl: textOption({
    doc: 'Second tier, shared by replicas: redis://host:port, rediss://host:port or memcached://host:port; empty: none.',
    default: '',
  }),
  cachePrefix: textOption({
    doc: 'Before every key on the second tier: replicas with the same prefix share their answers.',
    default: 'galerkin',
  }),
  cacheSecret: textOption({
    doc: 'Seals what is stored on the second tier, so that it cannot be forged there; the same for all replicas.',
    default: '',
  }),
  cacheSecondTtlMs: numberOption({
    doc: 'Time that an answer is kept on the second tier.',
    unit: 'ms',
    default: 3_600_000,
    min: 1,
  }),
  cacheTimeoutMs: numberOption({
    doc: 'Longest wait for the second tier; then the answer is computed.',
    unit: 'ms',
    default: 20,
    min: 1,
  }),
  cacheCompression: choiceOption(['off', 'on'], {
    doc: 'Compress values of 16 KiB and more on the second tier: worth it on networks below some 300 Mbit/s.',
    default: 'off',
  }),
};
