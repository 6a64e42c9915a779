// SPDX-License-Identifier: MIT
/** @fileoverview Units about paging, and code that changes itself. */
import { ALIAS, ALIAS_PAGES, SPECIAL } from './layout.ts';
import { type Situation, same, type Unit } from './situation.ts';
import { entryOf } from './templates.ts';

export function pageTables(s: Situation): Unit {
  const { asm, r, mode } = s;
  if (mode.paging === 'none') return same([0x90]);
  const i = r.below(ALIAS_PAGES + 1);
  const page = i === ALIAS_PAGES ? SPECIAL >> 12 : (ALIAS >> 12) + i;
  const { address, bytes } = entryOf(mode.paging, page);
  const frame = (9 + r.below(6)) << 12;
  const flags = (r.one(5) ? 0 : 1) | (r.one(4) ? 0 : 2) | (r.one(4) ? 0 : 4) | (r.one(4) ? r.u32() & 0x78 : 0);
  const high = bytes === 8 && r.one(4) ? r.pick([0x80000000, 0, 0, 0x100000]) : 0;
  const flush = r.one(3) ? [...asm.fromControl(3), ...asm.toControl(3)] : asm.memory([], [0x0f, 0x01], 7, page << 12);
  const store = [...asm.store32(address, frame | flags), ...(bytes === 8 ? asm.store32(address + 4, high) : [])];
  return same([...store, ...flush]);
}

/** A change to code that is about to run. */
export function selfModification({ asm, r, mode }: Situation): Unit {
  const value = r.u32();
  const [mask, by] = [r.below(256), r.below(4)];
  return (at) => {
    const write = (place: number): number[] => [...asm.memory(mode.bits === 64 ? [] : [0x36], [0x80], 6, place), mask];
    const target = at + write(0x9000).length + asm.o32.length + 1 + by;
    return [...write(target), ...asm.withEax(0x05, value)];
  };
}
