// SPDX-License-Identifier: MIT
/** @fileoverview One sequence: a mode, a state to start in, and units; all of it follows from a seed. */
import { integer, Random } from '../../hardware/random.ts';
import { Assembler, littleEndian } from './assembler.ts';
import {
  ALIAS,
  ALIAS_PAGES,
  CASE_SIZE,
  CODE,
  CODE_LIMIT,
  ENTRY,
  GDT,
  GDT_LIMIT,
  HEADER_SIZE,
  IDT,
  MODES,
  type Mode,
  PAGE_TABLES,
  SELECTOR,
  SPECIAL,
  STACK0,
  STACK3,
  TEMPLATE_OF,
} from './layout.ts';
import type { Situation, Unit } from './situation.ts';
import { entryOf } from './templates.ts';
import { randomUnit } from './units.ts';

const CR0_WP = 0x10000;
const CR4 = { de: 8, pse: 0x10, pae: 0x20, pge: 0x80, fsgsbase: 0x10000, umip: 0x800, smap: 0x200000, smep: 0x100000 } as const;
const EFER = { sce: 1, lme: 0x100, nxe: 0x800 } as const;
const MOST_UNITS = 40;

export interface Sequence {
  seed: number;
  mode: Mode;
  cr0: number;
  cr4: number;
  efer: number;
  flags: number;
  registers: readonly bigint[];
  segments: { ds: number; es: number; fs: number; gs: number };
  patches: readonly { address: number; bytes: number[] }[];
  units: readonly Unit[];
}

export function randomSequence(seed: number): Sequence {
  const r = new Random(seed);
  const mode = r.pick(MODES);
  const paged = mode.paging !== 'none';
  const userCode = mode.level === 3 || r.one(3);
  const traps = r.pick(['none', 'none', 'none', 'none', 'none', 'none', 'steps', 'breakpoints'] as const);
  const s: Situation = { mode, r, asm: new Assembler(mode.bits), traps, userCode };
  const sometimes = (bit: number, n = 3): number => (r.one(n) ? bit : 0);
  let cr4 = 0x600 | sometimes(CR4.de) | sometimes(CR4.fsgsbase) | sometimes(CR4.umip, 5) | sometimes(CR4.pge);
  if (mode.paging === 'legacy') cr4 |= CR4.pse;
  if (mode.paging === 'pae' || mode.paging === 'long') cr4 |= CR4.pae;
  // With SMAP, QEMU takes RETF and IRET at level 3 for supervisor accesses to the stack.
  if (paged && !userCode) cr4 |= sometimes(CR4.smap, 6) | sometimes(CR4.smep);
  const cr0 =
    (mode.entry === ENTRY.real ? 0x30 : paged ? 0x80000031 : 0x31) | sometimes(CR0_WP, 2) | sometimes(2) | sometimes(8, 10);
  const efer = sometimes(EFER.sce, 2) | (mode.paging === 'long' ? EFER.lme : 0) | (r.one(4) ? 0 : EFER.nxe);
  const iopl = r.one(2) ? 0 : r.below(4);
  const flags = 2 | (r.u32() & 0x8d5) | sometimes(0x200) | (iopl << 12);
  const registers = Array.from({ length: 16 }, () => (mode.bits === 64 ? integer(r) : integer(r) & 0xffffffffn));
  registers[4] = BigInt(mode.level === 3 ? STACK3 : STACK0);
  const data = mode.entry === ENTRY.real ? 0 : SELECTOR.dataLevel3 | 3;
  const patches: { address: number; bytes: number[] }[] = [];
  if (paged) {
    const setEntry = (page: number, flagsOf: number, high = 0): void => {
      const { address, bytes } = entryOf(mode.paging, page);
      patches.push({ address, bytes: [...littleEndian(flagsOf, 4), ...(bytes === 8 ? littleEndian(high, 4) : [])] });
    };
    if (userCode) setEntry(CODE >> 12, CODE | 7);
    const noExecute = (): number => (r.one(4) && efer & EFER.nxe ? 0x80000000 : 0);
    setEntry(SPECIAL >> 12, SPECIAL | r.pick([7, 7, 5, 3, 1, 6, 0x27, 0x67]), noExecute());
    for (let i = 0; i < ALIAS_PAGES; i++)
      if (r.one(2)) setEntry((ALIAS >> 12) + i, ((9 + i) << 12) | r.pick([7, 7, 5, 3, 1, 0, 0x25]), noExecute());
  }
  const count = 6 + r.below(MOST_UNITS - 6);
  const units: Unit[] = [];
  let size = CODE;
  while (units.length < count) {
    const unit = randomUnit(s);
    size += unit(size).length;
    if (size > CODE + CODE_LIMIT) break;
    units.push(unit);
  }
  return { seed, mode, cr0, cr4, efer, flags, registers, segments: { ds: data, es: data, fs: data, gs: data }, patches, units };
}

/** The bytes of each unit. */
export function unitBytes(q: Sequence): number[][] {
  let at = CODE;
  return q.units.map((unit) => {
    const bytes = unit(at);
    at += bytes.length;
    return bytes;
  });
}

/** As the driver wants it. */
export function serialize(q: Sequence): Uint8Array {
  const bytes = new Uint8Array(CASE_SIZE);
  const v = new DataView(bytes.buffer);
  const { mode } = q;
  const real = mode.entry === ENTRY.real;
  const words = [
    ...[mode.entry, TEMPLATE_OF[mode.paging], q.cr0, mode.paging === 'none' ? 0 : PAGE_TABLES, q.cr4, q.efer],
    ...[mode.cs, mode.ss, q.segments.ds, q.segments.es, q.segments.fs, q.segments.gs],
    ...[q.flags, CODE, SELECTOR.ldt, SELECTOR.tss],
  ];
  words.forEach((word, i) => {
    v.setUint32(i * 4, word, true);
  });
  q.registers.forEach((value, i) => {
    v.setBigUint64(0x40 + i * 8, value, true);
  });
  v.setUint16(0xc0, GDT_LIMIT, true);
  v.setUint32(0xc2, GDT, true);
  v.setUint16(0xd0, mode.paging === 'long' ? 0x3ff : real ? 0xff : 0x1ff, true);
  v.setUint32(0xd2, real ? 0 : IDT, true);
  const code = [
    ...[SELECTOR.code32, SELECTOR.code32Level3, SELECTOR.code16, SELECTOR.code16Level3, SELECTOR.code64, SELECTOR.code64Level3],
    ...[SELECTOR.conforming, SELECTOR.localCode],
  ];
  code.forEach((selector, i) => {
    v.setUint16(0xe0 + i * 2, selector & 0xfffc, true);
  });
  const units = unitBytes(q);
  let at = CODE;
  const starts: number[] = [];
  for (const unit of units) {
    starts.push(at);
    at += unit.length;
  }
  v.setUint16(0xf0, at, true);
  v.setUint16(0xf2, starts.length, true);
  starts.forEach((start, i) => {
    v.setUint16(0xf4 + i * 2, start, true);
  });
  let p = HEADER_SIZE;
  for (const patch of [...q.patches, { address: CODE, bytes: units.flat() }, { address: 0, bytes: [] }]) {
    v.setUint32(p, patch.address, true);
    v.setUint32(p + 4, patch.bytes.length, true);
    bytes.set(patch.bytes, p + 8);
    p += 8 + patch.bytes.length;
  }
  return bytes;
}
