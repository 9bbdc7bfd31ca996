// Control points of the colour maps, evenly spaced from the lowest value to the highest.

export const controlPoints = {
  // Viridis: perceptually uniform, readable without colour vision (matplotlib, CC0).
  viridis: '440154 482475 414487 355f8d 2a788e 21918c 22a884 44bf70 7ad151 bddf26 fde725',
  // Cividis: the same curve for normal and red-green deficient vision (Nuñez, Anderton and Renslow 2018, CC0).
  cividis: '00224e 123570 3b496c 575d6d 707173 8a8678 a59c74 c3b369 e1cc55 fee838',
  // Magma: black through violet to pale yellow, for magnitudes (matplotlib, CC0).
  magma: '000004 140e36 3b0f70 641a80 8c2981 b73779 de4968 f7705c fe9f6d fecf92 fcfdbf',
  // Blue and orange about a pale middle, for signs on a light page.
  balance: '0b3c6f 2f6ea8 76a8d3 bcd6ea f4f3f0 f4cfb2 e29a63 b8632a 713407',
  // The same signs about a dark middle, for a dark page.
  balanceDark: 'a6d5ff 5f9fd8 346ba0 1f3f5e 15181c 523220 975325 dc8a4c ffd0a3',
} as const;

export type ColormapName = keyof typeof controlPoints;
