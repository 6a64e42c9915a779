// SPDX-License-Identifier: MIT
import { describe, expect, test } from 'vitest';
import { type Access, PF_P, PF_RSVD, PF_U, PF_W, type WalkEnvironment, walk } from './walk.ts';

/** Entries by physical address, in 32-bit words. */
class Memory {
  readonly words = new Map<number, number>();
  read32(address: number): number {
    return this.words.get(address) ?? 0;
  }
  write32(address: number, value: number): void {
    this.words.set(address, value >>> 0);
  }
  write64(address: number, value: bigint): void {
    this.write32(address, Number(value & 0xffffffffn));
    this.write32(address + 4, Number(value >> 32n));
  }
}
const READ: Access = { write: false, fetch: false, user: false, smap: false };
const WRITE: Access = { ...READ, write: true };
const USER: Access = { ...READ, user: true };

function fourLevel(more: Partial<WalkEnvironment> = {}): { env: WalkEnvironment; memory: Memory } {
  const memory = new Memory();
  memory.write64(0x1000 + 0x1ff * 8, 0x2003n);
  memory.write64(0x2000 + 0x1fe * 8, 0x3003n);
  memory.write64(0x3000 + 0x05 * 8, 0x4003n);
  memory.write64(0x4000 + 0x07 * 8, 0x12_3456_7003n);
  const env = {
    memory,
    cr0: 0x80010011 | 0,
    cr4: 0xa0,
    efer: 0xd00,
    cr3: 0x1000,
    pdpte: [],
    physicalBits: 40,
    gigabytePages: true,
    ...more,
  };
  return { env, memory };
}
/** ffffffff80a07000h: entries 1ffh, 1feh, 5, 7. */
const HIGH = 0xffffffff | 0;
const LOW = 0x80a07abc | 0;

describe('4-level paging', () => {
  test('finds a page above 4 GiB by the indices of all levels, and marks all of them accessed', () => {
    const { env, memory } = fourLevel();
    const t = walk(env, HIGH, LOW, READ);
    expect(t).toEqual({ physical: 0x12_3456_7000, read: true, write: false, execute: true, global: false, size: 4096 });
    for (const at of [0x1ff8, 0x2ff0, 0x3028, 0x4038]) expect(memory.read32(at) & 0x60, at.toString(16)).toBe(0x20);
  });
  test('lets later writes skip the walk only once the page is dirty', () => {
    const { env, memory } = fourLevel();
    expect(walk(env, HIGH, LOW, WRITE)).toMatchObject({ write: true });
    expect(memory.read32(0x4038) & 0x60).toBe(0x60);
    expect(walk(env, HIGH, LOW, READ)).toMatchObject({ write: true });
  });
  test('reports what is absent, forbidden or reserved', () => {
    const { env, memory } = fourLevel();
    expect(walk(env, HIGH, LOW, USER)).toBe(PF_P | PF_U);
    expect(memory.read32(0x4038) & 0x20).toBe(0);
    memory.write64(0x4038, 0x100_0000_0003n);
    expect(walk(env, HIGH, LOW, WRITE)).toBe(PF_P | PF_W | PF_RSVD);
    memory.write64(0x4038, 2n);
    expect(walk(env, HIGH, LOW, WRITE)).toBe(PF_W);
  });
  test('maps 1 GiB pages only where the processor has them', () => {
    const { env, memory } = fourLevel();
    memory.write64(0x2ff0, 0x4000_0183n);
    expect(walk(env, HIGH, LOW, READ)).toMatchObject({ physical: 0x40a07000, size: 0x40000000, global: true });
    expect(walk({ ...env, gigabytePages: false }, HIGH, LOW, READ)).toBe(PF_P | PF_RSVD);
  });
});

test('without paging an address is its own translation', () => {
  const { env } = fourLevel({ cr0: 0x11 });
  expect(walk(env, 0, 0xfee00123 | 0, WRITE)).toMatchObject({ physical: 0xfee00000, write: true });
});

test('a 4 MiB page takes address bits 39 to 32 from its entry', () => {
  const memory = new Memory();
  memory.write32(0x1000 + 0x201 * 4, 0x00c02083);
  const env = { memory, cr0: 0x80000011 | 0, cr4: 0x10, efer: 0, cr3: 0x1000, pdpte: [], physicalBits: 40, gigabytePages: false };
  expect(walk(env, 0, 0x80412345 | 0, READ)).toMatchObject({ physical: 0x1_00c1_2000, size: 0x400000 });
  expect(walk({ ...env, physicalBits: 32 }, 0, 0x80412345 | 0, READ)).toBe(PF_P | PF_RSVD);
});

test('PAE takes its pointers from the processor', () => {
  const memory = new Memory();
  memory.write64(0x5000 + 8, 0x6003n);
  memory.write64(0x6000 + 8, 0x7003n);
  const env = {
    memory,
    cr0: 0x80000011 | 0,
    cr4: 0x20,
    efer: 0,
    cr3: 0x20,
    pdpte: [0, 0, 0, 0, 0, 0, 0x5001, 0],
    physicalBits: 40,
    gigabytePages: false,
  };
  expect(walk(env, 0, 0xc0201000 | 0, READ)).toMatchObject({ physical: 0x7000 });
  expect(walk(env, 0, 0x80201000 | 0, READ)).toBe(0);
});
