// SPDX-License-Identifier: MIT
/**
 * @fileoverview The terminal line discipline: what happens between a line and those who read and write the terminal.
 *
 * Input, by {@link LineDiscipline.input}, from interrupt handlers: characters are mapped (ICRNL…), signal characters end up in
 * {@link LineDiscipline.signal}, and in canonical mode the line being typed can be edited (erase, word erase, kill, reprint, literal next)
 * until it is complete. Complete lines, or single characters in raw mode, are in a ring that {@link LineDiscipline.take} empties. Echo goes
 * to {@link LineDiscipline.put}. Nothing allocates.
 *
 * An end of file (VEOF) is a line mark without a character: the line before it is delivered without it, and an empty one reads as 0.
 * Settings and their values are illumos's (<sys/termios.h>); POSIX.1-2017, chapter 11.
 *
 * Omitted: VMIN and VTIME beyond 1 and 0, parity, XON/XOFF, window size.
 */

export const ICRNL: u32 = 0x100;
export const IGNCR: u32 = 0x80;
export const INLCR: u32 = 0x40;
export const OPOST: u32 = 1;
export const ONLCR: u32 = 4;
export const ISIG: u32 = 1;
export const ICANON: u32 = 2;
export const ECHO: u32 = 8;
export const ECHOE: u32 = 0x10;
export const ECHOK: u32 = 0x20;
export const ECHONL: u32 = 0x40;
export const NOFLSH: u32 = 0x80;
export const TOSTOP: u32 = 0x100;
export const ECHOCTL: u32 = 0x200;
export const ECHOKE: u32 = 0x800;
export const IEXTEN: u32 = 0x8000;
const IXON: u32 = 0x400;
const BRKINT: u32 = 2;
const IMAXBEL: u32 = 0x2000;
/** 9600 baud, 8 bits, receiver on. */
const CFLAGS: u32 = 0x0d | 0x30 | 0x80;

export const VINTR: i32 = 0;
export const VQUIT: i32 = 1;
export const VERASE: i32 = 2;
export const VKILL: i32 = 3;
export const VEOF: i32 = 4;
export const VEOL: i32 = 5;
export const VSUSP: i32 = 10;
export const VREPRINT: i32 = 12;
export const VWERASE: i32 = 14;
export const VLNEXT: i32 = 15;
export const NCCS: i32 = 19;
const DEFAULTS: StaticArray<u8> = [3, 28, 127, 21, 4, 0, 0, 0, 17, 19, 26, 25, 18, 15, 23, 22, 0, 0, 0];

const SIGINT: i32 = 2;
const SIGQUIT: i32 = 3;
const SIGTSTP: i32 = 24;

/** Characters that may wait: MAX_CANON of a line, and those complete. */
const CAPACITY: u32 = 1024;
/** A ring's cell: a character, or the mark behind one that ends a line, or the mark of an end of file. */
const LINE_END: u16 = 0x100;
const END_OF_FILE: u16 = 0x200;

export abstract class LineDiscipline {
  iflag: u32 = BRKINT | ICRNL | IXON | IMAXBEL;
  oflag: u32 = OPOST | ONLCR;
  cflag: u32 = CFLAGS;
  lflag: u32 = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
  readonly characters: StaticArray<u8> = new StaticArray<u8>(NCCS);
  private readonly ring: StaticArray<u16> = new StaticArray<u16>(<i32>CAPACITY);
  /** Counts of cells taken, complete, and typed; the line being typed lies between the last two. */
  private taken: u32 = 0;
  private complete: u32 = 0;
  private typed: u32 = 0;
  private literal: bool = false;

  constructor() {
    for (let i = 0; i < NCCS; i++) this.characters[i] = DEFAULTS[i];
  }

  /** Sends a byte to the terminal as it is. */
  abstract put(byte: u32): void;
  /** A signal for the foreground. */
  abstract signal(signal: i32): void;
  /** Something can be read. */
  abstract ready(): void;

  // ---- output

  /** A byte that a program writes, or echo. */
  output(byte: u32): void {
    if (this.oflag & OPOST && this.oflag & ONLCR && byte == 0x0a) this.put(0x0d);
    this.put(byte);
  }

  private echo(byte: u32): void {
    if (!(this.lflag & ECHO) && !(byte == 0x0a && this.lflag & ECHONL)) return;
    if (this.isCaret(byte)) {
      this.put(0x5e);
      this.put(byte ^ 0x40);
    } else {
      this.output(byte);
    }
  }

  /** Shown as ^X? */
  private isCaret(byte: u32): bool {
    return (this.lflag & ECHOCTL) != 0 && (byte < 0x20 || byte == 0x7f) && byte != 0x0a && byte != 0x09;
  }

  // ---- input

  private is(byte: u32, index: i32): bool {
    const character = <u32>this.characters[index];
    return character != 0 && byte == character;
  }

  input(received: u32): void {
    let byte = received;
    if (this.literal) {
      this.literal = false;
      this.append(byte);
      return;
    }
    if (byte == 0x0d) {
      if (this.iflag & IGNCR) return;
      if (this.iflag & ICRNL) byte = 0x0a;
    } else if (byte == 0x0a && this.iflag & INLCR) {
      byte = 0x0d;
    }
    if (this.lflag & ISIG && this.signalFor(byte)) return;
    if (!(this.lflag & ICANON)) {
      if (!this.room()) return;
      this.store(<u16>byte);
      this.echo(byte);
      this.complete = this.typed;
      this.ready();
      return;
    }
    if (this.lflag & IEXTEN && this.is(byte, VLNEXT)) this.literal = true;
    else if (this.is(byte, VERASE)) this.erase();
    else if (this.is(byte, VKILL)) this.kill();
    else if (this.lflag & IEXTEN && this.is(byte, VWERASE)) this.eraseWord();
    else if (this.lflag & IEXTEN && this.is(byte, VREPRINT)) this.reprint();
    else if (this.is(byte, VEOF)) this.finish(END_OF_FILE);
    else if (byte == 0x0a || this.is(byte, VEOL)) {
      this.echo(byte);
      this.finish(<u16>byte | LINE_END);
    } else this.append(byte);
  }

  private signalFor(byte: u32): bool {
    let signal = 0;
    if (this.is(byte, VINTR)) signal = SIGINT;
    else if (this.is(byte, VQUIT)) signal = SIGQUIT;
    else if (this.is(byte, VSUSP)) signal = SIGTSTP;
    if (!signal) return false;
    this.echo(byte);
    if (!(this.lflag & NOFLSH)) this.flush();
    this.signal(signal);
    return true;
  }

  /** Forgets all input. */
  flush(): void {
    this.typed = this.taken;
    this.complete = this.taken;
  }

  private room(): bool {
    return this.typed - this.taken < CAPACITY - 1;
  }
  private store(cell: u16): void {
    this.ring[<i32>(this.typed++ % CAPACITY)] = cell;
  }

  private append(byte: u32): void {
    // The last place is for the end of the line.
    if (!this.room()) {
      this.put(7);
      return;
    }
    this.store(<u16>byte);
    this.echo(byte);
    if (this.lflag & ICANON) return;
    this.complete = this.typed;
    this.ready();
  }

  private finish(cell: u16): void {
    this.store(cell);
    this.complete = this.typed;
    this.ready();
  }

  private lastTyped(): u32 {
    return <u32>this.ring[<i32>((this.typed - 1) % CAPACITY)];
  }

  private erase(): void {
    if (this.typed == this.complete) return;
    const byte = this.lastTyped();
    this.typed--;
    if (!(this.lflag & ECHO)) return;
    const columns = byte == 9 ? this.tabWidth() : this.isCaret(byte) ? 2 : 1;
    for (let i: u32 = 0; i < columns; i++) {
      this.put(8);
      this.put(0x20);
      this.put(8);
    }
  }

  /** Columns that a tab at the end of the line took; the prompt before the line is not known, so as if it began at 0. */
  private tabWidth(): u32 {
    let column: u32 = 0;
    for (let at = this.complete; at != this.typed; at++) {
      const byte = <u32>this.ring[<i32>(at % CAPACITY)];
      column += byte == 9 ? 8 - (column & 7) : this.isCaret(byte) ? 2 : 1;
    }
    return 8 - (column & 7);
  }

  private eraseWord(): void {
    while (this.typed != this.complete && this.lastTyped() <= 0x20) this.erase();
    while (this.typed != this.complete && this.lastTyped() > 0x20) this.erase();
  }

  private kill(): void {
    while (this.typed != this.complete) this.erase();
  }

  private reprint(): void {
    this.echo(<u32>this.characters[VREPRINT]);
    this.output(0x0a);
    for (let at = this.complete; at != this.typed; at++) this.echo(<u32>this.ring[<i32>(at % CAPACITY)]);
  }

  // ---- reading

  /** Is there something to read? */
  get readable(): bool {
    return this.taken != this.complete;
  }

  /** Up to `count` bytes, not beyond the end of a line; 0: end of file. Only if {@link readable}. */
  take(to: usize, count: i32): i32 {
    let done = 0;
    while (done < count && this.taken != this.complete) {
      const cell = this.ring[<i32>(this.taken++ % CAPACITY)];
      if (cell == END_OF_FILE) break;
      store<u8>(to + done++, <u8>cell);
      if (cell & LINE_END) break;
    }
    // An end of file right behind what was asked for belongs to this read.
    if (done && done == count && this.taken != this.complete) {
      if (this.ring[<i32>(this.taken % CAPACITY)] == END_OF_FILE) this.taken++;
    }
    return done;
  }
}
