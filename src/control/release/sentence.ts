// What people write as a reason, as the end of a sentence: with one full stop, whether they set it or not.
export const sentence = (text: string): string => (/[.!?…]$/.test(text.trimEnd()) ? text.trimEnd() : `${text}.`);
