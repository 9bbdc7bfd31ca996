// A queue in an array that is used in a circle: both ends in constant time, where Array.shift moves every element.

export class Ring<T> {
  private cells: (T | undefined)[];
  private start = 0;
  length = 0;

  /** @param capacity first size, a power of two; it doubles when it is full. */
  constructor(capacity = 16) {
    this.cells = new Array<T | undefined>(capacity).fill(undefined);
  }

  get first(): T | undefined {
    return this.cells[this.start];
  }

  push(value: T): void {
    if (this.length === this.cells.length) this.grow();
    this.cells[(this.start + this.length) & (this.cells.length - 1)] = value;
    this.length++;
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const value = this.cells[this.start];
    this.cells[this.start] = undefined;
    this.start = (this.start + 1) & (this.cells.length - 1);
    this.length--;
    return value;
  }

  private grow(): void {
    const { cells, start, length } = this;
    this.cells = new Array<T | undefined>(2 * cells.length).fill(undefined);
    for (let k = 0; k < length; k++) this.cells[k] = cells[(start + k) & (cells.length - 1)];
    this.start = 0;
  }
}
