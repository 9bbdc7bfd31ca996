// The error table: every code of every room, once.
import { baseErrors } from './base.js';
import { cliErrors } from './cli.js';
import { compileErrors } from './compile.js';
import { controlErrors } from './control.js';
import type { ErrorEntry } from './entry.js';
import { graphErrors } from './graph.js';
import { learnErrors } from './learn.js';
import { modelErrors } from './model.js';
import { optimizeErrors } from './optimize.js';
import { runtimeErrors } from './runtime.js';
import { serveErrors } from './serve.js';
import { serveOperationErrors } from './serve-operation.js';
import { serveProtocolErrors } from './serve-protocol.js';
import { serveSchedulingErrors } from './serve-scheduling.js';
import { solveErrors } from './solve.js';
import { sqlErrors } from './sql.js';
import { storeErrors } from './store.js';

export const errorTable = {
  ...baseErrors,
  ...storeErrors,
  ...sqlErrors,
  ...solveErrors,
  ...runtimeErrors,
  ...graphErrors,
  ...compileErrors,
  ...optimizeErrors,
  ...modelErrors,
  ...learnErrors,
  ...serveErrors,
  ...serveOperationErrors,
  ...serveProtocolErrors,
  ...serveSchedulingErrors,
  ...controlErrors,
  ...cliErrors,
};

export type ErrorCode = keyof typeof errorTable;

/** The facts that each code's message needs. */
export type ErrorFieldsByCode = { [Code in ErrorCode]: Parameters<(typeof errorTable)[Code]['message']>[0] };
export type ErrorFields<Code extends ErrorCode> = ErrorFieldsByCode[Code];

/** The same table, typed so that a code and its fields stay together. */
export const errorRows: { readonly [Code in ErrorCode]: ErrorEntry<ErrorFieldsByCode[Code]> } = errorTable;
