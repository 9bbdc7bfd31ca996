// Things in the order in which they came: a doubly linked list through the things themselves, so that any leaves in constant time.

export interface Linked<T extends Linked<T>> {
  list: LinkedList<T> | undefined;
  previous: T | undefined;
  next: T | undefined;
}

export class LinkedList<T extends Linked<T>> {
  first: T | undefined;
  private last: T | undefined;
  length = 0;

  /** @param rank place of this list among all lists of a queue; 0 is served first. */
  constructor(readonly rank: number) {}

  push(item: T): void {
    item.list = this;
    item.previous = this.last;
    item.next = undefined;
    if (this.last === undefined) this.first = item;
    else this.last.next = item;
    this.last = item;
    this.length++;
  }

  /** Takes out an item of this list. */
  remove(item: T): void {
    const { previous, next } = item;
    if (previous === undefined) this.first = next;
    else previous.next = next;
    if (next === undefined) this.last = previous;
    else next.previous = previous;
    item.previous = undefined;
    item.next = undefined;
    item.list = undefined;
    this.length--;
  }
}
