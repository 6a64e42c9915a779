// SPDX-License-Identifier: MIT
import { beforeEach, expect, test } from 'vitest';
import { type Guest, loadGuest } from '../asc/hostWasm.ts';

const source = `
import { Pool } from 'runtime/pool';
@unmanaged class Item { tag: u32; uses: u32; pad: u64; }
let slabs = 0;
let slabsLeft = 3;
function source(bytes: usize): usize {
  if (!slabsLeft) return 0;
  slabsLeft--; slabs++;
  const at = (<usize>memory.size()) << 16;
  memory.grow(<i32>((bytes + 0xffff) >> 16));
  return at;
}
const pool = new Pool('item', offsetof<Item>(), source, (p) => { changetype<Item>(p).tag = 0xc0de; }, 1024);
export function alloc(): usize { return pool.alloc(); }
export function free(p: usize): void { pool.free(p); }
export function tag(p: usize): u32 { return changetype<Item>(p).tag; }
export function use(p: usize): u32 { return ++changetype<Item>(p).uses; }
export function used(): u32 { return pool.used; }
export function total(): u32 { return pool.total; }
export function slabCount(): i32 { return slabs; }
`;
let guest: Guest;
beforeEach(async () => {
  guest = await loadGuest({
    source,
    target: 'kernel',
    imports: { cpu: { cli: () => undefined, inb: () => 0x20, outb: () => undefined, hlt: halt, framePointer: () => 0n } },
  });
}, 120_000);
function halt(): never {
  throw new Error('halted');
}

test('objects come constructed, distinct and aligned', () => {
  const objects = Array.from({ length: 60 }, () => guest.call('alloc') as number);
  expect(new Set(objects).size).toBe(60);
  for (const object of objects) {
    expect(object % 16).toBe(0);
    expect(guest.call('tag', object)).toBe(0xc0de);
  }
  expect(guest.call('used')).toBe(60);
});

test('a freed object keeps its state and is handed out next', () => {
  const object = guest.call('alloc') as number;
  guest.call('use', object);
  guest.call('free', object);
  expect(guest.call('used')).toBe(0);
  expect(guest.call('alloc')).toBe(object);
  expect(guest.call('use', object)).toBe(2);
});

test('a pool whose source has run dry gives 0, and works again after a free', () => {
  const objects: number[] = [];
  for (;;) {
    const object = guest.call('alloc') as number;
    if (!object) break;
    objects.push(object);
  }
  // Three slabs of 1024 bytes; 16 bytes of object and 8 of link make 32, since cells are aligned to 16.
  expect(objects.length).toBe(3 * Math.floor(1024 / 32));
  expect(guest.call('slabCount')).toBe(3);
  guest.call('free', objects[5]);
  expect(guest.call('alloc')).toBe(objects[5]);
});

test('freeing twice is caught', () => {
  const object = guest.call('alloc') as number;
  guest.call('free', object);
  expect(() => guest.call('free', object)).toThrow();
});
