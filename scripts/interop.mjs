// `npm run interop [part of a case's name]`: sets up packages and build, then runs the cases, which stand on both.
import { ensureBuild, ensurePackages } from './setup.mjs';

ensurePackages();
ensureBuild();
await import('./interop-cases.mjs');
