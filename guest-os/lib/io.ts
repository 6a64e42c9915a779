// SPDX-License-Identifier: MIT
/**
 * @fileoverview Buffered output, lines of input, whole files.
 *
 * Standard output is buffered up to 8 KiB: whoever ends or forks flushes it first ({@link flush}). Errors are written at once, after
 * what was said before.
 */
import * as calls from './calls';
import { errorText } from './errors';
import { pathOf, textOf } from './text';

const SIZE: i32 = 8192;
const buffer = memory.data(8192);
let used = 0;
let failed: i64 = 0;
let target = 1;

/** What {@link out} is given goes to this descriptor from now on. */
export function redirectOutput(descriptor: i32): void {
  flush();
  target = descriptor;
}

export const O_RDONLY: i32 = 0;
export const O_WRONLY: i32 = 1;
export const O_RDWR: i32 = 2;
export const O_APPEND: i32 = 8;
export const O_CREAT: i32 = 0x100;
export const O_TRUNC: i32 = 0x200;
export const O_EXCL: i32 = 0x400;
export const O_NONBLOCK: i32 = 0x80;

/** All bytes, however many calls it takes: 0 or a negative errno. */
export function writeAll(descriptor: i32, from: usize, count: i32): i64 {
  for (let done = 0; done < count; ) {
    const result = calls.write(descriptor, <u64>from + done, <u64>count - done);
    if (result < 0) return result;
    done += <i32>result;
  }
  return 0;
}

export function flush(): void {
  const count = used;
  used = 0;
  if (!count) return;
  const result = writeAll(target, buffer, count);
  if (result < 0) failed = result;
}

/** The first error of standard output, 0 if there was none. */
export function outputError(): i64 {
  return failed;
}

/** To standard output. */
export function out(text: string): void {
  for (let i = 0; i < text.length; i++) {
    if (used == SIZE) flush();
    store<u8>(buffer + used++, <u8>text.charCodeAt(i));
  }
}

export function outBytes(from: usize, count: i32): void {
  if (count > SIZE - used) flush();
  if (count > SIZE) {
    const result = writeAll(target, from, count);
    if (result < 0) failed = result;
    return;
  }
  memory.copy(buffer + used, from, count);
  used += count;
}

/** To standard error. */
export function say(text: string): void {
  flush();
  const bytes = new StaticArray<u8>(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = <u8>text.charCodeAt(i);
  writeAll(2, changetype<usize>(bytes), text.length);
}

/** `name: what: why` on standard error. */
export function complain(name: string, what: string, errno: i64): void {
  say(name + ': ' + what + ': ' + errorText(errno < 0 ? -errno : errno) + '\n');
}

export function openFile(path: string, flags: i32, mode: i32 = 0o666): i32 {
  return <i32>calls.open(pathOf(path), flags, mode);
}

/** Output to a descriptor of one's own, buffered: whoever makes one flushes it. */
export class Writer {
  private readonly buffer: StaticArray<u8> = new StaticArray<u8>(4096);
  private used: i32 = 0;
  /** The first error, a negative errno. */
  error: i64 = 0;
  constructor(readonly descriptor: i32) {}

  write(text: string): void {
    for (let i = 0; i < text.length; i++) {
      if (this.used == this.buffer.length) this.flush();
      unchecked((this.buffer[this.used++] = <u8>text.charCodeAt(i)));
    }
  }
  bytes(from: usize, count: i32): void {
    if (count > this.buffer.length - this.used) this.flush();
    if (count > this.buffer.length) {
      this.note(writeAll(this.descriptor, from, count));
      return;
    }
    memory.copy(changetype<usize>(this.buffer) + this.used, from, count);
    this.used += count;
  }
  flush(): void {
    if (this.used) this.note(writeAll(this.descriptor, changetype<usize>(this.buffer), this.used));
    this.used = 0;
  }
  private note(result: i64): void {
    if (result < 0 && !this.error) this.error = result;
  }
}

const READ: i32 = 16384;

/** Bytes of a descriptor, line by line. */
export class Reader {
  private readonly buffer: StaticArray<u8> = new StaticArray<u8>(READ);
  private at: i32 = 0;
  private end: i32 = 0;
  /** A negative errno that ended the input. */
  error: i64 = 0;
  /** The last line had no newline behind it. */
  unterminated: bool = false;

  constructor(readonly descriptor: i32) {}

  private fill(): bool {
    const count = calls.read(this.descriptor, changetype<usize>(this.buffer), READ);
    if (count < 0) this.error = count;
    this.at = 0;
    this.end = <i32>max<i64>(count, 0);
    return this.end > 0;
  }

  /** A line without its newline; null at the end. Lines may end with another byte. */
  line(delimiter: u8 = 0x0a): string | null {
    let text = '';
    let any = false;
    while (true) {
      if (this.at == this.end && !this.fill()) {
        this.unterminated = any;
        return any ? text : null;
      }
      any = true;
      const start = this.at;
      let at = start;
      const end = this.end;
      while (at < end && unchecked(this.buffer[at]) != delimiter) at++;
      const part = textOf(changetype<usize>(this.buffer) + start, at - start);
      text = text.length ? text + part : part;
      this.at = at;
      if (at < end) {
        this.at++;
        this.unterminated = false;
        return text;
      }
    }
  }

  /** One byte, or -1 at the end. */
  byte(): i32 {
    if (this.at == this.end && !this.fill()) return -1;
    return unchecked(this.buffer[this.at++]);
  }

  /** There are bytes that have been read from the descriptor and not yet asked for. */
  get hasMore(): bool {
    return this.at < this.end;
  }
  /** Whether nothing is left; reads ahead to know. */
  get ended(): bool {
    return this.at == this.end && !this.fill();
  }
}

/** A file to read from, `-` being standard input; below 0 after a complaint. */
export function openInput(program: string, name: string): i32 {
  if (name == '-') return 0;
  const descriptor = openFile(name, O_RDONLY);
  if (descriptor < 0) complain(program, name, descriptor);
  return descriptor;
}

/** Everything that a descriptor gives, as text; what comes before an error, if there is one. */
export function readAll(descriptor: i32): string {
  const parts: string[] = [];
  readParts(descriptor, parts);
  return parts.join('');
}

/** Everything that a descriptor gives, in parts. 0, or a negative errno. */
export function readParts(descriptor: i32, parts: string[]): i64 {
  const chunk = new StaticArray<u8>(4096);
  while (true) {
    const count = calls.read(descriptor, changetype<usize>(chunk), 4096);
    if (count <= 0) return count;
    parts.push(textOf(changetype<usize>(chunk), <i32>count));
  }
}
