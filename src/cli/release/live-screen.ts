// Lines that are drawn again in their place: one write a frame, nothing cleared before it is drawn over, no cursor in the way.

interface Terminal {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

export interface LiveScreen {
  draw(lines: readonly string[]): void;
  /** Leaves the last frame where it is and gives the cursor back. */
  finish(): void;
}

const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';
const clearRest = '\x1b[K';
const clearBelow = '\x1b[J';

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const width = (text: string): number => text.replace(/\x1b\[[0-9;]*m/g, '').length;

export function liveScreen(terminal: Terminal): LiveScreen {
  let drawn: readonly string[] = [];
  /** Rows that the last frame takes now: a terminal that became narrower has wrapped it. */
  const height = (): number => {
    const columns = Math.max(1, terminal.columns ?? 80);
    return drawn.reduce((rows, text) => rows + Math.max(1, Math.ceil(width(text) / columns)), 0);
  };
  return {
    draw(lines) {
      const most = Math.max(1, (terminal.rows ?? 24) - 1);
      const up = Math.min(height(), most);
      const fitting = lines.slice(0, most);
      const start = up === 0 ? hideCursor : `\x1b[${up}A\r`;
      terminal.write(`${start}${fitting.map(text => `${text}${clearRest}\n`).join('')}${clearBelow}`);
      drawn = fitting;
    },
    finish() {
      if (drawn.length > 0) terminal.write(showCursor);
      drawn = [];
    },
  };
}
