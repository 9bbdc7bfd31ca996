// One page of a bucket's listing, from the XML that S3 answers with. Reads the few elements that matter and trusts none of them.
import type { BlobEntry } from './blobs.js';

export interface ListPage {
  readonly entries: readonly BlobEntry[];
  /** Where the next page begins; undefined on the last one. */
  readonly next: string | undefined;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function withoutEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w{2,4}));/g, (whole, decimal, hexadecimal, name) => {
    if (typeof name === 'string') return entities[name] ?? whole;
    const point = typeof decimal === 'string' ? Number(decimal) : Number.parseInt(String(hexadecimal), 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}

/** The text of the first element of that name. */
function textOf(xml: string, element: string): string | undefined {
  const open = `<${element}>`;
  const start = xml.indexOf(open);
  const end = start === -1 ? -1 : xml.indexOf(`</${element}>`, start);
  return end === -1 ? undefined : withoutEntities(xml.slice(start + open.length, end));
}

/** Keys may come percent-encoded, because XML cannot hold every character. */
function decodeKey(key: string, isEncoded: boolean): string {
  if (!isEncoded) return key;
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}

/** Reads a page; undefined for text that is no listing. Linear in its length. */
export function parseListPage(xml: string): ListPage | undefined {
  if (!xml.includes('<ListBucketResult')) return undefined;
  const isEncoded = textOf(xml, 'EncodingType') === 'url';
  const [head = '', ...parts] = xml.split('<Contents>');
  const entries = parts.map((part): BlobEntry | undefined => {
    const key = textOf(part, 'Key');
    const bytes = Number(textOf(part, 'Size') ?? 'none');
    if (key === undefined || !Number.isSafeInteger(bytes) || bytes < 0) return undefined;
    const stamp = `${textOf(part, 'ETag') ?? ''} ${textOf(part, 'LastModified') ?? ''}`;
    return { key: decodeKey(key, isEncoded), bytes, stamp };
  });
  const known = entries.filter(entry => entry !== undefined);
  if (known.length < entries.length) return undefined;
  // The words of the page stand before or after its entries.
  const tail = parts.at(-1)?.split('</Contents>').at(-1) ?? '';
  const words = head + tail;
  const isTruncated = textOf(words, 'IsTruncated') === 'true';
  const next = isTruncated ? textOf(words, 'NextContinuationToken') : undefined;
  return isTruncated && next === undefined ? undefined : { entries: known, next };
}
