// `npm start`: sets everything up, then runs `galerkin start` in this process, so that Ctrl-C reaches it directly.
import { ensureBuild, ensurePackages } from './setup.mjs';

ensurePackages();
ensureBuild();
const { main } = await import('../dist/cli/main.js');
await main(['start', ...process.argv.slice(2)]);
