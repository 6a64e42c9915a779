// SPDX-License-Identifier: MIT
/**
 * @fileoverview The state of the processor at a kernel's first instruction.
 *
 * Boot protocols agree on two states: flat 32-bit protected mode without paging (Linux' 32-bit entry, multiboot, PVH) and
 * 64-bit mode with an identity map (Linux' 64-bit entry). Registers not named are zero; interrupts are off; IDTR is empty; the
 * descriptors loaded are also in a GDT in RAM, since kernels reload segment registers before they have tables of their own.
 */

import type { BootMemory } from './bootMemory.ts';
import { ByteWriter } from './bytes.ts';

export const CR0_PE = 1;
export const CR0_ET = 1 << 4;
export const CR0_PG = 0x8000_0000;
export const CR4_PAE = 1 << 5;
export const EFER_LME = 1 << 8;
export const EFER_LMA = 1 << 10;
/** Bit 1 of RFLAGS always reads as one. */
const RFLAGS_RESET = 2;

/**
 * A segment register. `attributes` are packed as in a VMCB (APM vol. 2, 15.5.1): bits 7:0 are bits 47:40 of the descriptor
 * (type, S, DPL, P), bits 11:8 are its bits 55:52 (AVL, L, D/B, G). `limit` is in bytes, granularity already applied.
 */
export interface SegmentState {
  selector: number;
  base: number;
  limit: number;
  attributes: number;
}

export type SegmentName = 'cs' | 'ds' | 'es' | 'ss' | 'fs' | 'gs' | 'tr' | 'ldtr';
export type RegisterName = 'rax' | 'rbx' | 'rcx' | 'rdx' | 'rsi' | 'rdi' | 'rbp' | 'rsp';

export interface CpuEntry {
  mode: 'protected32' | 'long64';
  rip: number;
  rflags: number;
  registers: Record<RegisterName, number>;
  cr0: number;
  cr3: number;
  cr4: number;
  efer: number;
  segments: Record<SegmentName, SegmentState>;
  gdtr: { base: number; limit: number };
  idtr: { base: number; limit: number };
}

/** Selectors Linux calls __BOOT_CS, __BOOT_DS and __BOOT_TSS; other protocols leave the choice to the loader. */
const BOOT_CS = 0x10;
const BOOT_DS = 0x18;
const BOOT_TSS = 0x20;

const CODE_READ_ACCESSED = 0x9b;
const DATA_WRITE_ACCESSED = 0x93;
const TSS32_BUSY = 0x8b;
const LDT = 0x82;
const ATTRIBUTE_L = 0x200;
const ATTRIBUTE_DB = 0x400;
const ATTRIBUTE_G = 0x800;

/** Flat 32-bit protected mode, paging off. */
export function protectedModeEntry(memory: BootMemory, rip: number, registers: Partial<Record<RegisterName, number>>): CpuEntry {
  return entry(memory, 'protected32', rip, registers, { cr0: CR0_PE | CR0_ET, cr3: 0, cr4: 0, efer: 0 });
}

/** 64-bit mode; the first 4 GiB are mapped to themselves. */
export function longModeEntry(memory: BootMemory, rip: number, registers: Partial<Record<RegisterName, number>>): CpuEntry {
  const cr3 = identityMap(memory);
  const cr0 = CR0_PG + (CR0_PE | CR0_ET);
  return entry(memory, 'long64', rip, registers, { cr0, cr3, cr4: CR4_PAE, efer: EFER_LME | EFER_LMA });
}

type ControlRegisters = Pick<CpuEntry, 'cr0' | 'cr3' | 'cr4' | 'efer'>;

function entry(
  memory: BootMemory,
  mode: CpuEntry['mode'],
  rip: number,
  registers: Partial<Record<RegisterName, number>>,
  control: ControlRegisters,
): CpuEntry {
  const flat = { base: 0, limit: 0xffff_ffff };
  const code = CODE_READ_ACCESSED | ATTRIBUTE_G | (mode === 'long64' ? ATTRIBUTE_L : ATTRIBUTE_DB);
  const cs = { selector: BOOT_CS, ...flat, attributes: code };
  const data = { selector: BOOT_DS, ...flat, attributes: DATA_WRITE_ACCESSED | ATTRIBUTE_G | ATTRIBUTE_DB };
  // PVH demands an active 32-bit TSS of base 0 and limit 67h; it harms nobody else.
  const tr = { selector: BOOT_TSS, base: 0, limit: 0x67, attributes: TSS32_BUSY };
  const ldtr = { selector: 0, base: 0, limit: 0, attributes: LDT };

  const gdt = new ByteWriter().u64(0, 0, descriptor(cs), descriptor(data), descriptor(tr), 0).finish();
  return {
    mode,
    rip,
    rflags: RFLAGS_RESET,
    registers: { rax: 0, rbx: 0, rcx: 0, rdx: 0, rsi: 0, rdi: 0, rbp: 0, rsp: 0, ...registers },
    ...control,
    segments: { cs, ds: { ...data }, es: { ...data }, ss: { ...data }, fs: { ...data }, gs: { ...data }, tr, ldtr },
    gdtr: { base: memory.place(gdt, 'descriptor table', { alignment: 16 }), limit: gdt.length - 1 },
    idtr: { base: 0, limit: 0 },
  };
}

/** Packs a segment into its 8-byte descriptor (APM vol. 2, 4.7). */
function descriptor(segment: SegmentState): bigint {
  const limit = segment.attributes & ATTRIBUTE_G ? segment.limit >>> 12 : segment.limit;
  const low = (BigInt(segment.base & 0xffff) << 16n) | BigInt(limit & 0xffff);
  const high =
    BigInt((segment.base >>> 16) & 0xff) |
    (BigInt(segment.attributes & 0xff) << 8n) |
    (BigInt((limit >>> 16) & 0xf) << 16n) |
    (BigInt((segment.attributes >>> 8) & 0xf) << 20n) |
    (BigInt((segment.base >>> 24) & 0xff) << 24n);
  return (high << 32n) | low;
}

/** 4 GiB in 2 MiB pages: one PML4, one PDPT, four page directories, contiguous. Returns the address of the PML4. */
function identityMap(memory: BootMemory): number {
  const PRESENT_WRITABLE = 3n;
  const PAGE_SIZE_BIT = 0x80n;
  const tables = 6;
  const base = memory.allocate(tables * 0x1000, 'page tables');
  const writer = new ByteWriter();
  writer.u64(BigInt(base + 0x1000) | PRESENT_WRITABLE).zeros(0x1000 - 8);
  for (let i = 0; i < 4; i++) writer.u64(BigInt(base + 0x2000 + i * 0x1000) | PRESENT_WRITABLE);
  writer.zeros(0x1000 - 32);
  for (let page = 0; page < 2048; page++) writer.u64(BigInt(page * 0x20_0000) | PAGE_SIZE_BIT | PRESENT_WRITABLE);
  memory.ram.write(base, writer.finish());
  return base;
}
