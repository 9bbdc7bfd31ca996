// Names in an nginx configuration: of models made into variables, of headers and cookies read from requests, of places.
import { GalerkinError } from '../../base/index.js';
import type { Route } from '../../model/index.js';
import { sha256 } from '../../store/index.js';

const plainModel = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
/** Characters of a digest that tell models apart whose names look alike to nginx, which knows no capital letters in variables. */
const digestDigits = 12;

const digits = (text: string, count: number): string => sha256(text).slice('sha256:'.length, 'sha256:'.length + count);

/** The start of all names that belong to a model: letters, digits and underscores. @throws ROUTE_INVALID for a name that is no model's */
export function prefixOf({ model }: Route): string {
  if (!plainModel.test(model)) {
    const faults = [`model: wanted letters, digits, dots, dashes and underscores, got ${JSON.stringify(model)}`];
    throw new GalerkinError('ROUTE_INVALID', { faults });
  }
  const readable = model
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '_')
    .slice(0, 12);
  return `galerkin_${readable}_${digits(model, digestDigits)}`;
}

/** A salt may be any text; only this much of its digest is written. */
export const saltDigits = (salt: string): string => digits(salt, 32);

/** The variable that holds a header of the request; undefined for a header that nginx gives under no name of its own. */
export const headerVariable = (name: string): string | undefined =>
  /^[a-z0-9-]+$/.test(name) ? `$http_${name.replaceAll('-', '_')}` : undefined;

const place = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:]{2,39}\]):([1-9]\d{0,4})$/;

/** True for the number of a port. */
export const isPort = (text: string): boolean => /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535;

/** True for `host:port` with a name, an IPv4 or a bracketed IPv6 address. */
export const isPlace = (text: string): boolean => Number(place.exec(text)?.[1] ?? Number.NaN) <= 65_535;

const shown = (value: unknown): string => String(JSON.stringify(value)).slice(0, 160);

/** @throws OPTIONS_INVALID for what is no list of host:port, whatever a caller in JavaScript gives */
export function assertPlaces(option: string, places: unknown): asserts places is readonly string[] {
  const faults = Array.isArray(places)
    ? places
        .filter(each => typeof each !== 'string' || !isPlace(each))
        .map(each => `${option}: wanted host:port, got ${shown(each)}`)
    : [`${option}: wanted a list of host:port, got ${shown(places)}`];
  if (faults.length > 0) throw new GalerkinError('OPTIONS_INVALID', { of: 'nginxGateway', faults });
}
