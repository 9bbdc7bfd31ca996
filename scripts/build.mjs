// `npm run build`: packages and dist as the sources say.
import { ensureBuild, ensurePackages } from './setup.mjs';

ensurePackages();
ensureBuild();
