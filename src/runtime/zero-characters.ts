// Texts with a zero character on their way through the runtime, whose binding ends a text at the first one: written with a stand-in, and back.

/** A noncharacter, which no text for exchange holds; a text that holds it all the same is marked too. */
const stand = '\ufdd0';
const zero = `${stand}0`;
const itself = `${stand}1`;

const isPlain = (text: string): boolean => !text.includes('\0') && !text.includes(stand);

/** The same list where no text needs it, which is nearly always. */
export const withoutZeros = (texts: readonly string[]): readonly string[] =>
  texts.every(isPlain) ? texts : texts.map(text => text.replaceAll(stand, itself).replaceAll('\0', zero));

/** Undoes `withoutZeros`. */
export const withZeros = (texts: readonly string[]): readonly string[] =>
  texts.some(text => text.includes(stand))
    ? texts.map(text => text.replaceAll(zero, '\0').replaceAll(itself, stand))
    : texts;
