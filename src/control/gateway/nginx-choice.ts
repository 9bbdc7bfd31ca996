// How nginx chooses the version of a request: rules as maps, then split_clients over the sticky key.
import { type Route, type RouteCondition, wholeShare } from '../../model/index.js';
import { cookieFault, cookiePattern, exactPattern, valueFault } from './exact-pattern.js';
import type { Lapse } from './expressed.js';
import { headerVariable, saltDigits } from './nginx-names.js';
import { shareOrder } from './share-order.js';

export interface NginxPart {
  /** Of the http block. */
  readonly lines: readonly string[];
  readonly lapses: readonly Lapse[];
}

const percentOf = (share: number): string => `${((100 * share) / wholeShare).toFixed(2)}%`;
export const upstreamOf = (prefix: string, version: number): string => `${prefix}_v${version}`;

const map = (source: string, target: string, rows: readonly string[]): string[] => [
  `map ${source} ${target} {`,
  ...rows.map(row => `    ${row};`),
  '}',
];

/** 1 or 0, whether the condition holds. */
function conditionMap(when: RouteCondition, variable: string): { lines: string[] } | { why: string } {
  if (when.kind === 'cookie') {
    const fault = cookieFault(when.equals);
    if (fault !== undefined) return { why: `cookie '${when.name}': ${fault}` };
    const pattern = cookiePattern(when.name, when.equals);
    return { lines: map('$http_cookie', variable, ['default 0', `"~${pattern}" 1`]) };
  }
  const source = headerVariable(when.name);
  const fault = valueFault(when.equals);
  if (source === undefined) return { why: `nginx reads no header with the name '${when.name}'` };
  if (fault !== undefined) return { why: `header '${when.name}': ${fault}` };
  return { lines: map(source, variable, ['default 0', `"~^${exactPattern(when.equals)}$" 1`]) };
}

/** The text whose hash decides; clients without a key are drawn anew each time. */
function keyMap({ sticky }: Route, variable: string): NginxPart {
  const drawn = { lines: map('$request_id', variable, ['default $request_id']), lapses: [] };
  if (sticky === undefined) return drawn;
  if (sticky.kind === 'client-address') {
    return { lines: map('$remote_addr', variable, ['default $remote_addr']), lapses: [] };
  }
  if (sticky.kind === 'cookie') {
    const pattern = `(?:^|;)[ \\t]*${exactPattern(sticky.name)}=([^;]*[^; \\t])`;
    return { lines: map('$http_cookie', variable, ['default $request_id', `"~${pattern}" $1`]), lapses: [] };
  }
  const source = headerVariable(sticky.name);
  if (source === undefined) {
    const why = `nginx reads no header with the name '${sticky.name}', so each request is drawn by itself`;
    return { ...drawn, lapses: [{ kind: 'sticky', why }] };
  }
  return { lines: map(source, variable, [`default ${source}`, '"" $request_id']), lapses: [] };
}

/** Parts of the line of hashes, to 0.01 %; the last takes the rest, so that they are the whole. */
function splitClients(source: string, target: string, parts: readonly { share: number; name: string }[]): string[] {
  const rows = parts.map(({ share, name }, k) => `    ${k === parts.length - 1 ? '*' : percentOf(share)} ${name};`);
  return [`split_clients "${source}" ${target} {`, ...rows, '}'];
}

/** Sets $<prefix>_to to the upstream of each request. */
export function nginxChoice(route: Route, prefix: string): NginxPart {
  const key = keyMap(route, `$${prefix}_key`);
  const parts = shareOrder(route).map(({ version, share }) => ({ share, name: upstreamOf(prefix, version) }));
  const lines = [
    ...key.lines,
    ...splitClients(`\${${prefix}_key}${saltDigits(route.salt)}`, `$${prefix}_drawn`, parts),
  ];
  const lapses = [...key.lapses];
  const held: { variable: string; version: number }[] = [];
  for (const { version, when } of route.rules) {
    const variable = `$${prefix}_rule${held.length}`;
    const condition = conditionMap(when, variable);
    if ('why' in condition) {
      lapses.push({ kind: 'rule', why: condition.why });
      continue;
    }
    lines.push(...condition.lines);
    held.push({ variable, version });
  }
  // The first rule that holds is the first 1 in the row of digits.
  const rows = held.map(({ version }, k) => `"~^0{${k}}1" ${upstreamOf(prefix, version)}`);
  const digits = held.length === 0 ? '""' : `"${held.map(({ variable }) => variable).join('')}"`;
  lines.push(...map(digits, `$${prefix}_to`, [`default $${prefix}_drawn`, ...rows]));
  return { lines, lapses };
}

/** The variable that holds the upstream of the k-th mirror's copy, or nothing. */
export const copyVariable = (prefix: string, k: number): string => `$${prefix}_copy${k}`;

/** Sets the variable of each mirror: copies are made of what the stable version answers. */
export function nginxCopies({ stable, mirrors, salt }: Route, prefix: string): readonly string[] {
  return mirrors.flatMap(({ version, share }, k) => {
    const drawn = `$${prefix}_lot${k}`;
    const copies = { share, name: `${upstreamOf(prefix, version)}_copies` };
    const parts = [copies, { share: wholeShare - share, name: '""' }].filter(part => part.share > 0);
    return [
      ...splitClients(`\${request_id}copy${version}${saltDigits(salt)}`, drawn, parts),
      ...map(`$${prefix}_to`, copyVariable(prefix, k), ['default ""', `"~^${upstreamOf(prefix, stable)}$" ${drawn}`]),
    ];
  });
}
