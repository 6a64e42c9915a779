// SPDX-License-Identifier: MIT
import { beforeAll, describe, expect, test } from 'vitest';
import { type Guest, GuestTrap, loadGuest } from '../asc/hostWasm.ts';

const source = `
class Node { next: Node | null = null; constructor(public value: i32) {} }
let list: Node | null = null;
const table: (Node | null)[] = [null, null, null, null];
export function makeList(count: i32): void {
  for (let i = 0; i < count; i++) { const node = new Node(i); node.next = list; list = node; }
}
export function sumList(): i64 { let sum: i64 = 0; let node: Node | null = list; while (node) { sum += node.value; node = node.next; } return sum; }
export function dropList(): void { list = null; }
export function keepInStaticArray(value: i32): void { table[2] = new Node(value); }
export function staticArrayValue(): i32 { return table[2]!.value; }
export function garbage(count: i32, size: i32): void { for (let i = 0; i < count; i++) new StaticArray<u8>(size); }
let buffers: StaticArray<u8>[] = [];
/** Allocates one object of each size and fills it; the answer tells whether all read as zero first. */
export function fillSizes(from: i32, to: i32, step: i32): bool {
  for (let size = from; size <= to; size += step) {
    const buffer = new StaticArray<u8>(size);
    if (changetype<usize>(buffer) & 15) return false;
    for (let i = 0; i < size; i++) { if (buffer[i] != 0) return false; buffer[i] = <u8>(size * 7 + i); }
    buffers.push(buffer);
  }
  return true;
}
export function checkSizes(): i32 {
  for (let k = 0; k < buffers.length; k++) {
    const buffer = buffers[k], size = buffer.length;
    for (let i = 0; i < size; i++) if (buffer[i] != <u8>(size * 7 + i)) return -1;
  }
  return buffers.length;
}
export function dropSizes(): void { buffers = []; }
export function join(count: i32): i32 { let text = ''; for (let i = 0; i < count; i++) text += i.toString(); return text.length; }
const map = new Map<string, i32>();
export function mapPut(count: i32): void { for (let i = 0; i < count; i++) map.set('key ' + i.toString(), i); }
export function mapSum(): i32 { let sum = 0; const values = map.values(); for (let i = 0; i < values.length; i++) sum += values[i]; return sum; }
export function interior(size: i32, offset: i32): bool {
  const pointer = changetype<usize>(new StaticArray<u8>(size));
  return objectAt(pointer + offset) == pointer;
}
import { giveBackPages, objectAt } from 'runtime/heap';
export function giveBack(): void { giveBackPages(); }
export function stray(address: usize): usize { return objectAt(address); }
export function nothing(): i32 { return changetype<Node>(<usize>0).value; }
export function outOfRange(index: i32): i32 { const values = [1, 2, 3]; return values[index]; }
export { heapLive, heapSize, heapCollections } from 'runtime/heap';
`;

describe.each(['user', 'kernel'] as const)('the %s heap', (target) => {
  let guest: Guest;
  const given: number[] = [];
  beforeAll(async () => {
    // What the system does to pages that are given back: anything may be in them afterwards.
    const discard = (_number: bigint, at: bigint, bytes: bigint): bigint => {
      given.push(Number(bytes));
      new Uint8Array(guest.memory.buffer, Number(at), Number(bytes)).fill(0xff);
      return 0n;
    };
    guest = await loadGuest({ source, target, heapBytes: 64 << 20, imports: { sys: { call6: discard } } });
  }, 120_000);

  test('a million-node list survives collection, and goes when dropped', () => {
    guest.call('makeList', 1_000_000);
    const before = guest.call('heapLive') as number;
    guest.collect();
    guest.collect();
    expect(guest.call('sumList')).toBe((999_999n * 1_000_000n) / 2n);
    expect(guest.call('heapLive')).toBeGreaterThan(before * 0.9);
    guest.call('dropList');
    guest.collect();
    expect(guest.call('heapLive')).toBeLessThan(100_000);
  });

  test('memory of dead objects is used again', () => {
    guest.call('garbage', 1000, 40);
    guest.collect();
    const size = guest.call('heapSize');
    for (let round = 0; round < 20; round++) {
      guest.call('garbage', 20_000, 40);
      guest.call('garbage', 50, 100_000);
      guest.collect();
    }
    expect(guest.call('heapSize')).toBe(size);
  });

  test('objects of all sizes are zeroed, aligned and keep their content', () => {
    guest.call('garbage', 1000, 700);
    guest.collect();
    expect(guest.call('fillSizes', 0, 1200, 1)).toBe(1);
    expect(guest.call('fillSizes', 7000, 70_000, 1111)).toBe(1);
    guest.collect();
    expect(guest.call('fillSizes', 0, 1200, 3)).toBe(1);
    guest.collect();
    expect(guest.call('checkSizes')).toBe(1201 + 57 + 401);
    guest.call('dropSizes');
    guest.collect();
  });

  if (target === 'user')
    test('pages without objects are given back, and used again', () => {
      guest.call('fillSizes', 0, 1200, 3);
      guest.call('garbage', 50, 100_000);
      guest.collect();
      guest.call('giveBack');
      expect(given.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThan(50 * 100_000);
      expect(guest.call('fillSizes', 0, 70_000, 111)).toBe(1);
      guest.collect();
      expect(guest.call('checkSizes')).toBe(401 + 631);
      guest.call('dropSizes');
      guest.collect();
    });

  test('a static array keeps what it refers to', () => {
    guest.call('keepInStaticArray', 4711);
    for (let round = 0; round < 5; round++) {
      guest.collect();
      guest.call('garbage', 5000, 24);
    }
    expect(guest.call('staticArrayValue')).toBe(4711);
  });

  test('the library runs on it: strings and maps', () => {
    expect(guest.call('join', 1000)).toBe(2890);
    guest.call('mapPut', 2000);
    guest.collect();
    guest.call('garbage', 20_000, 64);
    expect(guest.call('mapSum')).toBe(1999 * 1000);
  });

  test.each([[1], [40], [600], [8000], [9000], [100_000]])('an object of %i bytes is found from any address within', (size) => {
    for (const offset of [-20, -1, 0, 1, size >> 1, size - 1]) expect(guest.call('interior', size, offset)).toBe(1);
  });

  test('addresses that are in no object are none', () => {
    for (const address of [0, 4, 0x1_0000, 0x7fff_ffff, -4]) expect(guest.call('stray', address)).toBe(0);
  });

  test('pinned objects survive, unpinned ones do not', () => {
    const pointer = guest.bytes([1, 2, 3]);
    guest.collect();
    guest.call('garbage', 1000, 3);
    expect([...guest.read(pointer, 3)]).toEqual([1, 2, 3]);
    expect(guest.call('stray', pointer)).toBe(pointer);
    guest.exports.__unpin(pointer);
    guest.collect();
    expect(guest.call('stray', pointer)).toBe(0);
  });
});

test('a kernel heap that is full says so', async () => {
  const guest = await loadGuest({ source, target: 'kernel', heapBytes: 2 << 20, imports: { cpu: fakeConsole() } });
  expect(() => guest.call('makeList', 1_000_000)).toThrow();
  expect(printed).toContain('kernel heap exhausted');
});

test('a trap names the function, the file and the line', async () => {
  const guest = await loadGuest({ source, target: 'user', imports: { sys: { call: () => 0n } } });
  const trap = (() => {
    try {
      guest.call('outOfRange', 3);
    } catch (error) {
      return error;
    }
  })();
  expect(trap).toBeInstanceOf(GuestTrap);
  const line = source.split('\n').findIndex((text) => text.includes('function outOfRange')) + 1;
  expect(String(trap)).toContain(`outOfRange (source.ts:${line})`);
});

let printed = '';
function fakeConsole() {
  return {
    inb: () => 0x20,
    outb: (port: number, value: number) => {
      if (port === 0x3f8) printed += String.fromCharCode(value);
    },
    cli: () => undefined,
    framePointer: () => 0n,
    hlt: () => {
      throw new Error('halted');
    },
  };
}
