// The refusal of a gRPC message that cannot be read.
import { GalerkinError } from '../../base/index.js';

export const malformed = (what: string, wanted: string, got: string): GalerkinError<'REQUEST_MALFORMED'> =>
  new GalerkinError('REQUEST_MALFORMED', { what, wanted, got });

/** A name from a request, short enough for a message. */
export const shortName = (name: string): string => (name.length > 80 ? `${name.slice(0, 80)}…` : name);
