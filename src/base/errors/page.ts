// The page docs/errors.md, written from the error table.
import { errorRows } from './table.js';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** The whole text of docs/errors.md. */
export function errorsPage(): string {
  const rows = Object.entries(errorRows)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, { http, exit, doc }]) => `| \`${code}\` | ${http} | ${exit} | ${cell(doc)} |`);
  return `# Errors

Written from the error table (\`npm run docs\`); do not edit by hand. Every error of ours is a \`GalerkinError\` with one of
these codes, the facts in \`fields\`, and a message that says what was wanted, what came and what to do. Numerical failure
(a solver that does not converge, a training that diverges) is a value with a \`status\`, not an error.

| code | HTTP | exit | when, and what to do |
|---|---|---|---|
${rows.join('\n')}
`;
}
