// SPDX-License-Identifier: MIT
/** @fileoverview What a unit is made for: mode, traps, random numbers; and addresses, selectors and flags that suit it. */
import type { Random } from '../../hardware/random.ts';
import type { Assembler } from './assembler.ts';
import { ALIAS, ALIAS_PAGES, DATA, GDT_LIMIT, LARGE_ALIAS, type Mode, SELECTOR, SPECIAL } from './layout.ts';

export type Unit = (at: number) => number[];

export interface Situation {
  mode: Mode;
  r: Random;
  asm: Assembler;
  /** Exceptions between any two instructions. */
  traps: 'none' | 'steps' | 'breakpoints';
  /** The code page belongs to the user. */
  userCode: boolean;
}
const STATUS_FLAGS = 0x8d5;
export const TF = 0x100;
export const IF = 0x200;
const DF = 0x400;
export const NT = 0x4000;
export const VM = 0x20000;
export const VIF = 0x80000;
export const VIP = 0x100000;
const ID = 0x200000;

/** Where a memory operand lies. */
export function dataAddress({ mode, r }: Situation): number {
  const plain = DATA + r.below(0x2f00);
  switch (r.below(mode.paging === 'none' ? 8 : 12)) {
    case 0:
      // Across pages.
      return DATA + 0x1000 * (1 + r.below(2)) - r.below(16);
    case 1:
      return SPECIAL + r.below(0x1000) - 8;
    case 2:
    case 3:
    case 4:
      return plain & ~15;
    case 8:
    case 9:
      return ALIAS + r.below(ALIAS_PAGES * 0x1000);
    case 10:
      return mode.paging === 'none' ? plain : LARGE_ALIAS[mode.paging] + plain;
    default:
      return plain;
  }
}

/** In the plain pages, which all may use; also with the bases that DS and ES may have. */
export const openAddress = ({ r }: Situation): number => DATA + r.below(0x2c00);

export const same =
  (bytes: number[]): Unit =>
  () =>
    bytes;

/** `make` gets the address behind the unit; its length must not depend on it. */
export function before(make: (next: number) => number[]): Unit {
  return (at) => make(at + make(at).length);
}

export function flagsImage({ r, traps, mode }: Situation): number {
  let flags = 2 | (r.u32() & STATUS_FLAGS);
  if (r.one(3)) flags |= IF;
  if (r.one(8)) flags |= DF;
  if (r.one(8)) flags |= ID;
  if (r.one(4)) flags |= r.below(4) << 12;
  if (traps === 'steps' && r.one(3)) flags |= TF;
  return mode.bits === 16 && mode.entry === 0 ? flags & 0xffff : flags;
}

/** Data and stack segments that can be used with any level, and those that cannot be loaded. */
export function dataSelector({ mode, r }: Situation): number {
  if (mode.entry === 0) return r.pick([0, 0, 0x10, 0x20]);
  const good = [SELECTOR.dataLevel3 | 3, SELECTOR.dataLevel3, SELECTOR.shifted | 3, SELECTOR.localData | 3];
  const bad = [
    ...[SELECTOR.tss, SELECTOR.gate, SELECTOR.dataAbsent | 3, SELECTOR.executeOnly | 3, 0x7ff8, GDT_LIMIT + 1, SELECTOR.ldt],
    ...[SELECTOR.data | 3, 0x4c],
  ];
  return r.one(3) ? r.pick(bad) : r.pick(good);
}

export function anySelector({ r }: Situation): number {
  return r.pick(Object.values(SELECTOR)) + r.pick([0, 0, 1, 2, 3, 3, 0x400]);
}

export function stackSelector({ mode, r }: Situation): number {
  if (mode.entry === 0) return 0;
  const own = mode.level === 0 ? [SELECTOR.data, SELECTOR.stack16] : [SELECTOR.dataLevel3 | 3, SELECTOR.stack16Level3 | 3];
  const bad = [0, SELECTOR.readOnly | 3, SELECTOR.dataAbsent, SELECTOR.code32, 0x7ff8];
  return r.one(3) ? r.pick(mode.bits === 64 ? bad.slice(1) : bad) : r.pick(own);
}

/** Code of the same size, since the units behind were made for that; now and then what cannot be code. */
export function codeSelector({ mode, r }: Situation, level: number): number {
  if (mode.entry === 0) return 0;
  const of = {
    16: [SELECTOR.code16, SELECTOR.code16Level3],
    32: [SELECTOR.code32, SELECTOR.code32Level3],
    64: [SELECTOR.code64, SELECTOR.code64Level3],
  }[mode.bits];
  if (!r.one(6)) return of[level ? 1 : 0] | level;
  const bad = [
    ...[SELECTOR.codeAbsent | 3, SELECTOR.codeAbsent, SELECTOR.data, SELECTOR.tss, 0x7ff8, 0],
    ...[of[0] | 3, of[1], of[0], of[1] | 3],
  ];
  const more = [SELECTOR.conforming | level, SELECTOR.localCode | 3, SELECTOR.executeOnly | 3];
  return r.pick(mode.bits === 32 ? [...bad, ...more] : bad);
}
