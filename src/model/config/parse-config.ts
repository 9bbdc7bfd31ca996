// config.pbtxt into a ModelConfig: syntax, then the schema's table, then values; all faults of meaning at once, with their places.
import type { z } from 'zod';
import { GalerkinError } from '../../base/index.js';
import { type Decoded, decodeConfig, pathKey } from './decode.js';
import type { Position } from './lexer.js';
import { type ModelConfig, modelConfigSchema } from './model-config.js';
import { parseText } from './parser.js';

const maxCharacters = 2 ** 20;
const maxFaults = 100;

interface PlacedFault {
  readonly at: Position;
  readonly text: string;
}

/** Where the value of an issue stands, or the nearest message around it. */
function positionOf(path: readonly PropertyKey[], positions: Decoded['positions']): Position {
  for (let length = path.length; length >= 0; length--) {
    const found = positions.get(pathKey(path.slice(0, length)));
    if (found !== undefined) return found;
  }
  return { line: 1, column: 1 };
}

/** Faults of values, without those that only follow from a fault found before. */
function valueFaults(error: z.ZodError, { faults, positions }: Decoded): PlacedFault[] {
  const known = new Set(faults.map(({ path }) => path));
  return error.issues
    .filter(({ path }) => !path.some((_, k) => known.has(pathKey(path.slice(0, k + 1)))))
    .map(({ path, message }) => ({
      at: positionOf(path, positions),
      text: `'${path.map(String).join('.')}': ${message}`,
    }));
}

function invalid(path: string, faults: readonly PlacedFault[]): GalerkinError<'MODEL_CONFIG_INVALID'> {
  const ordered = [...faults].sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column);
  const lines = ordered.slice(0, maxFaults).map(({ at, text }) => `line ${at.line}:${at.column}: ${text}`);
  if (faults.length > maxFaults) lines.push(`and ${faults.length - maxFaults} more`);
  return new GalerkinError('MODEL_CONFIG_INVALID', { path, faults: lines });
}

/**
 * Parses a model configuration in protobuf text format.
 * @param path what the text is called in errors.
 * @throws MODEL_CONFIG_INVALID with line and column of every fault; a fault of syntax ends the reading and comes alone.
 */
export function parseConfig(text: string, path = 'config.pbtxt'): ModelConfig {
  const at = { line: 1, column: 1 };
  if (text.length > maxCharacters) {
    throw invalid(path, [{ at, text: `wanted at most ${maxCharacters} characters, got ${text.length}` }]);
  }
  const tree = parseText(text.replace(/^\uFEFF/, ''), (where, fault) => {
    throw invalid(path, [{ at: where, text: fault }]);
  });
  const decoded = decodeConfig(tree);
  const parsed = modelConfigSchema.safeParse(decoded.value);
  const later = parsed.success ? [] : valueFaults(parsed.error, decoded);
  if (parsed.success && decoded.faults.length === 0) return parsed.data;
  throw invalid(path, [...decoded.faults, ...later]);
}
