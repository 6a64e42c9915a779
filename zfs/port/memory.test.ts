// SPDX-License-Identifier: MIT
/** ZFS's memory: blocks that stay lie anywhere between those that went, and large ones can still be had; pieces that come back grow together. */
import { expect, test } from 'vitest';
import { loadGuest } from '../../toolchain/asc/hostWasm.ts';

const SIZE = 8 << 20;
const SOURCE = `
import { freeBuffer, hasLargePieces, memorySize, memoryUsed, newBuffer, setMemory, setReclaim } from './zfs/port/memory';
const arena = new StaticArray<u8>(${SIZE});
setMemory((changetype<usize>(arena) + 511) & ~511, ${SIZE} - 512);
/** A cache of blocks of 4 KiB: its oldest goes first. */
const cache: usize[] = [];
setReclaim((bytes: usize): bool => {
  if (!cache.length) return false;
  freeBuffer(cache.shift(), 4096);
  return true;
});
const kept: usize[] = [];
/** So many blocks are cached, and every so manieth is not, but stays. */
export function fill(count: i32, each: i32): void {
  for (let i = 0; i < count; i++) (i % each ? cache : kept).push(newBuffer(4096));
}
export function large(): usize { return newBuffer(131072); }
export function give(buffer: usize): void { freeBuffer(buffer, 131072); }
export function settle(): void { while (kept.length) cache.push(kept.pop()); }
export function empty(): void { while (cache.length) freeBuffer(cache.pop(), 4096); }
export function has(): bool { return hasLargePieces(); }
export function used(): usize { return memoryUsed(); }
export function size(): usize { return memorySize(); }
`;

test('large blocks can be had between small ones that stay, until there is a sync', async () => {
  const guest = await loadGuest({ source: SOURCE, target: 'kernel', heapBytes: 24 << 20 });
  const size = Number(guest.call('size'));
  const blocks = size / 4096;
  // All of the memory three times over, a quarter of the last time for good, wherever there is room.
  guest.call('fill', blocks * 3, 16);
  expect(Number(guest.call('has'))).toBe(1);
  const had: number[] = [];
  for (; Number(guest.call('has')); had.push(Number(guest.call('large')))) expect(had.length).toBeLessThan(1000);
  expect(had.length).toBeGreaterThan(0);
  // There is one more at least when a sync is asked for, and as many as before when what stayed is the cache's.
  had.push(Number(guest.call('large')));
  guest.call('settle');
  for (const buffer of had) guest.call('give', buffer);
  expect(Number(guest.call('has'))).toBe(1);
  guest.call('empty');
  expect(Number(guest.call('used'))).toBe(0);
});
