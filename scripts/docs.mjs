// `npm run docs`: writes what is derived in the docs: errors.md from the error table (a test holds the two equal), the training curve's picture.
import { readFileSync, writeFileSync } from 'node:fs';
import { curvePicture } from './curve.mjs';
import { ensureBuild, ensurePackages } from './setup.mjs';

const docs = path => new URL(`../docs/${path}`, import.meta.url);

ensurePackages();
ensureBuild();
const { errorsPage } = await import('../dist/base/errors/page.js');
writeFileSync(docs('errors.md'), errorsPage());
writeFileSync(
  docs('images/darcy-paper-curve.svg'),
  curvePicture(JSON.parse(readFileSync(docs('data/darcy-paper-curve.json'), 'utf8'))),
);
