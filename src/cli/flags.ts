// Command line flags from a schema of options: units, ranges and defaults are shown, and only what was typed is passed on.
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { z } from 'zod';
import { type OptionRow, optionRows } from '../base/index.js';

const kebab = (key: string): string => key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);

function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Wanted a number.');
  return value;
}

const bounded = (value: number | undefined): value is number =>
  value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER;

function range({ min, max }: OptionRow): string | undefined {
  if (bounded(min) && bounded(max)) return `${min} to ${max}`;
  if (bounded(min)) return `at least ${min}`;
  return bounded(max) ? `at most ${max}` : undefined;
}

/** The help line of one option: what it does, then unit, range and default. */
export function flagHelp(row: OptionRow): string {
  const shown =
    row.kind === 'boolean' || row.default === '' || row.default === undefined
      ? undefined
      : `default ${JSON.stringify(row.default)}`;
  const facts = [row.unit, range(row), shown].filter(fact => fact !== undefined);
  return facts.length === 0 ? row.doc : `${row.doc} (${facts.join('; ')})`;
}

function flagOf(row: OptionRow): Option {
  const name = `--${kebab(row.key)}`;
  // What is on unless told otherwise needs a word that switches it off.
  if (row.kind === 'boolean' && row.default === true) {
    return new Option(`--no-${kebab(row.key)}`, `Switches this off: ${flagHelp(row)}`);
  }
  if (row.kind === 'boolean') return new Option(name, flagHelp(row));
  const option = new Option(`${name} <${row.kind === 'string' ? 'text' : 'number'}>`, flagHelp(row));
  if (row.choices) option.choices(row.choices);
  if (row.kind !== 'string') option.argParser(parseNumber);
  return option;
}

/** Adds a flag for each option of `schema` but those in `except`. */
export function addFlags(command: Command, schema: z.ZodObject, except: readonly string[] = []): Command {
  for (const row of optionRows(schema)) if (!except.includes(row.key)) command.addOption(flagOf(row));
  return command;
}

/** What was typed for the options of `schema`; defaults stay with the schema. */
export function typedFlags(command: Command, schema: z.ZodObject): Record<string, unknown> {
  const typed: Record<string, unknown> = {};
  for (const { key } of optionRows(schema)) {
    if (command.getOptionValueSource(key) === 'cli') typed[key] = command.getOptionValue(key);
  }
  return typed;
}
