// SPDX-License-Identifier: MIT
/** The line discipline as wasm under Node. What is typed and what comes of it follow POSIX.1-2017, chapter 11. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { type Guest, loadGuest } from '../../toolchain/asc/hostWasm.ts';

const SOURCE = `
import { LineDiscipline } from './guest-os/driver/lineDiscipline';
class Line extends LineDiscipline {
  echoed: string = '';
  signals: string = '';
  put(byte: u32): void { this.echoed += String.fromCharCode(byte); }
  signal(signal: i32): void { this.signals += signal.toString() + ' '; }
  ready(): void {}
  flowChanged(): void { this.signals += this.stopped ? 'stop ' : 'go '; }
  inputFull(full: bool): void { this.signals += full ? 'full ' : 'room '; }
  discardOutput(): void {}
}
let line: Line = new Line();
const buffer = memory.data(2048);
export function reset(lflag: i32): void { line = new Line(); if (lflag >= 0) line.lflag = lflag; }
export function type(byte: u32): void { line.input(byte); }
export function take(count: i32): string | null {
  if (!line.readable) return null;
  const got = line.take(buffer, count);
  let text = '';
  for (let i = 0; i < got; i++) text += String.fromCharCode(load<u8>(buffer + i));
  return text;
}
export function echoed(): string { return line.echoed; }
export function signals(): string { return line.signals; }
`;

let guest: Guest;
beforeAll(async () => {
  guest = await loadGuest({ source: SOURCE, target: 'kernel' });
}, 60_000);
beforeEach(() => void guest.call('reset', -1));

function type(text: string): void {
  for (const byte of Buffer.from(text, 'latin1')) guest.call('type', byte);
}
const take = (count = 1000): string | null => {
  const text = guest.call('take', count) as number;
  return text ? guest.text(text) : null;
};
const echoed = (): string => guest.text(guest.call('echoed') as number);

test('a line can be read when it is complete, CR being NL', () => {
  type('ab');
  expect(take()).toBeNull();
  type('c\r');
  expect(take()).toBe('abc\n');
  expect(echoed()).toBe('abc\r\n');
});

test('erase, word erase and kill edit the line and what is shown', () => {
  type('abx\x7fc d efg\x17\x7f\n');
  expect(take()).toBe('abc d\n');
  expect(echoed()).toContain('x\b \bc');
  type('gone\x15kept\n');
  expect(take()).toBe('kept\n');
  // There is nothing before the line to erase.
  type('\x7f\x7fa\n');
  expect(take()).toBe('a\n');
});

test('VEOF ends a read without a newline, and alone is the end of file', () => {
  type('part\x04');
  expect(take()).toBe('part');
  type('\x04');
  expect(take()).toBe('');
  expect(take()).toBeNull();
});

test('a short read leaves the rest of the line for the next', () => {
  type('hello\nworld\n');
  expect([take(2), take(), take()]).toEqual(['he', 'llo\n', 'world\n']);
});

test('signal characters signal, throw the line away, and are shown as ^C', () => {
  type('abc\x03');
  expect(guest.text(guest.call('signals') as number)).toBe('2 ');
  expect(echoed()).toBe('abc^C');
  type('d\n');
  expect(take()).toBe('d\n');
});

test('literal next takes any character as it is', () => {
  type('\x16\x03\n');
  expect(take()).toBe('\x03\n');
});

test('without ICANON characters come one by one, without ISIG the rest too', () => {
  guest.call('reset', 0);
  type('a\x03\x7f');
  expect(take()).toBe('a\x03\x7f');
  expect(echoed()).toBe('');
});

test('a line that is too long is cut, and can still be ended', () => {
  type('x'.repeat(3000));
  type('\n');
  expect(take(4000)?.length).toBeGreaterThan(255);
});
