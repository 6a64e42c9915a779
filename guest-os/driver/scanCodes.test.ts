// SPDX-License-Identifier: MIT
/** Keys to bytes: scan codes of set 1, as a US keyboard sends them and xterm would send the keys. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { type Guest, loadGuest } from '../../toolchain/asc/hostWasm.ts';

const SOURCE = `
import { Keyboard } from './guest-os/driver/scanCodes';
class Keys extends Keyboard {
  text: string = '';
  typed(byte: u32): void { this.text += String.fromCharCode(byte); }
  resetWanted(): void { this.text += '<reset>'; }
}
let keys: Keys = new Keys();
export function reset(): void { keys = new Keys(); }
export function code(byte: u32): void { keys.code(byte); }
export function text(): string { return keys.text; }
`;

let guest: Guest;
beforeAll(async () => {
  guest = await loadGuest({ source: SOURCE, target: 'kernel' });
}, 60_000);
beforeEach(() => void guest.call('reset'));

function press(...codes: number[]): string {
  for (const code of codes) guest.call('code', code);
  return guest.text(guest.call('text') as number);
}
const stroke = (code: number): number[] => [code, code | 0x80];

test.each([
  ['letters and digits', [0x1e, 0x9e, 0x02, 0x82], 'a1'],
  ['shift', [0x2a, ...stroke(0x1e), ...stroke(0x02), 0xaa, ...stroke(0x1e)], 'A!a'],
  ['caps lock is for letters only', [...stroke(0x3a), ...stroke(0x1e), ...stroke(0x02), 0x36, ...stroke(0x1e)], 'A1a'],
  ['control', [0x1d, ...stroke(0x2e), ...stroke(0x39), 0x9d, ...stroke(0x2e)], '\x03\0c'],
  ['alt sends ESC first', [0x38, ...stroke(0x21), 0xb8], '\x1bf'],
  ['Enter, Tab, Backspace, Escape', [0x1c, 0x0f, 0x0e, 0x01], '\r\t\x7f\x1b'],
  ['arrows', [0xe0, 0x48, 0xe0, 0xc8, 0xe0, 0x50, 0xe0, 0x4b, 0xe0, 0x4d], '\x1b[A\x1b[B\x1b[D\x1b[C'],
  ['the keypad is digits until Num Lock', [0x47, ...stroke(0x45), 0x47], '7\x1b[H'],
  ['function keys', [0x3b, 0x3f, 0x58], '\x1bOP\x1b[15~\x1b[24~'],
  ['Ctrl-Alt-Del', [0x1d, 0x38, 0x53], '<reset>'],
  ['Pause is nothing, and what follows is itself', [0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5, 0x1e], 'a'],
  ['codes that no key has', [0x7f, 0x00, 0x59, 0xe0, 0x00, 0x1e], 'a'],
])('%s', (_name, codes, text) => {
  expect(press(...codes)).toBe(text);
});
