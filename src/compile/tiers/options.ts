// Options of the adaptive optimizer and of each function that it wraps.

import type { z } from 'zod';
import { choiceOption, integerOption, numberOption, optionSchema, textOption } from '../../base/index.js';

const mebibyte = 1024 * 1024;

export const adaptiveOptions = optionSchema({
  recompilationThreshold: numberOption({
    doc: 'Compile, and compile again or switch, only if calls get faster by more than this part of their time.',
    default: 0.1,
    min: 0,
    max: 0.9,
  }),
  compilationCacheSize: integerOption({
    doc: 'Versions of functions (one for each set of shapes) that are kept open; the least recently used is closed first.',
    default: 1000,
    min: 1,
    max: 1_000_000,
  }),
  firstCall: choiceOption(['fastest', 'tier0'], {
    doc: "'fastest' compiles before the first answer where that answer is predicted to come sooner; 'tier0' never does.",
    default: 'fastest',
  }),
  cacheFolder: textOption({
    doc: 'Folder for compiled programs, shared by processes; without one they are kept in memory only.',
    default: '',
  }),
  cacheMemoryBytes: integerOption({
    doc: 'Compiled programs kept in memory, in bytes, without those that are open.',
    unit: 'bytes',
    default: 256 * mebibyte,
    min: 0,
  }),
  cacheDiskBytes: integerOption({
    doc: 'Compiled programs kept in the folder; the least recently used goes first.',
    unit: 'bytes',
    default: 1024 * mebibyte,
    min: 0,
  }),
  trialCalls: integerOption({
    doc: 'Calls that each choice of threads and graph level gets when tier 2 tries them; 0 tries none.',
    default: 7,
    min: 0,
    max: 1000,
  }),
  threads: integerOption({
    doc: 'Threads of a native call before tier 2 has tried; 0 takes one for each core.',
    default: 0,
    min: 0,
    max: 1024,
  }),
});

export type AdaptiveConfig = Readonly<z.output<typeof adaptiveOptions>>;
export type AdaptiveSettings = Partial<AdaptiveConfig>;
