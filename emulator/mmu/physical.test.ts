// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { PhysicalMemory } from './physical.ts';

const MIB = 1 << 20;
function memory(): { physical: PhysicalMemory; touched: number[] } {
  const touched: number[] = [];
  const registers = {
    read(address: number): number {
      touched.push(address);
      return 0;
    },
    write(address: number): void {
      touched.push(address);
    },
  };
  const wasm = new WebAssembly.Memory({ initial: 64, maximum: 64 });
  return { physical: new PhysicalMemory(wasm, MIB, 2 * MIB, MIB, registers), touched };
}

test('RAM appears below its low top and again from 4 GiB on', () => {
  const { physical } = memory();
  physical.write32(0x1000, 0x12345678);
  physical.write32(2 ** 32 + 4, 0x9abcdef0);
  expect(physical.view.getUint32(MIB + 0x1000, true)).toBe(0x12345678);
  expect(physical.view.getUint32(2 * MIB + 4, true)).toBe(0x9abcdef0);
  expect(physical.place(MIB)).toBe(-1);
  expect(physical.place(2 ** 32 + MIB)).toBe(-1);
});
test('the window of VGA memory is no RAM', () => {
  const { physical } = memory();
  expect([0x9_ffff, 0xa_0000, 0xb_ffff, 0xc_0000].map((address) => physical.place(address) >= 0)).toEqual([
    true,
    false,
    false,
    true,
  ]);
});
test('bus masters read ones outside RAM, change nothing there, and never reach registers', () => {
  const { physical, touched } = memory();
  physical.write64(0xfee00000, 1n);
  physical.writeBytes(MIB - 2, Uint8Array.of(1, 2, 3, 4));
  expect(physical.read32(0xfee00000)).toBe(0xffffffff);
  expect(physical.read64(MIB - 4)).toBe(0xffffffff_02010000n);
  const bytes = new Uint8Array(4);
  physical.readBytes(MIB - 2, bytes);
  expect([...bytes]).toEqual([1, 2, 0xff, 0xff]);
  expect(touched).toEqual([]);
});
test('code pages are told before they change, also by an access that begins in the page before', () => {
  const { physical } = memory();
  const told: number[][] = [];
  physical.codeWritten = (page, offset, size) => told.push([page, offset, size, physical.read8(0x2000)]);
  physical.holdsCode[2] = 1;
  physical.write16(0x1fff, 0x5566);
  physical.write16(0x3000, 1);
  expect(told).toEqual([[2, 0, 1, 0]]);
});

test('forks see what RAM held when it was lent, whatever either side or the lender of the lender writes', () => {
  const [first, second, third] = [memory(), memory(), memory()].map(({ physical }) => physical);
  const PAGE = 4096;
  const value = (physical: PhysicalMemory, page: number): number => physical.read32(page * PAGE);
  for (let page = 0; page < 8; page++) first.write32(page * PAGE, 100 + page);
  first.lendTo(second, []);
  first.write32(0, 200);
  second.write32(PAGE, 201);
  // Page 1 differs from the first's, page 2 is still there.
  second.lendTo(third, []);
  first.write32(2 * PAGE, 202);
  second.write32(3 * PAGE, 203);
  third.write32(4 * PAGE, 204);
  expect([0, 1, 2, 3, 4, 5].map((page) => value(first, page))).toEqual([200, 101, 202, 103, 104, 105]);
  expect([0, 1, 2, 3, 4, 5].map((page) => value(second, page))).toEqual([100, 201, 102, 203, 104, 105]);
  expect([0, 1, 2, 3, 4, 5].map((page) => value(third, page))).toEqual([100, 201, 102, 103, 204, 105]);
  third.write32(6 * PAGE, 206);
  expect(new Uint32Array(third.ram.slice(6 * PAGE, 6 * PAGE + 4).buffer)[0]).toBe(206);
  expect([value(first, 6), value(second, 6), value(third, 7)]).toEqual([106, 106, 107]);
});

test('pages that somebody may write to without asking are lent at once', () => {
  const [lender, fork] = [memory(), memory()].map(({ physical }) => physical);
  const place = lender.place(0x5000);
  lender.u8[place] = 1;
  lender.lendTo(fork, [5]);
  lender.u8[place] = 2;
  expect(fork.read8(0x5000)).toBe(1);
});
