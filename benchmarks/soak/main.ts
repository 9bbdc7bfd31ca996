// The soaks by their names, one after the other; ends with 1 if a claim does not hold.
import { parseArgs } from 'node:util';
import { type Claim, printClaims } from './claims.js';
import { overload } from './overload.js';
import { reload } from './reload.js';

const soaks = new Map([
  ['overload', overload],
  ['reload', reload],
]);
const usage = `npm run soak [-- ${[...soaks.keys()].join(' | ')}] [--minutes 10] [--json]`;

function wrong(what: string): never {
  console.error(`${what}\n${usage}`);
  process.exit(2);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '10' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const minutes = Number(values.minutes);
if (!(minutes > 0 && minutes <= 24 * 60)) wrong(`--minutes wants a number up to 1440, got '${values.minutes}'`);
const names = positionals.length === 0 ? [...soaks.keys()] : positionals;
const claims: Claim[] = [];
for (const name of names) {
  const soak = soaks.get(name) ?? wrong(`no soak '${name}'`);
  claims.push(...(await soak(Math.max(5, Math.round(60 * minutes)))));
}
printClaims(claims, values.json);
process.exit(claims.some(({ holds }) => holds === false) ? 1 : 0);
