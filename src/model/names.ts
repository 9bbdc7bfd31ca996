// Names that are safe to use as parts of a path: models, versions, files.
import { GalerkinError } from '../base/index.js';

const plainName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const versionName = /^[1-9]\d{0,15}$/;

export const configFile = 'config.pbtxt';
export const manifestFile = 'manifest.json';

export const isModelName = (name: string): boolean => plainName.test(name);

/** True for a path of plain segments that stays below the folder it starts from: no '..', no root, no drive, no control characters. */
export function isRelativePath(path: string): boolean {
  if (path.length === 0 || path.length > 1024 || /[\\:\p{Cc}]/u.test(path)) return false;
  return path.split('/').every(segment => segment !== '' && segment !== '.' && segment !== '..');
}

/** @throws MODEL_NAME_INVALID for separators, '..', NUL, hidden names, more than 128 characters. */
export function assertModelName(name: string): void {
  if (isModelName(name)) return;
  const wanted = '1 to 128 letters, digits, dots, dashes or underscores, beginning with a letter or digit';
  throw new GalerkinError('MODEL_NAME_INVALID', { name, wanted });
}

/** @throws MODEL_NAME_INVALID unless the version is a whole number from 1. */
export function assertVersion(name: string, version: number): void {
  if (Number.isSafeInteger(version) && version >= 1) return;
  throw new GalerkinError('MODEL_NAME_INVALID', {
    name: `${name}/${version}`,
    wanted: 'a version that is a whole number from 1',
  });
}

/** The number that a version's folder stands for; undefined for zero-prefixed and other names, which Triton passes over too. */
export function versionOf(folderName: string): number | undefined {
  const version = versionName.test(folderName) ? Number(folderName) : 0;
  return Number.isSafeInteger(version) && version >= 1 ? version : undefined;
}

/** A file of a version: plain, and none of those that are written here. @throws PACKAGE_INVALID */
export function assertFileName(model: string, file: string): void {
  if (plainName.test(file) && file !== manifestFile && file !== configFile) return;
  const wanted = `a plain file name other than ${manifestFile} and ${configFile}`;
  throw new GalerkinError('PACKAGE_INVALID', { path: model, wanted, got: JSON.stringify(file.slice(0, 160)) });
}
