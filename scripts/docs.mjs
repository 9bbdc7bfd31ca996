// `npm run docs`: writes docs/errors.md from the error table; a test holds the two equal.
import { writeFileSync } from 'node:fs';
import { ensureBuild, ensurePackages } from './setup.mjs';

ensurePackages();
ensureBuild();
const { errorsPage } = await import('../dist/base/errors/page.js');
writeFileSync(new URL('../docs/errors.md', import.meta.url), errorsPage());
