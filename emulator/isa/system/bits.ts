// SPDX-License-Identifier: MIT
/**
 * @fileoverview Names of control bits and vectors (APM vol. 2, chapter 3 and 8.2), and the questions about modes that they answer.
 */
import { SEG, SEGMENT, SLOT, segmentSlot } from '../../ir/state.ts';
import type { Cpu } from '../helper.ts';

export const CR0_PE = 1 << 0;
export const CR0_MP = 1 << 1;
export const CR0_EM = 1 << 2;
export const CR0_TS = 1 << 3;
export const CR0_ET = 1 << 4;
export const CR0_NE = 1 << 5;
export const CR0_WP = 1 << 16;
export const CR0_AM = 1 << 18;
export const CR0_NW = 1 << 29;
export const CR0_CD = 1 << 30;
export const CR0_PG = 1 << 31;

export const CR4_VME = 1 << 0;
export const CR4_PVI = 1 << 1;
export const CR4_TSD = 1 << 2;
export const CR4_DE = 1 << 3;
export const CR4_PSE = 1 << 4;
export const CR4_PAE = 1 << 5;
export const CR4_MCE = 1 << 6;
export const CR4_PGE = 1 << 7;
export const CR4_PCE = 1 << 8;
export const CR4_OSFXSR = 1 << 9;
export const CR4_OSXMMEXCPT = 1 << 10;
export const CR4_UMIP = 1 << 11;
export const CR4_LA57 = 1 << 12;
export const CR4_FSGSBASE = 1 << 16;
export const CR4_PCIDE = 1 << 17;
export const CR4_OSXSAVE = 1 << 18;
export const CR4_SMEP = 1 << 20;
export const CR4_SMAP = 1 << 21;

export const EFER_SCE = 1 << 0;
export const EFER_LME = 1 << 8;
export const EFER_LMA = 1 << 10;
export const EFER_NXE = 1 << 11;
export const EFER_SVME = 1 << 12;
export const EFER_FFXSR = 1 << 14;

export const RFLAGS_CF = 1 << 0;
export const RFLAGS_PF = 1 << 2;
export const RFLAGS_AF = 1 << 4;
export const RFLAGS_ZF = 1 << 6;
export const RFLAGS_SF = 1 << 7;
export const RFLAGS_TF = 1 << 8;
export const RFLAGS_IF = 1 << 9;
export const RFLAGS_DF = 1 << 10;
export const RFLAGS_OF = 1 << 11;
export const RFLAGS_IOPL = 3 << 12;
export const RFLAGS_NT = 1 << 14;
export const RFLAGS_RF = 1 << 16;
export const RFLAGS_VM = 1 << 17;
export const RFLAGS_AC = 1 << 18;
export const RFLAGS_VIF = 1 << 19;
export const RFLAGS_VIP = 1 << 20;
export const RFLAGS_ID = 1 << 21;
/** Every flag that can be one, bit 1 aside. */
export const RFLAGS_ALL = 0x3f7fd5;

export const VECTOR = {
  DE: 0,
  DB: 1,
  NMI: 2,
  BP: 3,
  OF: 4,
  BR: 5,
  UD: 6,
  NM: 7,
  DF: 8,
  TS: 10,
  NP: 11,
  SS: 12,
  GP: 13,
  PF: 14,
  MF: 16,
  AC: 17,
  MC: 18,
  XM: 19,
} as const;

/** Attributes of a segment (`SEG.attributes`). */
export const ATTRIBUTE = {
  accessed: 1,
  readWrite: 2,
  conforming: 4,
  expandDown: 4,
  code: 8,
  s: 0x10,
  dpl: 0x60,
  present: 0x80,
  long: 0x200,
  big: 0x400,
  granularity: 0x800,
} as const;

export const protectedMode = (cpu: Cpu): boolean => (cpu.read32(SLOT.CR0) & CR0_PE) !== 0;
/** EFER.LMA: 64-bit or compatibility mode. */
export const longMode = (cpu: Cpu): boolean => (cpu.read32(SLOT.EFER) & EFER_LMA) !== 0;
export const attributesOf = (cpu: Cpu, seg: number): number => cpu.read16(segmentSlot(seg) + SEG.attributes);
export const selectorOf = (cpu: Cpu, seg: number): number => cpu.read16(segmentSlot(seg) + SEG.selector);
/** As a linear address in a number. */
export const baseOf = (cpu: Cpu, seg: number): number => readLinear(cpu, segmentSlot(seg) + SEG.base);
/** Width of the stack pointer: CS decides in 64-bit mode, SS.B elsewhere. */
export function stackSize(cpu: Cpu): 16 | 32 | 64 {
  if (cpu.codeSize === 64) return 64;
  return attributesOf(cpu, SEGMENT.ss) & ATTRIBUTE.big ? 32 : 16;
}
export const ioPrivilege = (cpu: Cpu): number => (cpu.read32(SLOT.RFLAGS) >> 12) & 3;

/** Bits of a linear address; 5-level paging would widen it. */
export const LINEAR_BITS = 48;
/**
 * Linear addresses in numbers are signed, as far as they are canonical exact, and may be calculated with: kernels lie below zero, and what is not
 * canonical lies outside of +-2^47. Outside long mode they are unsigned 32-bit numbers.
 */
export const linearOf = (low: number, high: number): number => (high | 0) * 2 ** 32 + (low >>> 0);
export const isCanonical = (linear: number): boolean => linear >= -(2 ** 47) && linear < 2 ** 47;
/** What a state field of 64 bits holds. */
export const readLinear = (cpu: Cpu, slot: number): number => linearOf(cpu.read32(slot), cpu.read32(slot + 4));
export function writeLinear(cpu: Cpu, slot: number, linear: number): void {
  cpu.write32(slot, linear | 0);
  cpu.write32(slot + 4, Math.floor(linear / 2 ** 32));
}
export const canonical = (address: bigint): boolean => BigInt.asIntN(LINEAR_BITS, address) === BigInt.asIntN(64, address);
