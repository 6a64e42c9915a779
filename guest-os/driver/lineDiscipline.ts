// SPDX-License-Identifier: MIT
/**
 * @fileoverview The terminal line discipline: what happens between a line and those who read and write the terminal.
 *
 * Input, by {@link LineDiscipline.input}, from interrupt handlers: characters are mapped (ISTRIP, ICRNL…), those of flow control stop and start output
 * (IXON), signal characters end up in {@link LineDiscipline.signal}, and in canonical mode the line being typed can be edited (erase, word erase, kill,
 * reprint, literal next) until it is complete. Complete lines, or single characters in raw mode, are in a ring that {@link LineDiscipline.take}
 * empties. Echo goes to {@link LineDiscipline.put}. Nothing allocates.
 *
 * Output, by {@link LineDiscipline.output}: mapping (OPOST) with the column counted, so that tabs can be expanded and erased as wide as they are.
 *
 * An end of file (VEOF) is a line mark without a character: the line before it is delivered without it, and an empty one reads as 0.
 * VMIN and VTIME are the reader's business (terminal.ts). Settings and their values are illumos's (<sys/termios.h>); POSIX.1-2017, chapter 11.
 *
 * Omitted: parity (INPCK, PARMRK), delays (NLDLY and others but TAB3), upper-case terminals, ECHOPRT.
 */

export const BRKINT: u32 = 2;
export const ISTRIP: u32 = 0x20;
export const INLCR: u32 = 0x40;
export const IGNCR: u32 = 0x80;
export const ICRNL: u32 = 0x100;
export const IXON: u32 = 0x400;
export const IXANY: u32 = 0x800;
export const IXOFF: u32 = 0x1000;
export const IMAXBEL: u32 = 0x2000;
export const OPOST: u32 = 1;
export const ONLCR: u32 = 4;
export const OCRNL: u32 = 8;
export const ONOCR: u32 = 0x10;
export const ONLRET: u32 = 0x20;
export const TAB3: u32 = 0x1800;
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
export const FLUSHO: u32 = 0x2000;
export const IEXTEN: u32 = 0x8000;
/** 9600 baud, 8 bits, receiver on. */
const CFLAGS: u32 = 0x0d | 0x30 | 0x80;

export const VINTR: i32 = 0;
export const VQUIT: i32 = 1;
export const VERASE: i32 = 2;
export const VKILL: i32 = 3;
export const VEOF: i32 = 4;
export const VEOL: i32 = 5;
/** In raw mode, in the places of VEOF and VEOL. */
export const VMIN: i32 = 4;
export const VTIME: i32 = 5;
export const VEOL2: i32 = 6;
export const VSTART: i32 = 8;
export const VSTOP: i32 = 9;
export const VSUSP: i32 = 10;
export const VDSUSP: i32 = 11;
export const VREPRINT: i32 = 12;
export const VDISCARD: i32 = 13;
export const VWERASE: i32 = 14;
export const VLNEXT: i32 = 15;
export const VSTATUS: i32 = 16;
export const VERASE2: i32 = 17;
export const NCCS: i32 = 19;
const DEFAULTS: StaticArray<u8> = [3, 28, 127, 21, 4, 0, 0, 0, 17, 19, 26, 25, 18, 15, 23, 22, 20, 0, 0];

const SIGINT: i32 = 2;
const SIGQUIT: i32 = 3;
const SIGTSTP: i32 = 24;
const SIGINFO: i32 = 41;

/** Characters that may wait: MAX_CANON of a line, and those complete. */
const CAPACITY: u32 = 1024;
/** With so many waiting the other side is asked to stop (IXOFF), with so few to go on. */
const HIGH_WATER: u32 = 768;
const LOW_WATER: u32 = 256;
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
  /** Output is stopped by VSTOP, or by TCXONC. */
  stopped: bool = false;
  /** The other side has been asked to stop. */
  private throttled: bool = false;
  /** Where the next character goes, and where the line being typed began. */
  private column: u32 = 0;
  private lineColumn: u32 = 0;

  constructor() {
    for (let i = 0; i < NCCS; i++) this.characters[i] = DEFAULTS[i];
  }

  /** Sends a byte to the terminal as it is. */
  abstract put(byte: u32): void;
  /** A signal for the foreground. */
  abstract signal(signal: i32): void;
  /** Something can be read. */
  abstract ready(): void;

  /** Output may go on, or not: {@link stopped} has changed. */
  abstract flowChanged(): void;
  /** Input waits nearly as much as it may: the other side should stop; or it may go on. */
  abstract inputFull(full: bool): void;
  /** Forgets output that waits. */
  abstract discardOutput(): void;

  // ---- output

  /** A byte that a program writes, or echo. */
  output(byte: u32): void {
    if (this.lflag & FLUSHO) return;
    if (!(this.oflag & OPOST)) {
      this.track(byte);
      this.put(byte);
      return;
    }
    if (byte == 0x0a && this.oflag & ONLCR) {
      this.put(0x0d);
      this.column = 0;
    } else if (byte == 0x0d) {
      if (this.oflag & ONOCR && !this.column) return;
      if (this.oflag & OCRNL) byte = 0x0a;
    } else if (byte == 9 && (this.oflag & TAB3) == TAB3) {
      do this.put(0x20);
      while (++this.column & 7);
      return;
    }
    if (byte == 0x0a && this.oflag & ONLRET) this.column = 0;
    this.track(byte);
    this.put(byte);
  }

  private track(byte: u32): void {
    if (byte == 0x0d) this.column = 0;
    else if (byte == 8) this.column -= this.column ? 1 : 0;
    else if (byte == 9) this.column = (this.column | 7) + 1;
    // Bytes that continue a character of UTF-8 take no place.
    else if (byte >= 0x20 && byte != 0x7f && (byte & 0xc0) != 0x80) this.column++;
  }

  private echo(byte: u32): void {
    if (!(this.lflag & ECHO) && !(byte == 0x0a && this.lflag & ECHONL && this.lflag & ICANON)) return;
    if (this.isCaret(byte)) {
      this.output(0x5e);
      this.output(byte ^ 0x40);
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

  /** A break on the line. */
  break_(): void {
    if (this.iflag & BRKINT && this.lflag & ISIG) {
      if (!(this.lflag & NOFLSH)) this.flushAll();
      this.signal(SIGINT);
    } else if (!(this.iflag & 1)) {
      this.input(0);
    }
  }

  input(received: u32): void {
    let byte = this.iflag & ISTRIP ? received & 0x7f : received;
    const extended = (this.lflag & IEXTEN) != 0;
    if (this.literal) {
      this.literal = false;
      this.append(byte);
      return;
    }
    if (this.iflag & IXON && this.flow(byte)) return;
    if (byte == 0x0d) {
      if (this.iflag & IGNCR) return;
      if (this.iflag & ICRNL) byte = 0x0a;
    } else if (byte == 0x0a && this.iflag & INLCR) {
      byte = 0x0d;
    }
    if (extended && this.is(byte, VDISCARD)) {
      this.lflag ^= FLUSHO;
      if (this.lflag & FLUSHO) this.discardOutput();
      return;
    }
    if (this.lflag & FLUSHO) this.lflag &= ~FLUSHO;
    if (this.lflag & ISIG && this.signalFor(byte)) return;
    if (!(this.lflag & ICANON)) this.append(byte);
    else if (extended && this.is(byte, VLNEXT)) {
      this.literal = true;
      if (this.lflag & ECHO && this.lflag & ECHOCTL) {
        this.output(0x5e);
        this.output(8);
      }
    } else if (this.is(byte, VERASE) || (extended && this.is(byte, VERASE2))) this.erase();
    else if (this.is(byte, VKILL)) this.kill();
    else if (extended && this.is(byte, VWERASE)) this.eraseWord();
    else if (extended && this.is(byte, VREPRINT)) this.reprint();
    else if (this.is(byte, VEOF)) this.finish(END_OF_FILE);
    else if (byte == 0x0a || this.is(byte, VEOL) || (extended && this.is(byte, VEOL2))) {
      this.echo(byte);
      this.finish(<u16>byte | LINE_END);
    } else this.append(byte);
  }

  /** VSTOP and VSTART, and with IXANY anything, stop and start output. Is the character used up? */
  private flow(byte: u32): bool {
    if (this.is(byte, VSTOP)) {
      if (!this.stopped || !this.is(byte, VSTART)) {
        this.stopped = true;
        this.flowChanged();
        return true;
      }
      this.resume();
      return true;
    }
    if (this.is(byte, VSTART)) {
      this.resume();
      return true;
    }
    if (this.stopped && this.iflag & IXANY) this.resume();
    return false;
  }

  resume(): void {
    if (!this.stopped) return;
    this.stopped = false;
    this.flowChanged();
  }
  /** TCXONC's request. */
  stop(): void {
    this.stopped = true;
    this.flowChanged();
  }

  private signalFor(byte: u32): bool {
    let signal = 0;
    if (this.is(byte, VINTR)) signal = SIGINT;
    else if (this.is(byte, VQUIT)) signal = SIGQUIT;
    else if (this.is(byte, VSUSP)) signal = SIGTSTP;
    else if (this.lflag & IEXTEN && this.is(byte, VSTATUS)) signal = SIGINFO;
    if (!signal) return false;
    // Output that was stopped would never be seen.
    this.resume();
    if (!(this.lflag & NOFLSH) && signal != SIGINFO) this.flushAll();
    this.echo(byte);
    this.signal(signal);
    return true;
  }

  private flushAll(): void {
    this.flush();
    this.discardOutput();
  }

  /** Forgets all input. */
  flush(): void {
    this.typed = this.taken;
    this.complete = this.taken;
    this.literal = false;
    this.unthrottle();
  }

  /** Settings have changed: without ICANON all that was typed can be read. */
  settingsChanged(): void {
    if (this.lflag & ICANON || this.complete == this.typed) return;
    this.complete = this.typed;
    this.ready();
  }

  private throttle(): void {
    if (this.throttled || this.typed - this.taken < HIGH_WATER) return;
    this.throttled = true;
    this.inputFull(true);
  }
  private unthrottle(): void {
    if (!this.throttled || this.typed - this.taken > LOW_WATER) return;
    this.throttled = false;
    this.inputFull(false);
  }

  private room(): bool {
    return this.typed - this.taken < CAPACITY - 1;
  }
  /** Characters that there is room for. In canonical mode one can always be typed: it may end the line, or edit it. */
  get inputRoom(): u32 {
    const free = CAPACITY - 1 - (this.typed - this.taken);
    return this.lflag & ICANON && this.complete == this.taken ? max<u32>(free, 1) : free;
  }
  private store(cell: u16): void {
    this.ring[<i32>(this.typed++ % CAPACITY)] = cell;
  }

  private append(byte: u32): void {
    // The last place is for the end of the line.
    if (!this.room()) {
      if (this.iflag & IMAXBEL) this.put(7);
      else this.flush();
      return;
    }
    if (this.typed == this.complete) this.lineColumn = this.column;
    this.store(<u16>byte);
    this.throttle();
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
    const byte = this.removeLast();
    if (!(this.lflag & ECHO)) return;
    if (!(this.lflag & ECHOE)) {
      this.echo(<u32>this.characters[VERASE]);
      return;
    }
    const columns = byte == 9 ? this.tabWidth() : this.isCaret(byte) ? 2 : byte >= 0x20 ? 1 : 0;
    for (let i: u32 = 0; i < columns; i++) {
      this.output(8);
      if (byte == 9) continue;
      this.output(0x20);
      this.output(8);
    }
  }

  /** Takes the last character off the line; of one in UTF-8 all bytes: the first of them is given. */
  private removeLast(): u32 {
    let byte = this.lastTyped();
    this.typed--;
    while ((byte & 0xc0) == 0x80 && this.typed != this.complete) {
      byte = this.lastTyped();
      this.typed--;
    }
    return byte;
  }

  /** Columns that a tab behind what is typed takes. */
  private tabWidth(): u32 {
    let column = this.lineColumn;
    for (let at = this.complete; at != this.typed; at++) {
      const byte = <u32>this.ring[<i32>(at % CAPACITY)];
      if (byte == 9) column = (column | 7) + 1;
      else if (this.isCaret(byte)) column += 2;
      else if ((byte & 0xc0) != 0x80) column++;
    }
    return 8 - (column & 7);
  }

  private eraseWord(): void {
    while (this.typed != this.complete && this.lastTyped() <= 0x20) this.erase();
    while (this.typed != this.complete && this.lastTyped() > 0x20) this.erase();
  }

  private kill(): void {
    if (this.lflag & ECHOKE && this.lflag & ECHOE) {
      while (this.typed != this.complete) this.erase();
      return;
    }
    this.typed = this.complete;
    this.echo(<u32>this.characters[VKILL]);
    if (this.lflag & ECHOK && this.lflag & ECHO) this.output(0x0a);
  }

  private reprint(): void {
    this.echo(<u32>this.characters[VREPRINT]);
    this.output(0x0a);
    this.lineColumn = 0;
    for (let at = this.complete; at != this.typed; at++) this.echo(<u32>this.ring[<i32>(at % CAPACITY)]);
  }

  // ---- reading

  /** Is there something to read? */
  get readable(): bool {
    return this.taken != this.complete;
  }
  /** Characters that a read without ICANON could take; bytes for FIONREAD. */
  get available(): u32 {
    return this.complete - this.taken;
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
    this.unthrottle();
    return done;
  }
}
