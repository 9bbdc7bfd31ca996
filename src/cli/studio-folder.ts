// Where the built studio lies in this package.
import { fileURLToPath } from 'node:url';

export const studioFolder = (): string => fileURLToPath(new URL('../web', import.meta.url));
