// SPDX-License-Identifier: MIT
/**
 * @fileoverview A screen of characters: what a text console does with the bytes that it is sent (ECMA-48; the extensions are those of a VT220 and xterm
 * that programs use). 80 by 25 cells of a VGA: a character of code page 437, and a byte of colours.
 *
 * Bytes are UTF-8; characters that the font lacks are shown as a small block. After a character in the last column the cursor stays there until
 * the next one, which wraps first (DECAWM). Scrolling happens between the margins (DECSTBM). Sequences that are not known are read to their end
 * and ignored, whatever they contain: parameters are bounded, and nothing is written outside the cells.
 *
 * Omitted: character sets other than by UTF-8, double-width characters, tab stops other than every eight columns, origin mode.
 */

export const COLUMNS: i32 = 80;
export const ROWS: i32 = 25;

const GROUND: i32 = 0;
const ESCAPE: i32 = 1;
const CONTROL: i32 = 2;
/** An operating system command, or another string, up to BEL or ESC \. */
const STRING: i32 = 3;
/** ESC and an intermediate: one more byte. */
const SKIP: i32 = 4;

const PARAMETERS: i32 = 16;
/** Grey on black. */
const NORMAL: u32 = 0x07;
const BLANK: u32 = 0x20;
const UNKNOWN: u32 = 0xfe;

/** ECMA-48's order of colours (black, red, green, yellow, …) in the VGA's (black, blue, green, cyan, …). */
const COLOURS: StaticArray<u8> = [0, 4, 2, 6, 1, 5, 3, 7];
/** Unicode of the upper half of code page 437. */
const CP437: string =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0';

export abstract class Screen {
  row: i32 = 0;
  column: i32 = 0;
  cursorShown: bool = true;
  /** The last column has been written: the next character goes to the next line. */
  private wraps: bool = false;
  private autowrap: bool = true;
  private top: i32 = 0;
  private bottom: i32 = ROWS - 1;
  private foreground: u32 = NORMAL;
  private background: u32 = 0;
  private bold: bool = false;
  private inverse: bool = false;
  private blink: bool = false;
  private savedRow: i32 = 0;
  private savedColumn: i32 = 0;
  private state: i32 = GROUND;
  private readonly parameters: StaticArray<i32> = new StaticArray<i32>(PARAMETERS);
  private count: i32 = 0;
  private isPrivate: bool = false;
  /** UTF-8: what has come of a character, and how many bytes are to come. */
  private character: u32 = 0;
  private following: i32 = 0;

  /** `cells`: 80 x 25 of 16 bits. */
  constructor(private readonly cells: usize) {}

  /** What the terminal answers, as if it had been typed. */
  abstract reply(byte: u32): void;
  abstract bell(): void;

  put(byte: u32): void {
    if (this.state == GROUND) {
      if (byte >= 0x80) this.continueCharacter(byte);
      else if (byte >= 0x20) this.show(byte);
      else this.control(byte);
      return;
    }
    // Control characters are obeyed in the middle of sequences, too.
    if (byte == 0x18 || byte == 0x1a) this.state = GROUND;
    else if (byte == 0x1b) this.state = ESCAPE;
    else if (this.state == STRING) {
      if (byte == 7) this.state = GROUND;
    } else if (byte < 0x20) this.control(byte);
    else if (this.state == ESCAPE) this.escape(byte);
    else if (this.state == CONTROL) this.inSequence(byte);
    else this.state = GROUND;
  }

  private continueCharacter(byte: u32): void {
    if (byte >= 0xc0) {
      this.following = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
      this.character = byte & (0x3f >> this.following);
      return;
    }
    if (!this.following) {
      this.show(UNKNOWN);
      return;
    }
    this.character = (this.character << 6) | (byte & 0x3f);
    if (--this.following) return;
    let glyph = UNKNOWN;
    for (let i = 0; i < CP437.length; i++) if (<u32>CP437.charCodeAt(i) == this.character) glyph = 0x80 + i;
    this.show(glyph);
  }

  // ---- cells

  private cell(row: i32, column: i32): usize {
    return this.cells + ((<usize>(row * COLUMNS + column)) << 1);
  }
  private get attribute(): u32 {
    let foreground = this.foreground | (this.bold ? 8 : 0);
    let background = this.background;
    if (this.inverse) {
      const behind = background;
      background = foreground & 7;
      foreground = behind | (foreground & 8);
    }
    return foreground | (background << 4) | (this.blink ? 0x80 : 0);
  }
  private show(glyph: u32): void {
    if (this.wraps) {
      this.column = 0;
      this.lineFeed();
    }
    store<u16>(this.cell(this.row, this.column), <u16>(glyph | (this.attribute << 8)));
    this.wraps = false;
    if (this.column < COLUMNS - 1) this.column++;
    else this.wraps = this.autowrap;
  }

  private blank(row: i32, from: i32, to: i32): void {
    const value = <u16>(BLANK | ((this.background << 4) << 8) | (NORMAL << 8));
    for (let column = from; column < to; column++) store<u16>(this.cell(row, column), value);
  }
  clear(): void {
    for (let row = 0; row < ROWS; row++) this.blank(row, 0, COLUMNS);
  }

  /** Lines of [first, bottom margin] go up by so many; those that come in are blank. Negative: down. */
  private scroll(first: i32, lines: i32): void {
    const height = this.bottom - first + 1;
    const by = min(max(lines, -height), height);
    const kept = <usize>(height - (by < 0 ? -by : by)) * <usize>COLUMNS * 2;
    if (by > 0) memory.copy(this.cell(first, 0), this.cell(first + by, 0), kept);
    else memory.copy(this.cell(first - by, 0), this.cell(first, 0), kept);
    for (let i = 0; i < (by < 0 ? -by : by); i++) this.blank(by > 0 ? this.bottom - i : first + i, 0, COLUMNS);
  }

  /** At the cursor, negative: takes lines away; only between the margins. The cursor goes to the first column. */
  private insertLines(count: i32): void {
    if (this.row < this.top || this.row > this.bottom) return;
    this.scroll(this.row, -count);
    this.move(this.row, 0);
  }

  private lineFeed(): void {
    this.wraps = false;
    if (this.row == this.bottom) this.scroll(this.top, 1);
    else if (this.row < ROWS - 1) this.row++;
  }
  private reverseLineFeed(): void {
    this.wraps = false;
    if (this.row == this.top) this.scroll(this.top, -1);
    else if (this.row) this.row--;
  }

  private move(row: i32, column: i32): void {
    this.wraps = false;
    this.row = min(max(row, 0), ROWS - 1);
    this.column = min(max(column, 0), COLUMNS - 1);
  }

  /** Rows so many further up or down, but not out of the margins if they are inside. */
  private above(count: i32): i32 {
    return max(this.row - count, this.row >= this.top ? this.top : 0);
  }
  private below(count: i32): i32 {
    return min(this.row + count, this.row <= this.bottom ? this.bottom : ROWS - 1);
  }

  private control(byte: u32): void {
    if (byte == 7) this.bell();
    else if (byte == 8) this.move(this.row, this.column - 1);
    else if (byte == 9) this.move(this.row, (this.column | 7) + 1);
    else if (byte >= 0x0a && byte <= 0x0c) this.lineFeed();
    else if (byte == 0x0d) this.move(this.row, 0);
    else if (byte == 0x1b) this.state = ESCAPE;
  }

  // ---- sequences

  private escape(byte: u32): void {
    this.state = GROUND;
    if (byte == 0x5b) {
      this.state = CONTROL;
      this.count = 0;
      this.isPrivate = false;
      for (let i = 0; i < PARAMETERS; i++) this.parameters[i] = 0;
    } else if (byte == 0x5d || byte == 0x50 || byte == 0x58 || byte == 0x5e || byte == 0x5f) this.state = STRING;
    else if (byte >= 0x20 && byte < 0x30) this.state = SKIP;
    else if (byte == 0x37) this.save();
    else if (byte == 0x38) this.move(this.savedRow, this.savedColumn);
    else if (byte == 0x44) this.lineFeed();
    else if (byte == 0x45) {
      this.column = 0;
      this.lineFeed();
    } else if (byte == 0x4d) this.reverseLineFeed();
    else if (byte == 0x63) this.reset();
  }

  private save(): void {
    this.savedRow = this.row;
    this.savedColumn = this.column;
  }

  private reset(): void {
    this.attributes(0);
    this.top = 0;
    this.bottom = ROWS - 1;
    this.autowrap = true;
    this.cursorShown = true;
    this.clear();
    this.move(0, 0);
  }

  private inSequence(byte: u32): void {
    if (byte >= 0x30 && byte <= 0x39) {
      const value = this.parameters[this.count] * 10 + <i32>(byte - 0x30);
      this.parameters[this.count] = min(value, 9999);
    } else if (byte == 0x3b || byte == 0x3a) {
      if (this.count < PARAMETERS - 1) this.count++;
    } else if (byte >= 0x3c && byte <= 0x3f) this.isPrivate = true;
    else if (byte >= 0x40) {
      this.state = GROUND;
      if (byte < 0x7f) this.execute(byte);
    }
  }

  /** The first parameter, 1 if it was not given. */
  private get amount(): i32 {
    return max(this.parameters[0], 1);
  }

  private execute(byte: u32): void {
    const first = this.parameters[0];
    const second = this.parameters[1];
    if (this.isPrivate) {
      if (byte == 0x68 || byte == 0x6c) this.setMode(byte == 0x68);
      return;
    }
    switch (byte) {
      case 0x40: // ICH
        this.shift(this.amount);
        break;
      case 0x41: // CUU
        this.move(this.above(this.amount), this.column);
        break;
      case 0x42: // CUD
      case 0x65: // VPR
        this.move(this.below(this.amount), this.column);
        break;
      case 0x43: // CUF
      case 0x61: // HPR
        this.move(this.row, this.column + this.amount);
        break;
      case 0x44: // CUB
        this.move(this.row, this.column - this.amount);
        break;
      case 0x45: // CNL
        this.move(this.below(this.amount), 0);
        break;
      case 0x46: // CPL
        this.move(this.above(this.amount), 0);
        break;
      case 0x47: // CHA
      case 0x60: // HPA
        this.move(this.row, this.amount - 1);
        break;
      case 0x48: // CUP
      case 0x66: // HVP
        this.move(this.amount - 1, max(second, 1) - 1);
        break;
      case 0x4a: // ED
        this.eraseDisplay(first);
        break;
      case 0x4b: // EL
        this.eraseLine(first);
        break;
      case 0x4c: // IL
        this.insertLines(this.amount);
        break;
      case 0x4d: // DL
        this.insertLines(-this.amount);
        break;
      case 0x50: // DCH
        this.shift(-this.amount);
        break;
      case 0x53: // SU
        this.scroll(this.top, this.amount);
        break;
      case 0x54: // SD
        this.scroll(this.top, -this.amount);
        break;
      case 0x58: // ECH
        this.blank(this.row, this.column, min(this.column + this.amount, COLUMNS));
        break;
      case 0x63: // DA: a VT102
        this.answer('\x1b[?6c');
        break;
      case 0x64: // VPA
        this.move(this.amount - 1, this.column);
        break;
      case 0x6d: // SGR
        for (let i = 0; i <= this.count; i++) this.attributes(this.parameters[i]);
        break;
      case 0x6e: // DSR
        if (first == 5) this.answer('\x1b[0n');
        else if (first == 6) this.answerPosition();
        break;
      case 0x72: // DECSTBM
        this.setMargins(this.amount - 1, (second ? min(second, ROWS) : ROWS) - 1);
        break;
      case 0x73:
        this.save();
        break;
      case 0x75:
        this.move(this.savedRow, this.savedColumn);
        break;
    }
  }

  private setMargins(top: i32, bottom: i32): void {
    if (top >= bottom) return;
    this.top = top;
    this.bottom = bottom;
    this.move(0, 0);
  }

  private setMode(on: bool): void {
    for (let i = 0; i <= this.count; i++) {
      if (this.parameters[i] == 7) this.autowrap = on;
      else if (this.parameters[i] == 25) this.cursorShown = on;
    }
  }

  /** Nothing is allocated: this may be an interrupt handler. */
  private answerPosition(): void {
    this.answer('\x1b[');
    this.answer(NUMBERS[this.row + 1]);
    this.answer(';');
    this.answer(NUMBERS[this.column + 1]);
    this.answer('R');
  }
  private answer(text: string): void {
    for (let i = 0; i < text.length; i++) this.reply(text.charCodeAt(i));
  }

  /** Characters from the cursor on go right by so many, negative: left. */
  private shift(by: i32): void {
    const room = COLUMNS - this.column;
    const count = min(by < 0 ? -by : by, room);
    const kept = (<usize>(room - count)) << 1;
    const at = this.cell(this.row, this.column);
    const beyond = at + ((<usize>count) << 1);
    if (by > 0) memory.copy(beyond, at, kept);
    else memory.copy(at, beyond, kept);
    if (by > 0) this.blank(this.row, this.column, this.column + count);
    else this.blank(this.row, COLUMNS - count, COLUMNS);
    this.wraps = false;
  }

  private eraseLine(which: i32): void {
    this.blank(this.row, which ? 0 : this.column, which == 1 ? this.column + 1 : COLUMNS);
  }
  private eraseDisplay(which: i32): void {
    const first = which ? 0 : this.row + 1;
    const last = which == 1 ? this.row : ROWS;
    for (let row = first; row < last; row++) this.blank(row, 0, COLUMNS);
    if (which < 2) this.eraseLine(which);
  }

  private attributes(code: i32): void {
    if (!code) {
      this.foreground = NORMAL;
      this.background = 0;
      this.bold = false;
      this.inverse = false;
      this.blink = false;
    } else if (code == 1) this.bold = true;
    else if (code == 5) this.blink = true;
    else if (code == 7) this.inverse = true;
    else if (code == 22) this.bold = false;
    else if (code == 25) this.blink = false;
    else if (code == 27) this.inverse = false;
    else if (code >= 30 && code <= 37) this.foreground = COLOURS[code - 30];
    else if (code == 39) this.foreground = NORMAL;
    else if (code >= 40 && code <= 47) this.background = COLOURS[code - 40];
    else if (code == 49) this.background = 0;
    else if (code >= 90 && code <= 97) this.foreground = COLOURS[code - 90] | 8;
    else if (code >= 100 && code <= 107) this.background = COLOURS[code - 100];
  }
}

const NUMBERS: StaticArray<string> = new StaticArray<string>(COLUMNS + 1);
for (let i = 0; i <= COLUMNS; i++) NUMBERS[i] = i.toString();
