// SPDX-License-Identifier: MIT
import xterm from '@xterm/headless';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testSeed } from '../../test/support/seed.ts';
import { TerminalScreen } from './terminalScreen.ts';

const COLUMNS = 12;
const ROWS = 5;

/** What xterm.js shows of the same bytes. */
async function judged(text: string): Promise<string> {
  const terminal = new xterm.Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true, scrollback: 0 });
  await new Promise<void>((resolve) => terminal.write(text, resolve));
  const { active } = terminal.buffer;
  const lines = Array.from({ length: ROWS }, (_, row) =>
    active
      .getLine(active.baseY + row)
      ?.translateToString(true)
      .trimEnd(),
  );
  terminal.dispose();
  return lines.join('\n').trimEnd();
}
function ours(text: string): string {
  const screen = new TerminalScreen(COLUMNS, ROWS);
  // Byte by byte, as they come.
  for (const byte of new TextEncoder().encode(text)) screen.write(Uint8Array.of(byte));
  return screen.text;
}

test('shows what a guest says, escape sequences apart', async () => {
  const text = '\x1b[2J\x1b[Hhello\r\n\x1b]0;title\x07\x1b[1;31mred\x1b[0m\r\nä €\x1b[6n';
  expect(ours(text)).toBe('hello\nred\nä €');
  expect(await judged(text)).toBe(ours(text));
});

test('gives the main screen back when the alternate one is left', async () => {
  const text = 'main\x1b[?1049h\x1b[Hother\x1b[3;3Hmore\x1b[?1049l screen\x1b7\x1b[5;5Hx\x1b8y';
  expect(ours(text)).toBe(await judged(text));
});

test('goes up from a full line, and writes to its last column', async () => {
  const text = 'aaaaaaaaaaaa\x1bMb';
  expect(ours(text)).toBe(await judged(text));
});

const number = fc.integer({ min: 0, max: 14 }).map((n) => (n === 0 ? '' : String(n)));
const piece = fc.oneof(
  fc.string({ minLength: 1, maxLength: 14, unit: fc.constantFrom(...'abcXYZ09 ') }),
  fc.constantFrom('\r', '\n', '\r\n', '\b', '\t', '\x1bM', '\x1bD'),
  fc.tuple(number, fc.constantFrom(...'ABCDEFGdJKXP@LMST')).map(([n, final]) => `\x1b[${n}${final}`),
  fc.tuple(number, number, fc.constantFrom('H', 'f', 'r')).map(([a, b, final]) => `\x1b[${a};${b}${final}`),
  fc.constantFrom('\x1b[0m', '\x1b[31;1m', '\x1b]2;x\x07', '\x1b]2;x\x1b\\', '\x1b(B'),
);

test('shows what xterm.js shows', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 14 }), async (pieces) => {
      const text = pieces.join('');
      expect(ours(text), JSON.stringify(text)).toBe(await judged(text));
    }),
    { seed: testSeed(), numRuns: 500 },
  );
});
