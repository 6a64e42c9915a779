// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { LAYOUT_END, TLB_ENTRIES, TLB_KINDS, TLB_READ, TLB_WRITE } from '../ir/state.ts';
import { Tlb } from './tlb.ts';

const PAGE = 4096;
/** As compiled code does it: the address and the tag of its entry differ in the offset alone. */
const hits = (tlb: Tlb, view: DataView, kind: number, table: number, address: bigint): boolean => {
  const number = Number((address >> 12n) & BigInt(TLB_ENTRIES - 1));
  const tag = view.getBigUint64(tlb.block(kind) + table + number * 16, true);
  return (tag ^ BigInt.asUintN(64, address)) < BigInt(PAGE);
};

test('empty and watched entries match no address, filled ones their page', () => {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(LAYOUT_END / 0x10000) });
  const view = new DataView(memory.buffer);
  const tlb = new Tlb(memory, 0);
  const addresses = [0n, 0x1000n, 0xfffff000n, 0xffffffffn, 0x7ffffffff000n, -1n, -4096n, -0x800000000000n];
  const none = (): void => {
    for (let kind = 0; kind < TLB_KINDS; kind++)
      for (const table of [TLB_READ, TLB_WRITE])
        for (const address of addresses) expect(hits(tlb, view, kind, table, address)).toBe(false);
  };
  none();
  for (const address of addresses) {
    const [high, low] = [Number(BigInt.asIntN(32, address >> 32n)), Number(BigInt.asIntN(32, address))];
    tlb.fill({ kind: 1, write: false, high, low, place: 0, global: false, size: PAGE }, false);
    expect(hits(tlb, view, 1, TLB_READ, address)).toBe(true);
    expect(tlb.lookup(1, false, high, low)).toBe(low & (PAGE - 1));
    tlb.watch(0, true);
    expect(hits(tlb, view, 1, TLB_READ, address)).toBe(false);
    expect(hits(tlb, view, 1, TLB_READ, address ^ 0x1000n)).toBe(false);
    expect(tlb.lookup(1, false, high, low)).toBe(low & (PAGE - 1));
    tlb.flush(false);
    none();
  }
});

test.each([0x200000, 0x400000, 0x40000000])('INVLPG empties all entries of a page of %i bytes in the upper half', (size) => {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(LAYOUT_END / 0x10000) });
  const tlb = new Tlb(memory, 0);
  const high = -0x8000;
  tlb.fill({ kind: 1, write: false, high, low: 0x3000, place: 0x5000, global: true, size }, false);
  tlb.flushPage(high, 0x7000);
  expect(tlb.lookup(1, false, high, 0x3000)).toBe(-1);
});

test('two addresses that share a number in the jump cache, and one of the number beside, stay in it; a change of CR3 takes what is not global', () => {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(LAYOUT_END / 0x10000) });
  const tlb = new Tlb(memory, 0);
  // Bits 0-14 of an address number its entry, with bits 10-24 laid over them.
  const [old, first, beside, second] = [0x2000004, 0x4000004, 0x5, 0x4];
  const known = (): number[] => [first, beside, second].map((low) => tlb.lookupJump(1, -1, low));
  tlb.fillJump(1, -1, old, 32, 4, true);
  tlb.fillJump(1, -1, first, 64, 4, false);
  tlb.fillJump(1, -1, beside, 96, 5, true);
  expect(known()).toEqual([64, 96, 0]);
  tlb.flush(true);
  expect(known()).toEqual([0, 96, 0]);
  tlb.flush(false);
  tlb.fillJump(1, -1, first, 64, 4, false);
  tlb.fillJump(1, -1, second, 128, 4, true);
  expect(known()).toEqual([64, 0, 128]);
  tlb.flush(true);
  expect(known()).toEqual([0, 0, 128]);
  tlb.dropJumps((record) => record === 128);
  expect(known()).toEqual([0, 0, 0]);
});
