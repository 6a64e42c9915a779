// SPDX-License-Identifier: MIT
/** The screen of the text console against xterm.js: what both show of the same bytes, and where their cursors are. */
import { beforeAll, expect, test } from 'vitest';
import { testSeed } from '../../test/support/seed.ts';
import { type Guest, loadGuest } from '../../toolchain/asc/hostWasm.ts';

const COLUMNS = 80;
const ROWS = 25;
const SOURCE = `
import { Screen } from './guest-os/driver/screen';
const cells = memory.data(4000, 8);
class Shown extends Screen {
  replies: string = '';
  constructor() { super(cells); }
  reply(byte: u32): void { this.replies += String.fromCharCode(byte); }
  bell(): void {}
}
let screen: Shown = new Shown();
export function reset(): void { screen = new Shown(); screen.clear(); }
export function put(byte: u32): void { screen.put(byte); }
export function cell(at: i32): u32 { return load<u16>(cells + (<usize>at << 1)); }
export function row(): i32 { return screen.row; }
export function column(): i32 { return screen.column; }
export function replies(): string { return screen.replies; }
`;

interface Xterm {
  write(text: string, done: () => void): void;
  onData(listener: (text: string) => void): void;
  readonly buffer: {
    readonly active: { readonly cursorX: number; readonly cursorY: number; getLine(y: number): Line | undefined };
  };
}
interface Line {
  translateToString(trim: boolean): string;
}

let guest: Guest;
let XtermTerminal: new (options: object) => Xterm;
beforeAll(async () => {
  guest = await loadGuest({ source: SOURCE, target: 'kernel' });
  // Its core needs no browser, only these names.
  Object.assign(globalThis, { self: globalThis, window: globalThis });
  ({ Terminal: XtermTerminal } = (await import('@xterm/xterm')) as unknown as { Terminal: typeof XtermTerminal });
}, 60_000);

interface Shown {
  readonly lines: string[];
  readonly cursor: [number, number];
}

function ours(text: string): Shown {
  guest.call('reset');
  for (const byte of Buffer.from(text, 'utf8')) guest.call('put', byte);
  const lines = Array.from({ length: ROWS }, (_, row) =>
    Array.from({ length: COLUMNS }, (_, column) =>
      String.fromCharCode((guest.call('cell', row * COLUMNS + column) as number) & 0xff),
    )
      .join('')
      .trimEnd(),
  );
  return { lines, cursor: [guest.call('row') as number, guest.call('column') as number] };
}

async function theirs(text: string): Promise<Shown & { replies: string }> {
  const terminal = new XtermTerminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true, scrollback: 0 });
  let replies = '';
  terminal.onData((data) => {
    replies += data;
  });
  await new Promise<void>((resolve) => terminal.write(text, resolve));
  const { cursorX, cursorY } = terminal.buffer.active;
  const lines = Array.from(
    { length: ROWS },
    (_, row) => terminal.buffer.active.getLine(row)?.translateToString(true).trimEnd() ?? '',
  );
  // A pending wrap is column 80 there.
  return { lines, cursor: [cursorY, Math.min(cursorX, COLUMNS - 1)], replies };
}

/** Sequences that both know. */
const FINALS = 'ABCDEFGHJKLMPSTXdfm@`';

function randomText(random: () => number): string {
  const number = (limit: number) => Math.floor(random() * limit);
  let text = '';
  for (let i = number(60) + 5; i > 0; i--) {
    const kind = number(12);
    if (kind < 4) text += Array.from({ length: number(30) + 1 }, () => String.fromCharCode(33 + number(94))).join('');
    else if (kind < 6) text += ['\n', '\r', '\r\n', '\b', '\t'][number(5)];
    else if (kind < 7) text += ['\x1bM', '\x1bD', '\x1bE', '\x1b7', '\x1b8'][number(5)];
    else if (kind < 8) text += `\x1b[${number(24) + 1};${number(25) + 1}r`;
    else {
      const final = FINALS[number(FINALS.length)];
      // Erasing what lies behind the screen (3J) is no business of a screen without a memory.
      const limit = final === 'J' || final === 'K' ? 3 : 30;
      text += `\x1b[${number(limit)}${random() < 0.3 && final === 'H' ? `;${number(90)}` : ''}${final}`;
    }
  }
  return text;
}

function generator(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test('what xterm.js shows of 300 random texts', async () => {
  const random = generator(testSeed());
  for (let round = 0; round < 300; round++) {
    const text = randomText(random);
    const { lines, cursor } = await theirs(text);
    expect(ours(text), JSON.stringify(text)).toEqual({ lines, cursor });
  }
}, 120_000);

test('a position is told when it is asked for', async () => {
  const text = '\x1b[7;12H\x1b[6n\x1b[5n';
  ours(text);
  expect(guest.text(guest.call('replies') as number)).toBe((await theirs(text)).replies);
});

test('colours and attributes are those of the VGA', () => {
  ours('\x1b[31;44mA\x1b[1mB\x1b[7mC\x1b[0;5mD\x1b[92;100mE\x1b[39;49mF');
  const colours = Array.from({ length: 6 }, (_, at) => (guest.call('cell', at) as number) >> 8);
  // Red on blue; with bold light red; inverse: blue, lightened, on red; blinking grey; light green on dark grey, which is black here.
  expect(colours).toEqual([0x14, 0x1c, 0x49, 0x87, 0x8a, 0x87]);
});

test('UTF-8 is shown as code page 437 has it', () => {
  ours('é│░€\xa0');
  const glyphs = Array.from({ length: 5 }, (_, at) => (guest.call('cell', at) as number) & 0xff);
  expect(glyphs).toEqual([0x82, 0xb3, 0xb0, 0xfe, 0xff]);
});

test('arbitrary bytes write only cells', () => {
  const random = generator(testSeed() + 1);
  guest.call('reset');
  for (let i = 0; i < 20_000; i++) {
    guest.call('put', Math.floor(random() * 256));
    if (random() < 0.1) guest.call('put', 0x1b);
    const row = guest.call('row') as number;
    const column = guest.call('column') as number;
    if (row < 0 || row >= ROWS || column < 0 || column >= COLUMNS) throw new Error(`the cursor is at ${row}, ${column}`);
  }
});
