// SPDX-License-Identifier: MIT
/** @fileoverview Terminals (termio(4I)): settings, size, names. */
import * as calls from './calls';

const TCGETS: i32 = 0x540d;
const TCSETSW: i32 = 0x540f;
const TIOCGWINSZ: i32 = 0x5468;
const SIZE: usize = 36;

const ICRNL: u32 = 0x100;
const IXON: u32 = 0x400;
const ISIG: u32 = 1;
const ICANON: u32 = 2;
const ECHO: u32 = 8;
const IEXTEN: u32 = 0x8000;
const VMIN: usize = 16 + 4;
const VTIME: usize = 16 + 5;

const window = memory.data(8, 8);
const scratch = memory.data(36, 8);

/** Settings of a terminal, kept to be put back. */
export class Settings {
  private readonly bytes: StaticArray<u8> = new StaticArray<u8>(<i32>SIZE);
  private get at(): usize {
    return changetype<usize>(this.bytes);
  }

  /** Null: the descriptor is no terminal. */
  static of(descriptor: i32): Settings | null {
    const settings = new Settings();
    return calls.ioctl(descriptor, TCGETS, settings.at) < 0 ? null : settings;
  }
  apply(descriptor: i32): void {
    calls.ioctl(descriptor, TCSETSW, this.at);
  }
  copy(): Settings {
    const copy = new Settings();
    memory.copy(copy.at, this.at, SIZE);
    return copy;
  }

  /** Every key as it comes, nothing echoed; `signals`: ^C, ^Z and ^\ still are signals. */
  raw(signals: bool): Settings {
    const raw = this.copy();
    const local = load<u32>(raw.at, 12);
    store<u32>(raw.at, local & ~(ICANON | ECHO | IEXTEN | (signals ? 0 : ISIG)), 12);
    store<u32>(raw.at, load<u32>(raw.at) & ~(ICRNL | IXON));
    store<u8>(raw.at + VMIN, 1);
    store<u8>(raw.at + VTIME, 0);
    return raw;
  }
  /** Nothing is changed in either direction: the terminal is another one's. */
  transparent(): Settings {
    const through = this.raw(false);
    store<u32>(through.at, 0);
    store<u32>(through.at, 0, 4);
    return through;
  }
  /** What is typed can be read at once, not only when a line is complete. */
  byCharacters(): Settings {
    const single = this.copy();
    store<u32>(single.at, load<u32>(single.at, 12) & ~ICANON, 12);
    store<u8>(single.at + VMIN, 1);
    store<u8>(single.at + VTIME, 0);
    return single;
  }
  withoutEcho(): Settings {
    const quiet = this.copy();
    store<u32>(quiet.at, load<u32>(quiet.at, 12) & ~ECHO, 12);
    return quiet;
  }
  get echoes(): bool {
    return (load<u32>(this.at, 12) & ECHO) != 0;
  }
}

export function isTerminal(descriptor: i32): bool {
  return calls.ioctl(descriptor, TCGETS, scratch) >= 0;
}

/** Columns; 80 where nobody has said. */
export function columns(descriptor: i32): i32 {
  store<u64>(window, 0);
  calls.ioctl(descriptor, TIOCGWINSZ, window);
  const width = <i32>load<u16>(window, 2);
  return width ? width : 80;
}
/** Rows; 24 where nobody has said. */
export function rows(descriptor: i32): i32 {
  store<u64>(window, 0);
  calls.ioctl(descriptor, TIOCGWINSZ, window);
  const height = <i32>load<u16>(window);
  return height ? height : 24;
}
