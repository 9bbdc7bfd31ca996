// Elements of BYTES tensors as strings and back, without loss: bytes that are not UTF-8 (images, pickles) are carried one character each behind a mark.
import { isUtf8 } from 'node:buffer';

/** A noncharacter, with which no text for exchange begins; a text that does so all the same is carried as bytes too. */
const mark = '\ufdd1';

/** The string that stands for these bytes. */
export function textOf(bytes: Buffer): string {
  if (isUtf8(bytes)) {
    const text = bytes.toString('utf8');
    if (!text.startsWith(mark)) return text;
  }
  return mark + bytes.toString('latin1');
}

/** The bytes that a string stands for; UTF-8 unless it was made of other bytes. */
export const bytesOfText = (text: string): Buffer =>
  text.startsWith(mark) ? Buffer.from(text.slice(mark.length), 'latin1') : Buffer.from(text, 'utf8');
