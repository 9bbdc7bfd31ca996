// The slots of one instance: each sequence under way holds one, and the lowest free one is taken first.

export class Slots {
  private readonly freed: number[] = [];
  /** Slots from here on were never taken. */
  private untouched = 0;
  taken = 0;

  /** @param isLowestFirst rows that are in use lie together; costs a look at the freed ones for each sequence */
  constructor(
    readonly capacity: number,
    private readonly isLowestFirst: boolean,
  ) {}

  get isFull(): boolean {
    return this.taken >= this.capacity;
  }

  /** Call only while there is a free one. */
  take(): number {
    this.taken++;
    if (this.freed.length === 0) return this.untouched++;
    if (!this.isLowestFirst) return this.freed.pop() ?? 0;
    const lowest = Math.min(...this.freed);
    this.freed.splice(this.freed.indexOf(lowest), 1);
    return lowest;
  }

  give(place: number): void {
    this.taken--;
    this.freed.push(place);
  }
}
