// SPDX-License-Identifier: MIT
/** The tables as the kernel's own code reads them, which runs under Node here. */
import { beforeAll, expect, test } from 'vitest';
import { type Guest, loadGuest } from '../asc/hostWasm.ts';
import { link } from '../link/link.ts';
import { buildTables } from './tables.ts';

const TEXT = 0x400000n;
/** Where the test puts the tables in guest memory. */
const TABLES = 0x180000n;
const FILES = ['src/a.ts', 'src/b.ts'];

/** wasm offset 1000 * file + line is that line of that file. */
const positions = {
  lookup: (offset: number) => (offset ? { file: FILES[Math.floor(offset / 1000)], line: offset % 1000 } : undefined),
};
const tables = buildTables({
  functions: [
    { name: 'first', offset: 0, size: 0x40 },
    { name: 'second', offset: 0x40, size: 0x1000 },
    { name: 'alias of second', offset: 0x40, size: 0 },
    { name: 'without lines', offset: 0x1040, size: 0x10 },
  ],
  lines: [
    { offset: 0, wasm: undefined },
    { offset: 8, wasm: 10 },
    { offset: 0x10, wasm: 11 },
    { offset: 0x18, wasm: 11 },
    { offset: 0x20, wasm: 1005 },
    { offset: 0x30, wasm: 9 },
    { offset: 0x40, wasm: 900 },
    { offset: 0x800, wasm: 1001 },
    { offset: 0x1040, wasm: undefined },
  ],
  probes: [
    { offset: 0x40, function: 'second', kind: 'entry' },
    { offset: 0x103a, function: 'second', kind: 'return' },
  ],
  positions,
  build: { name: 'a build', time: 1234567890 },
});

let guest: Guest;
let printed = '';
beforeAll(async () => {
  const linked = link({
    segments: [{ name: '.rodata', address: TABLES, sections: [tables.section] }],
    symbols: tables.symbols,
    absolute: new Map([
      ['imageText', TEXT],
      ['imageTextEnd', TEXT + 0x1050n],
      ['imageEnd', 0n],
    ]),
  });
  const source = `import { printPlace } from 'runtime/symbols';
    export function place(tables: u64, pc: u64): void { printPlace(tables, pc); }`;
  const memory = (): Uint8Array => new Uint8Array(guest.memory.buffer);
  guest = await loadGuest({
    source,
    target: 'kernel',
    imports: {
      cpu: {
        inb: () => 0x20,
        outb: (port: number, value: number) => void (printed += port === 0x3f8 ? String.fromCharCode(value) : ''),
      },
      asm: {
        copyUser: (to: bigint, from: bigint, count: bigint) => {
          if (from + count > BigInt(memory().length)) return -14;
          memory().copyWithin(Number(to), Number(from), Number(from + count));
          return 0;
        },
      },
    },
  });
  memory().set(linked.segments[0].bytes, Number(TABLES));
});

function place(pc: bigint, at = TABLES): string {
  printed = '';
  guest.call('place', at, pc);
  return printed;
}

test.each([
  [0x00n, 'first+0x0 (src/a.ts:10)'],
  [0x08n, 'first+0x8 (src/a.ts:10)'],
  [0x0fn, 'first+0xf (src/a.ts:10)'],
  [0x10n, 'first+0x10 (src/a.ts:11)'],
  [0x1fn, 'first+0x1f (src/a.ts:11)'],
  [0x20n, 'first+0x20 (src/b.ts:5)'],
  [0x3fn, 'first+0x3f (src/a.ts:9)'],
  [0x40n, 'second+0x0 (src/a.ts:900)'],
  [0x7ffn + 0x40n, 'second+0x7ff (src/b.ts:1)'],
  [0x103fn, 'second+0xfff (src/b.ts:1)'],
  [0x1044n, 'without lines+0x4'],
])('a place in a function is found, case %#', (offset, expected) => {
  expect(place(TEXT + offset)).toBe(`0x${(TEXT + offset).toString(16).padStart(8, '0')} ${expected}`);
});

test('addresses outside the text are printed alone, and so is everything without tables', () => {
  expect(place(TEXT - 1n)).toBe('0x003fffff');
  expect(place(TEXT + 0x1050n)).toBe('0x00401050');
  expect(place(TEXT, 0n)).toBe('0x00400000');
  expect(place(TEXT, 0x7000_0000_0000n)).toBe('0x00400000');
});

test('tables of rubbish end in an address too', () => {
  const memory = new Uint8Array(guest.memory.buffer);
  const kept = memory.slice(Number(TABLES), Number(TABLES) + tables.section.bytes.length);
  for (let round = 0; round < 200; round++) {
    memory.set(kept, Number(TABLES));
    // The magic and the text's bounds stay, so that the rest is looked at.
    for (let i = 0; i < 20; i++)
      memory[Number(TABLES) + 24 + ((round * 7919 + i * 104729) % (kept.length - 24))] = (round * 31 + i * 17) & 0xff;
    expect(place(TEXT + BigInt((round * 37) % 0x1050))).toMatch(/^0x0040[01]/);
  }
  memory.set(kept, Number(TABLES));
});

test('they are compact: a few bytes a row', () => {
  expect(tables.section.bytes.length).toBeLessThan(96 + 4 * 16 + 2 * 12 + 3 * 4 + 8 * 5 + 100);
});
