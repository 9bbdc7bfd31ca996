// One cookie out of a Cookie header, without making an object of the others.

const space = 32;
const tab = 9;
const quote = 34;

/**
 * The value of the first cookie of that name, without quotes around it; undefined if there is none. RFC 6265, 5.4 and 4.2.1.
 * Takes time in proportion to the header, which the HTTP layer bounds, and allocates one string at most.
 */
export function cookieOf(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined;
  let at = 0;
  while (at < header.length) {
    let end = header.indexOf(';', at);
    if (end < 0) end = header.length;
    while (at < end && (header.charCodeAt(at) === space || header.charCodeAt(at) === tab)) at++;
    const from = at + name.length + 1;
    if (from <= end && header.startsWith(name, at) && header[from - 1] === '=') return valueIn(header, from, end);
    at = end + 1;
  }
  return undefined;
}

function valueIn(header: string, from: number, end: number): string {
  let last = end;
  while (last > from && (header.charCodeAt(last - 1) === space || header.charCodeAt(last - 1) === tab)) last--;
  const isQuoted = last - from >= 2 && header.charCodeAt(from) === quote && header.charCodeAt(last - 1) === quote;
  return isQuoted ? header.slice(from + 1, last - 1) : header.slice(from, last);
}
