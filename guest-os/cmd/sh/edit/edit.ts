// SPDX-License-Identifier: MIT
/**
 * @fileoverview The line editor: emacs keys, arrows, history, search, completion.
 *
 * The terminal is raw while a line is typed and as programs expect it otherwise. What is typed at the end of the line is just written; any other
 * change paints the line anew, from the prompt on: up to the prompt's row, clear, write, back to the cursor. A line may be longer than the screen
 * is wide: cells are counted, and the cursor is moved on where a row is full, since the terminal may be wider than anybody has told the kernel:
 * serial lines count as 80 columns. No newline is written before Enter.
 *
 * Text is bytes; those of a UTF-8 sequence are one cell together.
 */
import * as calls from '../../../lib/calls';
import { flush, out } from '../../../lib/io';
import { columns, Settings } from '../../../lib/tty';
import { Completion, complete } from './complete';
import { historyLines } from './history';

const ESCAPE: i32 = 27;
/** Keys of more than one byte, as numbers beyond a byte. */
const UP: i32 = 256;
const DOWN: i32 = 257;
const RIGHT: i32 = 258;
const LEFT: i32 = 259;
const HOME: i32 = 260;
const END: i32 = 261;
const DELETE: i32 = 262;
const WORD_RIGHT: i32 = 263;
const WORD_LEFT: i32 = 264;
/** ESC and a letter. */
const META: i32 = 512;
const NOTHING: i32 = -2;

/** To the first column of the next row, which scrolls where there is none: IND and a carriage return (VT100). */
const NEXT_ROW: string = '\x1bD\r';

const byte = memory.data(8);

export class Editor {
  /** What ended the line: false for Enter, true for ^C. */
  interrupted: bool = false;
  private prompt: string = '';
  private promptCells: i32 = 0;
  private line: string = '';
  private cursor: i32 = 0;
  private width: i32 = 80;
  /** Row of the cursor, counted from the prompt's last line. */
  private row: i32 = 0;
  private killed: string = '';
  private at: i32 = 0;
  private unfinished: string = '';
  private lastKey: i32 = 0;
  private settings: Settings = new Settings();

  /** A line without its newline; null: end of file. `prompt` may have control sequences between \x01 and \x02. */
  read(prompt: string): string | null {
    const settings = Settings.of(0);
    if (!settings) return null;
    this.settings = settings;
    settings.raw(false).apply(0);
    const newline = prompt.lastIndexOf('\n');
    out(visible(prompt.substring(0, newline + 1), true));
    this.prompt = visible(prompt.substring(newline + 1), true);
    this.promptCells = cells(visible(prompt.substring(newline + 1), false));
    this.width = max(columns(0), 2);
    this.line = '';
    this.cursor = 0;
    this.row = this.promptCells / this.width;
    this.at = historyLines().length;
    this.unfinished = '';
    this.interrupted = false;
    out(this.prompt);
    const line = this.edit();
    flush();
    settings.apply(0);
    return line;
  }

  private edit(): string | null {
    while (true) {
      flush();
      const key = this.key();
      if (key == -1) return null;
      if (key == 13 || key == 10) {
        this.toEnd();
        out('\n');
        return this.line;
      }
      if (key == 3) {
        this.toEnd();
        out('^C\n');
        this.interrupted = true;
        return '';
      }
      if (key == 4 && !this.line.length) return null;
      this.handle(key);
      this.lastKey = key;
    }
  }

  // ---- keys

  /** A key that has been read and not dealt with. */
  private pending: i32 = 0;

  private next(): i32 {
    if (this.pending) {
      const key = this.pending;
      this.pending = 0;
      return key;
    }
    while (true) {
      const count = calls.read(0, byte, 1);
      if (count == 1) return load<u8>(byte);
      if (count != -4) return -1;
    }
  }

  private key(): i32 {
    const c = this.next();
    if (c != ESCAPE) return c;
    const d = this.next();
    if (d == -1) return -1;
    if (d != 0x5b && d != 0x4f) return META + d;
    let parameter = '';
    let e = this.next();
    while ((e >= 0x30 && e <= 0x39) || e == 0x3b) {
      parameter += String.fromCharCode(e);
      e = this.next();
    }
    const control = parameter.endsWith(';5') || parameter.endsWith(';3');
    if (e == 0x41) return UP;
    if (e == 0x42) return DOWN;
    if (e == 0x43) return control ? WORD_RIGHT : RIGHT;
    if (e == 0x44) return control ? WORD_LEFT : LEFT;
    if (e == 0x48) return HOME;
    if (e == 0x46) return END;
    if (e == 0x7e) {
      if (parameter == '1' || parameter == '7') return HOME;
      if (parameter == '4' || parameter == '8') return END;
      if (parameter == '3') return DELETE;
    }
    return NOTHING;
  }

  private handle(key: i32): void {
    switch (key) {
      case 1:
      case HOME:
        return this.moveTo(0);
      case 5:
      case END:
        return this.moveTo(this.line.length);
      case 2:
      case LEFT:
        return this.moveTo(this.before(this.cursor));
      case 6:
      case RIGHT:
        return this.moveTo(this.behind(this.cursor));
      case META + 0x62:
      case WORD_LEFT:
        return this.moveTo(this.wordLeft());
      case META + 0x66:
      case WORD_RIGHT:
        return this.moveTo(this.wordRight());
      case 8:
      case 127:
        return this.remove(this.before(this.cursor), this.cursor, false);
      case 4:
      case DELETE:
        return this.remove(this.cursor, this.behind(this.cursor), false);
      case 11:
        return this.remove(this.cursor, this.line.length, true);
      case 21:
        return this.remove(0, this.cursor, true);
      case 23:
        return this.remove(this.blankLeft(), this.cursor, true);
      case META + 127:
      case META + 8:
        return this.remove(this.wordLeft(), this.cursor, true);
      case META + 0x64:
        return this.remove(this.cursor, this.wordRight(), true);
      case 25:
        return this.insert(this.killed);
      case 20:
        return this.transpose();
      case 12:
        out('\x1b[H\x1b[2J');
        this.row = 0;
        return this.paint();
      case 16:
      case UP:
        return this.recall(this.at - 1);
      case 14:
      case DOWN:
        return this.recall(this.at + 1);
      case META + 0x3c:
        return this.recall(0);
      case META + 0x3e:
        return this.recall(historyLines().length);
      case META + 0x2e:
        return this.lastWord();
      case 18:
        return this.search();
      case 9:
        return this.completeWord();
      case 22: {
        const c = this.next();
        if (c > 0) this.insert(String.fromCharCode(c));
        return;
      }
    }
    if (key >= 0x20 && key < 256) this.insert(this.character(key));
  }

  /** A byte with those that follow it in UTF-8: together they are one cell. */
  private character(first: i32): string {
    let text = String.fromCharCode(first);
    for (let left = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0; left > 0; left--) {
      const c = this.next();
      if (c <= 0) break;
      if ((c & 0xc0) != 0x80) {
        this.pending = c;
        break;
      }
      text += String.fromCharCode(c);
    }
    return text;
  }

  // ---- places in the line

  private before(at: i32): i32 {
    let i = at - 1;
    while (i > 0 && (this.line.charCodeAt(i) & 0xc0) == 0x80) i--;
    return max(i, 0);
  }
  private behind(at: i32): i32 {
    let i = at + 1;
    while (i < this.line.length && (this.line.charCodeAt(i) & 0xc0) == 0x80) i++;
    return min(i, this.line.length);
  }
  private isWord(at: i32): bool {
    const c = this.line.charCodeAt(at);
    return (c >= 0x30 && c <= 0x39) || ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a) || c >= 0x80;
  }
  private wordLeft(): i32 {
    let i = this.cursor;
    while (i > 0 && !this.isWord(i - 1)) i--;
    while (i > 0 && this.isWord(i - 1)) i--;
    return i;
  }
  private wordRight(): i32 {
    let i = this.cursor;
    while (i < this.line.length && !this.isWord(i)) i++;
    while (i < this.line.length && this.isWord(i)) i++;
    return i;
  }
  private blankLeft(): i32 {
    let i = this.cursor;
    while (i > 0 && this.line.charCodeAt(i - 1) <= 0x20) i--;
    while (i > 0 && this.line.charCodeAt(i - 1) > 0x20) i--;
    return i;
  }

  // ---- changes

  private insert(text: string): void {
    const atEnd = this.cursor == this.line.length;
    this.line = this.line.substring(0, this.cursor) + text + this.line.substring(this.cursor);
    this.cursor += text.length;
    if (!atEnd) return this.paint();
    out(this.inRows(shown(text), this.cellOf(this.cursor - text.length)));
    this.row = this.cellOf(this.cursor) / this.width;
  }

  private remove(from: i32, to: i32, keep: bool): void {
    if (from == to) return;
    if (keep) this.killed = this.line.substring(from, to);
    this.line = this.line.substring(0, from) + this.line.substring(to);
    this.cursor = from;
    this.paint();
  }

  private transpose(): void {
    if (this.line.length < 2 || !this.cursor) return;
    const at = min(this.cursor, this.line.length - 1);
    const two = this.line.charAt(at) + this.line.charAt(at - 1);
    this.line = this.line.substring(0, at - 1) + two + this.line.substring(at + 1);
    this.cursor = at + 1;
    this.paint();
  }

  private moveTo(at: i32): void {
    this.cursor = at;
    this.place();
  }

  private replace(text: string): void {
    this.line = text;
    this.cursor = text.length;
    this.paint();
  }

  // ---- history

  private recall(at: i32): void {
    const lines = historyLines();
    if (at < 0 || at > lines.length) return;
    if (this.at == lines.length) this.unfinished = this.line;
    this.at = at;
    this.replace(at == lines.length ? this.unfinished : lines[at]);
  }

  /** The last word of the last line. */
  private lastWord(): void {
    const lines = historyLines();
    if (!lines.length) return;
    const last = lines[lines.length - 1].trimEnd();
    this.insert(last.substring(last.lastIndexOf(' ') + 1));
  }

  /** ^R: the latest line that has what is typed; ^R again an earlier one; any other key takes it. */
  private search(): void {
    const lines = historyLines();
    const prompt = this.prompt;
    const promptCells = this.promptCells;
    const line = this.line;
    let wanted = '';
    let at = lines.length;
    let found = '';
    while (true) {
      this.prompt = '(reverse-i-search)`' + wanted + "': ";
      this.promptCells = cells(this.prompt);
      this.line = found;
      this.cursor = max(found.indexOf(wanted), 0);
      this.paint();
      flush();
      const key = this.key();
      let from = at;
      if (key == 18) from = at - 1;
      else if (key == 8 || key == 127) {
        wanted = wanted.substring(0, wanted.length - 1);
        from = lines.length - 1;
      } else if (key >= 0x20 && key < 256) {
        wanted += String.fromCharCode(key);
        from = min(at, lines.length - 1);
      } else {
        this.prompt = prompt;
        this.promptCells = promptCells;
        const given = key == 7 || key == 3 || key == -1;
        this.line = given ? line : found.length ? found : line;
        this.cursor = this.line.length;
        this.paint();
        if (!given && key != ESCAPE && key != 13 && key != 10) this.handle(key);
        // Enter runs what was found.
        if (key == 13 || key == 10) this.pending = key;
        return;
      }
      for (let i = from; i >= 0; i--) {
        if (i >= lines.length || !lines[i].includes(wanted)) continue;
        found = lines[i];
        at = i;
        break;
      }
    }
  }

  // ---- completion

  private completeWord(): void {
    const completion = complete(this.line.substring(0, this.cursor));
    if (!completion.names.length) {
      out('\x07');
      return;
    }
    const more = completion.insertion();
    if (more.length) return this.insert(more);
    // A second Tab shows what there is.
    if (this.lastKey != 9) {
      out('\x07');
      return;
    }
    this.toEnd();
    out('\n' + table(completion, this.width));
    this.row = 0;
    this.paint();
  }

  // ---- painting

  private cellOf(at: i32): i32 {
    return this.promptCells + cells(this.line.substring(0, at));
  }

  /** `text`, whose first cell is number `cell`, with the cursor moved on wherever a row is full. */
  private inRows(text: string, cell: i32): string {
    let result = '';
    for (let i = 0; i < text.length; i++) {
      const begins = (text.charCodeAt(i) & 0xc0) != 0x80;
      if (begins && i && cell % this.width == 0) result += NEXT_ROW;
      if (begins) cell++;
      result += text.charAt(i);
    }
    return cell && cell % this.width == 0 ? result + NEXT_ROW : result;
  }

  private toEnd(): void {
    if (this.cursor == this.line.length) return;
    this.cursor = this.line.length;
    this.place();
  }

  /** Puts the cursor where it belongs; the terminal's is at {@link row}. */
  private place(): void {
    const cell = this.cellOf(this.cursor);
    const row = cell / this.width;
    let move = '\r';
    if (row < this.row) move += '\x1b[' + (this.row - row).toString() + 'A';
    if (row > this.row) move += '\x1b[' + (row - this.row).toString() + 'B';
    if (cell % this.width) move += '\x1b[' + (cell % this.width).toString() + 'C';
    this.row = row;
    out(move);
  }

  private paint(): void {
    if (this.row) out('\x1b[' + this.row.toString() + 'A');
    out('\r\x1b[J' + this.prompt + this.inRows(shown(this.line), this.promptCells));
    this.row = this.cellOf(this.line.length) / this.width;
    if (this.cursor != this.line.length) this.place();
  }
}

/** Without the marks \x01 and \x02; `all`: with what lies between them. */
function visible(prompt: string, all: bool): string {
  let text = '';
  let hidden = false;
  for (let i = 0; i < prompt.length; i++) {
    const c = prompt.charCodeAt(i);
    if (c == 1 || c == 2) hidden = c == 1;
    else if (!hidden || all) text += prompt.charAt(i);
  }
  return text;
}

/** Control characters as ^X. */
function shown(text: string): string {
  let result = '';
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    result += c < 0x20 || c == 0x7f ? '^' + String.fromCharCode(c ^ 0x40) : text.charAt(i);
  }
  return result;
}

function cells(text: string): i32 {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if ((c & 0xc0) != 0x80) count += c < 0x20 || c == 0x7f ? 2 : 1;
  }
  return count;
}

function table(completion: Completion, width: i32): string {
  const names = completion.names;
  let widest = 0;
  for (let i = 0; i < names.length; i++) widest = max(widest, cells(completion.label(i)));
  const perRow = max(width / (widest + 2), 1);
  const rows = (names.length + perRow - 1) / perRow;
  let text = '';
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < perRow; column++) {
      const i = column * rows + row;
      if (i >= names.length) break;
      const label = completion.label(i);
      const last = column == perRow - 1 || i + rows >= names.length;
      text += last ? label : label + ' '.repeat(widest + 2 - cells(label));
    }
    text += '\n';
  }
  return text;
}
