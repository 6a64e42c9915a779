// SPDX-License-Identifier: MIT
/**
 * @fileoverview Where things lie for random sequences in system mode: memory below 64 KiB, so that every mode reaches it; what sequences
 * must not spoil lies above 1 MiB. `driver.asm` knows the same addresses.
 */

export const RAM_SIZE = 0x4000000;
export const DRIVER = 0x3000;
/** Number of the sequence being run (before the first: -1), and how many there are. */
export const VARIABLES = 0x3f0000;

export const GDT = 0x1000;
export const GDT_LIMIT = 0x11f;
export const LDT = 0x1400;
export const TSS = 0x1600;
export const TSS_LIMIT = 0x8f;
export const IDT = 0x2000;
/** Stack of interrupts from CPL 3. */
export const INTERRUPT_STACK = 0x7f00;
export const CODE = 0x8000;
export const CODE_LIMIT = 0x600;
/** Three plain pages of data, and one with permissions of its own. */
export const DATA = 0x9000;
export const SPECIAL = 0xc000;
export const STACK3 = 0xd800;
export const STACK0 = 0xe800;
export const PAGE_TABLES = 0x10000;
/** Second addresses of the data pages 9 to E, where there is paging. */
export const ALIAS = 0x30000;
export const ALIAS_PAGES = 6;
/** Large pages that map everything once more. */
export const LARGE_ALIAS = { legacy: 0x400000, pae: 0x200000, long: 0x200000 } as const;

/** Where nothing can spoil them: in QEMU's firmware; here they are written again for every sequence. */
export const TEMPLATES = { qemu: 0xfff70000, ours: 0x100000 } as const;
export const TEMPLATE_SIZE = 0x20000;
export const CASES = 0x400000;
export const CASE_SIZE = 0x800;
export const HEADER_SIZE = 0x200;
export const MOST_CASES = 1500;
export const MOST_UNITS = 100;
export const RESULTS = 0x1000000;
export const RESULT_SIZE = 0x2c00;
/** Pages whose contents are compared, in the order of their hashes. */
export const HASHED = [0, 1, 2, 7, 8, 9, 10, 11, 12, 13, 14, 0x10, 0x11, 0x12, 0x13];
export const RESULT_EVENTS = 0x80;
export const EVENT_SIZE = 0x140;
export const MOST_EVENTS = 32;

/** In the order that SYSCALL, SYSRET, SYSENTER and SYSEXIT want. */
export const SELECTOR = {
  code32: 0x08,
  data: 0x10,
  code32Level3: 0x18,
  dataLevel3: 0x20,
  code64Level3: 0x28,
  code16: 0x30,
  code16Level3: 0x38,
  code64: 0x48,
  dataAgain: 0x50,
  stack16: 0x58,
  stack16Level3: 0x60,
  shifted: 0x68,
  readOnly: 0x70,
  executeOnly: 0x78,
  conforming: 0x80,
  dataAbsent: 0x88,
  codeAbsent: 0x90,
  gate: 0x98,
  gateLevel0: 0xa8,
  gateAbsent: 0xb8,
  otherTss: 0xc8,
  ldtAbsent: 0xd8,
  ldt: 0xe8,
  tss: 0xf8,
  /** In the LDT. */
  localData: 0x0c,
  localCode: 0x14,
} as const;

/** How a sequence is entered. */
export const ENTRY = { real: 0, legacy: 1, long: 2 } as const;
export type Paging = 'none' | 'legacy' | 'pae' | 'long';
/** Templates in their order. */
export const TEMPLATE_OF: Readonly<Record<Paging, number>> = { none: 0, legacy: 1, pae: 2, long: 3 };

export interface Mode {
  name: string;
  entry: number;
  bits: 16 | 32 | 64;
  level: 0 | 3;
  paging: Paging;
  cs: number;
  ss: number;
}
const at = (name: string, bits: 16 | 32 | 64, level: 0 | 3, paging: Paging, cs: number, ss: number): Mode => ({
  name,
  entry: name === 'real' ? ENTRY.real : paging === 'long' ? ENTRY.long : ENTRY.legacy,
  bits,
  level,
  paging,
  cs: cs | level,
  ss: ss | level,
});
export const MODES: readonly Mode[] = [
  at('real', 16, 0, 'none', 0, 0),
  at('protected 16', 16, 0, 'none', SELECTOR.code16, SELECTOR.stack16),
  at('protected 16 level 3', 16, 3, 'none', SELECTOR.code16Level3, SELECTOR.stack16Level3),
  at('protected 32', 32, 0, 'none', SELECTOR.code32, SELECTOR.data),
  at('protected 32 level 3', 32, 3, 'none', SELECTOR.code32Level3, SELECTOR.dataLevel3),
  at('paged 16', 16, 0, 'legacy', SELECTOR.code16, SELECTOR.data),
  at('paged 32', 32, 0, 'legacy', SELECTOR.code32, SELECTOR.data),
  at('paged 32 level 3', 32, 3, 'legacy', SELECTOR.code32Level3, SELECTOR.dataLevel3),
  at('PAE 32', 32, 0, 'pae', SELECTOR.code32, SELECTOR.data),
  at('PAE 32 level 3', 32, 3, 'pae', SELECTOR.code32Level3, SELECTOR.dataLevel3),
  at('long', 64, 0, 'long', SELECTOR.code64, SELECTOR.data),
  at('long level 3', 64, 3, 'long', SELECTOR.code64Level3, SELECTOR.dataLevel3),
  at('compatibility 32', 32, 0, 'long', SELECTOR.code32, SELECTOR.data),
  at('compatibility 32 level 3', 32, 3, 'long', SELECTOR.code32Level3, SELECTOR.dataLevel3),
  at('compatibility 16 level 3', 16, 3, 'long', SELECTOR.code16Level3, SELECTOR.stack16Level3),
];
