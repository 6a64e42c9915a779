// SPDX-License-Identifier: MIT
/**
 * @fileoverview Control registers and EFER: reserved bits, mode transitions and what they flush (APM vol. 2, 3.1, 5.1 and 14.6; SDM
 * vol. 3, 2.5, 4.10.4 and 5.1).
 *
 * Long mode: EFER.LME may change only while paging is off; setting CR0.PG with LME needs CR4.PAE and sets EFER.LMA, clearing it
 * clears LMA. Every change of the mode goes through here, so the invariant LMA = LME & PG holds everywhere.
 */
import { SEGMENT, SLOT } from '../../ir/state.ts';
import type { Cpu } from '../helper.ts';
import {
  ATTRIBUTE,
  attributesOf,
  CR0_AM,
  CR0_CD,
  CR0_EM,
  CR0_ET,
  CR0_MP,
  CR0_NE,
  CR0_NW,
  CR0_PE,
  CR0_PG,
  CR0_TS,
  CR0_WP,
  CR4_DE,
  CR4_FSGSBASE,
  CR4_MCE,
  CR4_OSFXSR,
  CR4_OSXMMEXCPT,
  CR4_OSXSAVE,
  CR4_PAE,
  CR4_PCE,
  CR4_PCIDE,
  CR4_PGE,
  CR4_PSE,
  CR4_PVI,
  CR4_SMAP,
  CR4_SMEP,
  CR4_TSD,
  CR4_UMIP,
  CR4_VME,
  EFER_FFXSR,
  EFER_LMA,
  EFER_LME,
  EFER_NXE,
  EFER_SCE,
  longMode,
  VECTOR,
} from './bits.ts';
import { deriveAllBounds } from './segmentation.ts';

export const PHYSICAL_BITS = 40;

const CR0_KNOWN = CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD | CR0_PG;
const PAGING_CR0 = CR0_PG | CR0_WP | CR0_PE;
const PAGING_CR4 = CR4_PSE | CR4_PAE | CR4_PGE | CR4_PCIDE | CR4_SMEP | CR4_SMAP;

/** CR4 bits that exist because a CPUID feature does; the others are always there. */
const CR4_FEATURES: readonly (readonly [number, string])[] = [
  [CR4_VME | CR4_PVI, 'VME'],
  [CR4_TSD, 'TSC'],
  [CR4_DE, 'DE'],
  [CR4_PSE, 'PSE'],
  [CR4_PAE, 'PAE'],
  [CR4_MCE, 'MCE'],
  [CR4_PGE, 'PGE'],
  [CR4_OSFXSR, 'FXSR'],
  [CR4_OSXMMEXCPT, 'SSE'],
  [CR4_UMIP, 'UMIP'],
  [CR4_FSGSBASE, 'FSGSBASE'],
  [CR4_PCIDE, 'PCID'],
  [CR4_OSXSAVE, 'XSAVE'],
  [CR4_SMEP, 'SMEP'],
  [CR4_SMAP, 'SMAP'],
];
export function knownCr4(cpu: Cpu): number {
  let known = CR4_PCE;
  for (const [bits, feature] of CR4_FEATURES) if (cpu.platform.cpuModel.has(feature)) known |= bits;
  return known;
}

const gp = (cpu: Cpu): never => cpu.raise(VECTOR.GP, 0);

export function readControl(cpu: Cpu, n: number): bigint {
  switch (n) {
    case 0:
      return cpu.read64(SLOT.CR0);
    case 2:
      return cpu.read64(SLOT.CR2);
    case 3:
      return cpu.read64(SLOT.CR3);
    case 4:
      return cpu.read64(SLOT.CR4);
    case 8:
      return BigInt(cpu.platform.apic.taskPriority >> 4);
    default:
      return cpu.raise(VECTOR.UD);
  }
}

export function writeControl(cpu: Cpu, n: number, value: bigint): void {
  switch (n) {
    case 0:
      writeCr0(cpu, value);
      break;
    case 2:
      cpu.write64(SLOT.CR2, value);
      break;
    case 3:
      writeCr3(cpu, value);
      break;
    case 4:
      writeCr4(cpu, value);
      break;
    case 8:
      if (value >> 4n) gp(cpu);
      cpu.platform.apic.taskPriority = Number(value) << 4;
      cpu.leave();
      break;
    default:
      cpu.raise(VECTOR.UD);
  }
}

export function writeCr0(cpu: Cpu, value: bigint): void {
  if (value >> 32n) gp(cpu);
  const old = cpu.read32(SLOT.CR0);
  // Unknown bits of the lower half are ignored, ET is fixed.
  const next = (Number(BigInt.asIntN(32, value)) & CR0_KNOWN) | CR0_ET;
  if (next & CR0_PG && !(next & CR0_PE)) gp(cpu);
  if (next & CR0_NW && !(next & CR0_CD)) gp(cpu);
  const cr4 = cpu.read32(SLOT.CR4);
  const efer = cpu.read32(SLOT.EFER);
  const turnsOn = (next & CR0_PG) !== 0 && !(old & CR0_PG);
  const turnsOff = !(next & CR0_PG) && (old & CR0_PG) !== 0;
  if (turnsOn && efer & EFER_LME) {
    if (!(cr4 & CR4_PAE) || attributesOf(cpu, SEGMENT.cs) & ATTRIBUTE.long) gp(cpu);
    cpu.write64(SLOT.EFER, BigInt(efer | EFER_LMA));
  } else if (next & CR0_PG && cr4 & CR4_PAE && !(efer & EFER_LMA) && (old ^ next) & PAGING_BITS_PDPTE) {
    loadPointers(cpu, cpu.read64(SLOT.CR3));
  }
  if (turnsOff) {
    if (cpu.codeSize === 64 || cr4 & CR4_PCIDE) gp(cpu);
    cpu.write64(SLOT.EFER, BigInt(efer & ~EFER_LMA));
  }
  cpu.write64(SLOT.CR0, BigInt(next >>> 0));
  if ((old ^ next) & CR0_PE) deriveAllBounds(cpu);
  if ((old ^ next) & PAGING_CR0) cpu.flushTlb(false);
  cpu.modeChanged();
}
/** Changes of these bits of CR0 make a processor with PAE paging load its pointers (SDM vol. 3, 4.4.1). */
const PAGING_BITS_PDPTE = CR0_PG | CR0_CD | CR0_NW;

/** LMSW: PE, MP, EM and TS; cannot clear PE. */
export function loadMachineStatus(cpu: Cpu, word: number): void {
  const old = cpu.read32(SLOT.CR0);
  writeCr0(cpu, BigInt(((old & ~14) | (word & 15)) >>> 0));
}

const CR3_NO_FLUSH = 1n << 63n;
export function writeCr3(cpu: Cpu, value: bigint): void {
  const cr4 = cpu.read32(SLOT.CR4);
  let next = value;
  if (longMode(cpu)) {
    if (cr4 & CR4_PCIDE) next &= ~CR3_NO_FLUSH;
    if (next >> BigInt(PHYSICAL_BITS)) gp(cpu);
  } else next = BigInt.asUintN(32, next);
  if (cpu.read32(SLOT.CR0) & CR0_PG && cr4 & CR4_PAE && !longMode(cpu)) loadPointers(cpu, next);
  cpu.write64(SLOT.CR3, next);
  // Translations are not tagged with a PCID, so those of the old one have to go, whatever bit 63 permits to keep.
  cpu.flushTlb(true);
}

/** PAE: the four page directory pointers (SDM vol. 3, 4.4.1). #GP before anything changes if a present one has reserved bits set. */
function loadPointers(cpu: Cpu, cr3: bigint): void {
  const table = Number(cr3 & 0xffffffe0n);
  const pointers = [0, 1, 2, 3].map((i) => cpu.readPhysical64(table + 8 * i));
  const reserved = 0x1e6n | (-1n << BigInt(PHYSICAL_BITS));
  if (pointers.some((p) => p & 1n && p & BigInt.asUintN(64, reserved))) gp(cpu);
  pointers.forEach((p, i) => {
    cpu.write64(SLOT.PDPTE + 8 * i, p);
  });
}

export function writeCr4(cpu: Cpu, value: bigint): void {
  const known = knownCr4(cpu);
  if (value >> 32n || Number(BigInt.asIntN(32, value)) & ~known) gp(cpu);
  const old = cpu.read32(SLOT.CR4);
  const next = Number(value);
  const long = longMode(cpu);
  if (long && !(next & CR4_PAE)) gp(cpu);
  if (next & CR4_PCIDE && !(old & CR4_PCIDE) && (!long || cpu.read64(SLOT.CR3) & 0xfffn)) gp(cpu);
  const paging = (cpu.read32(SLOT.CR0) & CR0_PG) !== 0;
  const reload = CR4_PAE | CR4_PSE | CR4_PGE | CR4_SMEP;
  if (paging && next & CR4_PAE && !long && (old ^ next) & reload) loadPointers(cpu, cpu.read64(SLOT.CR3));
  cpu.write64(SLOT.CR4, value);
  if ((old ^ next) & PAGING_CR4) cpu.flushTlb(false);
  cpu.modeChanged();
}

export function writeEfer(cpu: Cpu, value: bigint): void {
  const model = cpu.platform.cpuModel;
  let known = EFER_LMA;
  if (model.has('SYSCALL')) known |= EFER_SCE;
  if (model.has('LM')) known |= EFER_LME;
  if (model.has('NX')) known |= EFER_NXE;
  if (model.has('FFXSR')) known |= EFER_FFXSR;
  if (value & ~BigInt(known)) gp(cpu);
  const old = cpu.read32(SLOT.EFER);
  const next = (Number(value) & ~EFER_LMA) | (old & EFER_LMA);
  if ((old ^ next) & EFER_LME && cpu.read32(SLOT.CR0) & CR0_PG) gp(cpu);
  cpu.write64(SLOT.EFER, BigInt(next));
  if ((old ^ next) & EFER_NXE) cpu.flushTlb(false);
  cpu.modeChanged();
}
