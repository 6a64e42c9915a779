// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { VirtualClock } from '../bus/timers.ts';
import { Vga } from './vga.ts';
import { setVgaTextMode } from './vgaTextMode.ts';

function board() {
  const clock = new VirtualClock();
  const vga = new Vga(clock);
  const inb = (port: number) => vga.ports.read(port - 0x3b0, 1);
  const out = (port: number, value: number) => vga.ports.write(port - 0x3b0, 1, value);
  const indexed = (port: number, index: number, value: number) => vga.ports.write(port - 0x3b0, 2, index | (value << 8));
  const readIndexed = (port: number, index: number) => {
    out(port, index);
    return inb(port + 1);
  };
  const peek = (address: number, size: 1 | 2 | 4 = 1) => vga.memory.read(address - 0xa0000, size);
  const poke = (address: number, value: number, size: 1 | 2 | 4 = 1) => vga.memory.write(address - 0xa0000, size, value);
  const textMode = () => setVgaTextMode({ in: inb, out, write16: (address, value) => poke(address, value, 2) });
  const row = (number: number) => {
    const screen = vga.screenText();
    if (!screen) return undefined;
    return String.fromCharCode(...screen.characters.subarray(number * screen.columns, (number + 1) * screen.columns)).trimEnd();
  };
  /** Planar access as in mode 12h. */
  const planar = () => {
    indexed(0x3c4, 4, 0x06);
    indexed(0x3c4, 2, 0x0f);
    indexed(0x3ce, 6, 0x05);
    indexed(0x3ce, 5, 0x00);
    indexed(0x3ce, 8, 0xff);
  };
  return { clock, vga, inb, out, indexed, readIndexed, peek, poke, textMode, row, planar };
}

test('reset: monochrome addresses, all registers zero, as QEMU 7.2 shows', () => {
  const { vga, inb } = board();
  expect([0x3cc, 0x3c2, 0x3c7, 0x3ca, 0x3c0].map(inb)).toEqual([0, 0, 0, 0, 0]);
  expect([inb(0x3da), inb(0x3d4), inb(0x3b4)]).toEqual([0xff, 0xff, 0]);
  expect(vga.screenText()).toBeUndefined();
});

test('colour and monochrome CRTC addresses follow the miscellaneous output register', () => {
  const { inb, out, readIndexed } = board();
  out(0x3b4, 0x0e);
  out(0x3b5, 0x12);
  out(0x3d5, 0x77);
  out(0x3c2, 0x67);
  expect([inb(0x3cc), inb(0x3b5), readIndexed(0x3d4, 0x0e)]).toEqual([0x67, 0xff, 0x12]);
});

test('registers keep only their bits; wide writes are index and data', () => {
  const { indexed, readIndexed } = board();
  for (let index = 0; index < 9; index++) indexed(0x3ce, index, 0xff);
  expect(Array.from({ length: 9 }, (_, index) => readIndexed(0x3ce, index))).toEqual([
    0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff,
  ]);
  for (let index = 0; index < 5; index++) indexed(0x3c4, index, 0xff);
  expect(Array.from({ length: 5 }, (_, index) => readIndexed(0x3c4, index))).toEqual([0x03, 0x3d, 0x0f, 0x3f, 0x0e]);
});

test('the attribute controller alternates index and data; reading status 1 starts over', () => {
  const { inb, out } = board();
  out(0x3c2, 0x01);
  out(0x3c0, 0x03);
  out(0x3c0, 0x15);
  out(0x3c0, 0x07);
  inb(0x3da);
  out(0x3c0, 0x03);
  expect(inb(0x3c1)).toBe(0x15);
});

test('CRTC registers 0-7 can be protected, but for line compare', () => {
  const { out, indexed, readIndexed } = board();
  out(0x3c2, 0x01);
  indexed(0x3d4, 0x11, 0x80);
  indexed(0x3d4, 0x01, 0x4f);
  indexed(0x3d4, 0x07, 0xff);
  expect([readIndexed(0x3d4, 1), readIndexed(0x3d4, 7)]).toEqual([0, 0x10]);
  indexed(0x3d4, 0x11, 0x00);
  indexed(0x3d4, 0x01, 0x4f);
  expect(readIndexed(0x3d4, 1)).toBe(0x4f);
});

test('the DAC takes and gives three components an entry', () => {
  const { inb, out } = board();
  out(0x3c8, 254);
  for (const value of [1, 2, 3, 4, 5, 0xff, 7, 8, 9]) out(0x3c9, value);
  expect(inb(0x3c7)).toBe(0);
  out(0x3c7, 255);
  expect([inb(0x3c7), inb(0x3c9), inb(0x3c9), inb(0x3c9), inb(0x3c9)]).toEqual([3, 4, 5, 0x3f, 7]);
});

test('retrace follows virtual time: 70 a second', () => {
  const { clock, inb, out } = board();
  out(0x3c2, 0x67);
  let retraces = 0;
  let before = 0;
  while (clock.now() < 1e9) {
    clock.setNow(clock.now() + 20_000);
    const now = inb(0x3da) & 8;
    if (now && !before) retraces++;
    before = now;
  }
  expect(retraces).toBe(70);
});

test('text mode: what is written at B8000h is on the screen', () => {
  const { vga, indexed, peek, poke, textMode, row } = board();
  textMode();
  for (const [index, character] of [...'Diorama'].entries()) poke(0xb8000 + 160 + 2 * index, 0x1f00 | character.charCodeAt(0), 2);
  indexed(0x3d4, 0x0f, 80 + 7);
  const screen = vga.screenText();
  expect([screen?.columns, screen?.rows, screen?.cellHeight, screen?.blinking]).toEqual([80, 25, 16, true]);
  expect([row(0), row(1), screen?.attributes[79], screen?.attributes[80]]).toEqual(['', 'Diorama', 0x07, 0x1f]);
  expect(screen?.cursor).toEqual({ column: 7, row: 1, firstLine: 13, lastLine: 14 });
  expect([peek(0xb80a0, 4), peek(0xb0000), peek(0xa0000)]).toEqual([0x1f691f44, 0xff, 0xff]);
  // Scrolling by the start address.
  indexed(0x3d4, 0x0d, 80);
  expect([row(0), vga.screenText()?.cursor?.row]).toEqual(['Diorama', 0]);
  indexed(0x3d4, 0x0a, 0x2d);
  expect(vga.screenText()?.cursor).toBeUndefined();
});

test('the colours of mode 3', () => {
  const { vga, textMode } = board();
  textMode();
  const colours = vga.colours();
  const rgb = (index: number) => [...colours.subarray(3 * index, 3 * index + 3)];
  expect([rgb(0), rgb(1), rgb(6), rgb(7), rgb(15)]).toEqual([
    [0, 0, 0],
    [0, 0, 0x2a],
    [0x2a, 0x15, 0],
    [0x2a, 0x2a, 0x2a],
    [0x3f, 0x3f, 0x3f],
  ]);
});

test('a font is loaded into plane 2 and the text stays', () => {
  const { vga, indexed, poke, textMode, row } = board();
  textMode();
  poke(0xb8000, 0x0741, 2);
  indexed(0x3c4, 2, 0x04);
  indexed(0x3c4, 4, 0x06);
  indexed(0x3ce, 5, 0x00);
  indexed(0x3ce, 6, 0x04);
  for (let line = 0; line < 16; line++) poke(0xa0000 + 0x41 * 32 + line, line | 0x80);
  indexed(0x3c4, 2, 0x03);
  indexed(0x3c4, 4, 0x02);
  indexed(0x3ce, 5, 0x10);
  indexed(0x3ce, 6, 0x0e);
  expect([...vga.font('B').subarray(0x41 * 32, 0x41 * 32 + 3)]).toEqual([0x80, 0x81, 0x82]);
  expect(row(0)).toBe('A');
});

test('planar write modes and latches', () => {
  const { indexed, peek, poke, planar } = board();
  planar();
  const planes = (address: number) =>
    [0, 1, 2, 3].map((plane) => {
      indexed(0x3ce, 4, plane);
      return peek(address);
    });
  // Mode 0 with rotation, and with set/reset on planes 0 and 1.
  indexed(0x3ce, 3, 0x04);
  indexed(0x3ce, 0, 0x01);
  indexed(0x3ce, 1, 0x03);
  poke(0xa0010, 0x12);
  expect(planes(0xa0010)).toEqual([0xff, 0x00, 0x21, 0x21]);
  // The bit mask lets the latches through; the logic function combines with them.
  indexed(0x3ce, 1, 0);
  indexed(0x3ce, 3, 0x18);
  indexed(0x3ce, 8, 0x0f);
  peek(0xa0010);
  poke(0xa0011, 0xff);
  expect(planes(0xa0011)).toEqual([0xf0, 0x0f, 0x2e, 0x2e]);
  // Mode 1 copies latches.
  indexed(0x3ce, 5, 0x01);
  peek(0xa0010);
  poke(0xa0020, 0);
  expect(planes(0xa0020)).toEqual([0xff, 0x00, 0x21, 0x21]);
  // Mode 2: one bit of data for each plane.
  indexed(0x3ce, 5, 0x02);
  indexed(0x3ce, 3, 0);
  indexed(0x3ce, 8, 0xf0);
  peek(0xa0030);
  poke(0xa0030, 0x0a);
  expect(planes(0xa0030)).toEqual([0, 0xf0, 0, 0xf0]);
  // Mode 3: the data masks, set/reset is the colour.
  indexed(0x3ce, 5, 0x03);
  indexed(0x3ce, 8, 0xff);
  indexed(0x3ce, 0, 0x05);
  peek(0xa0040);
  poke(0xa0040, 0x3c);
  expect(planes(0xa0040)).toEqual([0x3c, 0, 0x3c, 0]);
});

test('the map mask protects planes; read mode 1 compares colours', () => {
  const { indexed, peek, poke, planar } = board();
  planar();
  indexed(0x3c4, 2, 0x02);
  poke(0xa0000, 0xcc);
  indexed(0x3c4, 2, 0x01);
  poke(0xa0000, 0xaa);
  indexed(0x3ce, 5, 0x08);
  indexed(0x3ce, 7, 0x0f);
  indexed(0x3ce, 2, 0x03);
  expect(peek(0xa0000)).toBe(0x88);
  indexed(0x3ce, 2, 0x00);
  expect(peek(0xa0000)).toBe(0x11);
  indexed(0x3ce, 7, 0x01);
  expect(peek(0xa0000)).toBe(0x55);
});

test('chained memory is linear', () => {
  const { indexed, peek, poke } = board();
  indexed(0x3c4, 4, 0x0e);
  indexed(0x3c4, 2, 0x0f);
  indexed(0x3ce, 6, 0x05);
  poke(0xa1234, 0x44332211, 4);
  expect([peek(0xa1235), peek(0xa1234, 4)]).toEqual([0x22, 0x44332211]);
});

test('a loaded VGA continues like the saved one', () => {
  const a = board();
  a.textMode();
  a.poke(0xb8000, 0x0748, 2);
  a.out(0x3c8, 5);
  a.out(0x3c9, 1);
  const b = board();
  b.vga.load(a.vga.save());
  for (const side of [a, b]) {
    side.out(0x3c9, 2);
    side.out(0x3c9, 3);
    side.out(0x3c7, 5);
    expect([side.inb(0x3c9), side.inb(0x3c9), side.inb(0x3c9), side.row(0)]).toEqual([1, 2, 3, 'H']);
  }
  expect([b.vga.colours(), b.vga.font('B')]).toEqual([a.vga.colours(), a.vga.font('B')]);
});
