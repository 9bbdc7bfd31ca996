// Axes as products of atoms, major first. Atoms that one permutation must move together are one class; some stand still.

/** A part of an axis with a size above 1; its class is found through Axes. */
export type Atom = number;

/** An axis; one without atoms has size 1. */
export type Axis = readonly Atom[];

interface Entry {
  readonly size: number;
  parent: Atom;
  /** An atom that a reshape takes apart, as (major, minor). */
  parts: readonly [Atom, Atom] | undefined;
  isFrozen: boolean;
}

type End = 'major' | 'minor';

/**
 * Classes of atoms under the constraints that operators put on them: equal atoms are permuted alike, frozen ones not
 * at all. Sound by construction: a constraint only ever takes freedom away. Union-find with splitting; each operation
 * costs about as many steps as there are atoms in its axes.
 */
export class Axes {
  readonly #entries: Entry[] = [];

  /** A fresh axis. */
  axis(size: number): Axis {
    if (size === 1) return [];
    const atom = this.#entries.length;
    this.#entries.push({ size, parent: atom, parts: undefined, isFrozen: size < 1 });
    return [atom];
  }

  #entry(atom: Atom): Entry {
    const entry = this.#entries[atom];
    if (entry === undefined) throw new RangeError(`no atom ${atom}`);
    return entry;
  }

  #root(atom: Atom): Atom {
    let root = atom;
    while (this.#entry(root).parent !== root) root = this.#entry(root).parent;
    for (let at = atom; at !== root; ) {
      const entry = this.#entry(at);
      at = entry.parent;
      entry.parent = root;
    }
    return root;
  }

  /** The classes that an axis consists of now, split as far as known. */
  classes(axis: Axis): Atom[] {
    return axis.flatMap(atom => {
      const root = this.#root(atom);
      const { parts } = this.#entry(root);
      return parts === undefined ? [root] : this.classes(parts);
    });
  }

  size(axis: Axis): number {
    return axis.reduce((product, atom) => product * this.#entry(atom).size, 1);
  }

  isFrozen(atom: Atom): boolean {
    return this.#entry(this.#root(atom)).isFrozen;
  }

  /** No part of these axes may be permuted. */
  freeze(...axes: readonly Axis[]): void {
    for (const axis of axes) for (const atom of this.classes(axis)) this.#entry(atom).isFrozen = true;
  }

  /** Two axes, or two runs of axes in row-major order, that hold the same elements in the same order. */
  unify(one: Axis, other: Axis): void {
    if (this.size(one) !== this.size(other)) {
      this.freeze(one, other);
      return;
    }
    const [restOne, restOther] = this.#align(one, other, 'major');
    const [middleOne, middleOther] = this.#align(restOne, restOther, 'minor');
    this.freeze(middleOne, middleOther);
  }

  /** Pairs atoms from one end until the sizes no longer divide; returns what is left of both. */
  #align(one: Axis, other: Axis, end: End): [Axis, Axis] {
    let [x, y] = [this.classes(one), this.classes(other)];
    while (x.length > 0 && y.length > 0) {
      const [p, q] = end === 'major' ? [x[0], y[0]] : [x[x.length - 1], y[y.length - 1]];
      const [sizeP, sizeQ] = [this.#entry(p).size, this.#entry(q).size];
      if (sizeP === sizeQ) {
        this.#link(p, q);
        x = end === 'major' ? x.slice(1) : x.slice(0, -1);
        y = end === 'major' ? y.slice(1) : y.slice(0, -1);
      } else if (!this.#split(sizeP > sizeQ ? p : q, { piece: Math.min(sizeP, sizeQ), end })) break;
      x = this.classes(x);
      y = this.classes(y);
    }
    return [x, y];
  }

  #link(p: Atom, q: Atom): void {
    if (p === q) return;
    const [entry, joined] = [this.#entry(p), this.#entry(q)];
    entry.isFrozen ||= joined.isFrozen;
    joined.parent = p;
  }

  #split(atom: Atom, { piece, end }: { readonly piece: number; readonly end: End }): boolean {
    const entry = this.#entry(atom);
    if (piece < 1 || entry.size % piece !== 0) return false;
    const sizes = end === 'major' ? [piece, entry.size / piece] : [entry.size / piece, piece];
    const [major, minor] = sizes.map(size => this.axis(size)[0]);
    entry.parts = [major, minor];
    for (const part of entry.parts) this.#entry(part).isFrozen = entry.isFrozen;
    return true;
  }

  /** Splits an axis into (outer, inner); false, and frozen, where the sizes do not allow it. */
  factor(axis: Axis, outer: Axis, inner: Axis): void {
    this.unify(axis, [...outer, ...inner]);
  }
}
