// SPDX-License-Identifier: MIT
/**
 * @fileoverview What a terminal on the serial line would show: enough of a VT100 (ECMA-48) to tell people, in the message of a failed expectation,
 * what the guest's last screen looked like.
 *
 * Cursor movement, erasing, inserting and deleting, scrolling regions, saved cursor, the alternate screen, wrapping at the right margin as xterm does
 * it (at the next character, not at the last column). Left out: colours, character sets, wide and combining characters, tab stops other than
 * every eight columns, reports.
 */

const ESC = 0x1b;

export class TerminalScreen {
  readonly columns: number;
  readonly rows: number;
  #lines: string[][];
  /** The main screen while the alternate one is shown. */
  #main: string[][] | undefined;
  #row = 0;
  #column = 0;
  /** A character was written to the last column: the next one goes to the next line. */
  #wrapping = false;
  #saved: readonly [number, number] = [0, 0];
  #top = 0;
  #bottom: number;
  /** An escape sequence so far, without ESC. */
  #sequence: string | undefined;
  readonly #decoder = new TextDecoder();

  constructor(columns = 80, rows = 24) {
    this.columns = columns;
    this.rows = rows;
    this.#lines = this.#blank();
    this.#bottom = rows - 1;
  }

  /** Lines without trailing blanks, and without blank ones at the end. */
  get text(): string {
    return this.#lines
      .map((line) => line.join('').trimEnd())
      .join('\n')
      .trimEnd();
  }

  write(bytes: Uint8Array): void {
    for (const character of this.#decoder.decode(bytes, { stream: true })) this.#take(character);
  }

  #blank(): string[][] {
    return Array.from({ length: this.rows }, () => this.#line());
  }
  #line(): string[] {
    return Array<string>(this.columns).fill(' ');
  }

  #take(character: string): void {
    const code = character.codePointAt(0)!;
    if (code === ESC) this.#sequence = '';
    else if (code < 0x20) this.#control(code);
    else if (this.#sequence !== undefined) this.#escape(this.#sequence + character);
    else if (code !== 0x7f) this.#print(character);
  }

  /** The cursor's column as erasing sees it: behind the last one while it waits there. */
  get #place(): number {
    return this.#wrapping ? this.columns : this.#column;
  }

  #print(character: string): void {
    if (this.#wrapping) {
      this.#column = 0;
      this.#lineFeed();
    }
    this.#lines[this.#row][this.#column] = character;
    this.#wrapping = this.#column === this.columns - 1;
    if (!this.#wrapping) this.#column++;
  }

  #control(code: number): void {
    // An operating system command, a window's title for instance, ends with BEL.
    if (code === 0x07 && this.#sequence?.startsWith(']')) this.#sequence = undefined;
    else if (code === 0x08) this.#moveTo(this.#row, this.#column - 1);
    else if (code === 0x09 && !this.#wrapping) this.#moveTo(this.#row, (this.#column & ~7) + 8);
    else if (code >= 0x0a && code <= 0x0c) this.#lineFeed();
    else if (code === 0x0d) this.#moveTo(this.#row, 0);
  }

  #lineFeed(): void {
    this.#wrapping = false;
    if (this.#row === this.#bottom) this.#scroll(this.#top, 1);
    else if (this.#row < this.rows - 1) this.#row++;
  }
  /** Lines from `first` to the bottom of the region go up by `count`, or down by -`count`. */
  #scroll(first: number, count: number): void {
    for (let n = Math.min(Math.abs(count), this.rows); n > 0; n--) {
      if (count > 0) {
        this.#lines.splice(first, 1);
        this.#lines.splice(this.#bottom, 0, this.#line());
      } else {
        this.#lines.splice(this.#bottom, 1);
        this.#lines.splice(first, 0, this.#line());
      }
    }
  }
  #moveTo(row: number, column: number): void {
    this.#row = Math.max(0, Math.min(this.rows - 1, row));
    this.#column = Math.max(0, Math.min(this.columns - 1, column));
    this.#wrapping = false;
  }

  /** From within the scrolling region its margins are not passed. */
  #above(count: number): number {
    return Math.max(this.#row >= this.#top ? this.#top : 0, this.#row - count);
  }
  #below(count: number): number {
    return Math.min(this.#row <= this.#bottom ? this.#bottom : this.rows - 1, this.#row + count);
  }

  #escape(sequence: string): void {
    const complete = /^(\[[0-?]*[ -/]*[@-~]|\].*\\|[ -/]+[0-~]|[0-Z\\^-~])$/s;
    this.#sequence = complete.test(sequence) ? undefined : sequence;
    if (this.#sequence !== undefined) return;
    if (sequence[0] === '[') this.#controlSequence(sequence.at(-1)!, sequence.slice(1, -1));
    else if (sequence === '7') this.#saved = [this.#row, this.#column];
    else if (sequence === '8') this.#moveTo(...this.#saved);
    else if (sequence === 'D') this.#lineFeed();
    else if (sequence === 'M') {
      if (this.#row === this.#top) this.#scroll(this.#top, -1);
      else this.#moveTo(this.#row - 1, this.#column);
      this.#wrapping = false;
    } else if (sequence === 'c') {
      this.#lines = this.#blank();
      this.#main = undefined;
      [this.#top, this.#bottom] = [0, this.rows - 1];
      this.#moveTo(0, 0);
    }
  }

  #controlSequence(final: string, parameters: string): void {
    const [first = 0, second = 0] = parameters.split(';').map((word) => Number.parseInt(word, 10) || 0);
    const count = Math.max(1, first);
    const line = this.#lines[this.#row];
    switch (final) {
      case 'A':
        this.#moveTo(this.#above(count), this.#column);
        return;
      case 'B':
        this.#moveTo(this.#below(count), this.#column);
        return;
      case 'C':
        this.#moveTo(this.#row, this.#column + count);
        return;
      case 'D':
        this.#moveTo(this.#row, this.#column - count);
        return;
      case 'E':
        this.#moveTo(this.#below(count), 0);
        return;
      case 'F':
        this.#moveTo(this.#above(count), 0);
        return;
      case 'G':
        this.#moveTo(this.#row, count - 1);
        return;
      case 'd':
        this.#moveTo(count - 1, this.#column);
        return;
      case 'H':
      case 'f':
        this.#moveTo(count - 1, Math.max(1, second) - 1);
        return;
      case 'J':
        this.#eraseDisplay(first);
        return;
      case 'K':
        if (first <= 2) line.fill(' ', first === 0 ? this.#place : 0, first === 1 ? this.#place + 1 : this.columns);
        return;
      case 'X':
        this.#wrapping = false;
        line.fill(' ', this.#column, Math.min(this.columns, this.#column + count));
        return;
      case 'P':
        this.#wrapping = false;
        line.splice(this.#column, Math.min(count, this.columns - this.#column));
        line.push(...this.#line().slice(line.length));
        return;
      case '@':
        this.#wrapping = false;
        line.splice(this.#column, 0, ...this.#line().slice(0, count));
        line.length = this.columns;
        return;
      case 'L':
      case 'M':
        if (this.#row < this.#top || this.#row > this.#bottom) return;
        this.#scroll(this.#row, final === 'M' ? count : -count);
        this.#moveTo(this.#row, 0);
        return;
      case 'S':
        this.#scroll(this.#top, count);
        return;
      case 'T':
        this.#scroll(this.#top, -count);
        return;
      case 'r': {
        const bottom = Math.min(second || this.rows, this.rows) - 1;
        if (count - 1 >= bottom) return;
        [this.#top, this.#bottom] = [count - 1, bottom];
        this.#moveTo(0, 0);
        return;
      }
      case 's':
        this.#saved = [this.#row, this.#column];
        return;
      case 'u':
        this.#moveTo(...this.#saved);
        return;
      case 'h':
      case 'l':
        if (/^\?(47|1047|1049)$/.test(parameters)) this.#alternate(final === 'h');
        return;
      default:
    }
  }

  #eraseDisplay(what: number): void {
    if (what > 2) return;
    const from = what === 0 ? this.#row + 1 : 0;
    const to = what === 1 ? this.#row : this.rows;
    for (let row = from; row < to; row++) this.#lines[row].fill(' ');
    if (what === 0) this.#lines[this.#row].fill(' ', this.#place);
    if (what === 1) this.#lines[this.#row].fill(' ', 0, this.#place + 1);
  }

  #alternate(on: boolean): void {
    if (on === (this.#main !== undefined)) return;
    if (on) {
      this.#saved = [this.#row, this.#column];
      this.#main = this.#lines;
      this.#lines = this.#blank();
    } else {
      this.#lines = this.#main!;
      this.#main = undefined;
      this.#moveTo(...this.#saved);
    }
  }
}
