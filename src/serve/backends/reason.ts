// Why something failed, in the words of the innermost cause that our own errors carry: for logs, never for clients.
import { isGalerkinError } from '../../base/index.js';

export function reasonOf(error: unknown): string {
  if (isGalerkinError(error) && error.cause !== undefined) return reasonOf(error.cause);
  return error instanceof Error ? error.message : String(error);
}
