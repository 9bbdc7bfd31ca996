// Regular expressions that match a text and nothing else, in the syntax that PCRE, RE2 and JavaScript share.

/** A text of printable ASCII, as a pattern that holds letters, digits, dashes, underscores and \xHH only: nothing of it can end a string. */
export function exactPattern(text: string): string {
  return [...text]
    .map(character => {
      if (/[A-Za-z0-9_-]/.test(character)) return character;
      const code = character.codePointAt(0) ?? 0;
      return `\\x${code.toString(16).padStart(2, '0')}`;
    })
    .join('');
}

/** Of a Cookie header in which a cookie has exactly this value, in quotes or not. */
export const cookiePattern = (name: string, value: string): string =>
  `(?:^|.*;)[ \\t]*${exactPattern(name)}=(?:${exactPattern(value)}|\\x22${exactPattern(value)}\\x22)[ \\t]*(?:$|;.*)`;

/** Why no header of HTTP can have the value; undefined if one can. */
export function valueFault(value: string): string | undefined {
  if (!/^[\x20-\x7e]*$/.test(value)) return 'the value has characters that are not printable ASCII';
  if (value.trim() !== value) return 'the value begins or ends with a space, which HTTP takes away';
  return undefined;
}

/** The same for a cookie, whose value also ends at a semicolon. */
export const cookieFault = (value: string): string | undefined =>
  valueFault(value) ?? (value.includes(';') ? 'the value has a semicolon, where a cookie ends' : undefined);
