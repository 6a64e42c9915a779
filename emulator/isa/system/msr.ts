// SPDX-License-Identifier: MIT
/**
 * @fileoverview Model-specific registers: one record each (APM vol. 2, appendix A; SDM vol. 4). A number without a record, or one whose
 * CPUID feature the model lacks, is #GP(0), as are writes that set reserved bits.
 *
 * Memory types (MTRRs, PAT) are kept but change nothing: there are no caches to be coherent with. The APIC's own registers and the
 * deadline timer belong to the local APIC (`ApicPort`). There is no performance counter, last-branch record or SMM.
 */
import { SEG, SEGMENT, SLOT, segmentSlot } from '../../ir/state.ts';
import type { Cpu } from '../helper.ts';
import { canonical, VECTOR } from './bits.ts';
import { PHYSICAL_BITS, writeEfer } from './control.ts';

export interface Msr {
  number: number;
  name: string;
  /** CPUID feature that must be present. */
  cpuid?: string;
  read(cpu: Cpu): bigint;
  /** Without it writes are #GP(0). */
  write?(cpu: Cpu, value: bigint): void;
}
const table = new Map<number, Msr>();
function msr(record: Msr): void {
  if (table.has(record.number)) throw new Error(`two MSRs ${record.number.toString(16)}`);
  table.set(record.number, record);
}
const gp = (cpu: Cpu): never => cpu.raise(VECTOR.GP, 0);

/** A register that state simply holds; `valid` says which values it takes. */
function stored(number: number, name: string, slot: number, valid: (value: bigint, cpu: Cpu) => boolean, cpuid?: string): void {
  msr({
    number,
    name,
    cpuid,
    read: (cpu) => cpu.read64(slot),
    write(cpu, value) {
      if (!valid(value, cpu)) gp(cpu);
      cpu.write64(slot, value);
    },
  });
}
const any = (): boolean => true;
const upTo = (bits: number) => (value: bigint) => value >> BigInt(bits) === 0n;
const onlyBits = (mask: bigint) => (value: bigint) => (value & ~mask) === 0n;
const address = (value: bigint): boolean => canonical(value);

// Time. TSC_ADJUST is the offset that writes to either register have made.

export const readTsc = (cpu: Cpu): bigint => BigInt.asUintN(64, cpu.platform.tsc() + cpu.read64(SLOT.TSC_OFFSET));
function setOffset(cpu: Cpu, offset: bigint): void {
  cpu.write64(SLOT.TSC_OFFSET, BigInt.asUintN(64, offset));
  cpu.platform.apic.tscChanged();
}
msr({
  number: 0x10,
  name: 'TSC',
  cpuid: 'TSC',
  read: readTsc,
  write: (cpu, value) => setOffset(cpu, value - cpu.platform.tsc()),
});
msr({ number: 0x3b, name: 'TSC_ADJUST', cpuid: 'TSC_ADJUST', read: (cpu) => cpu.read64(SLOT.TSC_OFFSET), write: setOffset });
stored(0xc0000103, 'TSC_AUX', SLOT.TSC_AUX, upTo(32), 'RDTSCP');
msr({
  number: 0x6e0,
  name: 'TSC_DEADLINE',
  cpuid: 'TSC-DEADLINE',
  read: (cpu) => cpu.platform.apic.tscDeadline,
  write(cpu, value) {
    cpu.platform.apic.tscDeadline = value;
    cpu.leave();
  },
});

// Local APIC.

const APIC_EXTENDED = 1n << 10n;
const APIC_ENABLE = 1n << 11n;
const apicMode = (value: bigint): bigint => value & (APIC_EXTENDED | APIC_ENABLE);
msr({
  number: 0x1b,
  name: 'APIC_BASE',
  cpuid: 'APIC',
  read: (cpu) => cpu.read64(SLOT.APIC_BASE),
  write(cpu, value) {
    let known = (1n << BigInt(PHYSICAL_BITS)) - 1n - 0x2ffn;
    if (!cpu.platform.cpuModel.has('X2APIC')) known &= ~APIC_EXTENDED;
    const from = apicMode(cpu.read64(SLOT.APIC_BASE));
    const to = apicMode(value);
    const both = APIC_ENABLE | APIC_EXTENDED;
    // Into x2APIC mode only from xAPIC mode, out of it only by disabling (SDM vol. 3, 11.12.5).
    if (value & ~known || to === APIC_EXTENDED || (from === 0n && to === both) || (from === both && to === APIC_ENABLE)) gp(cpu);
    cpu.write64(SLOT.APIC_BASE, value);
    cpu.platform.apic.baseChanged();
    cpu.leave();
  },
});
const X2APIC_FIRST = 0x800;
const X2APIC_LAST = 0x8ff;
const x2apic = (cpu: Cpu): boolean => apicMode(cpu.read64(SLOT.APIC_BASE)) === (APIC_ENABLE | APIC_EXTENDED);

// System calls and segment bases.

msr({ number: 0xc0000080, name: 'EFER', read: (cpu) => cpu.read64(SLOT.EFER), write: writeEfer });
stored(0xc0000081, 'STAR', SLOT.STAR, any, 'SYSCALL');
stored(0xc0000082, 'LSTAR', SLOT.LSTAR, address, 'LM');
stored(0xc0000083, 'CSTAR', SLOT.CSTAR, address, 'LM');
/** The upper half reads as zero. */
msr({
  number: 0xc0000084,
  name: 'SFMASK',
  cpuid: 'LM',
  read: (cpu) => cpu.read64(SLOT.SFMASK),
  write: (cpu, value) => cpu.write64(SLOT.SFMASK, BigInt.asUintN(32, value)),
});
stored(0xc0000100, 'FS_BASE', segmentSlot(SEGMENT.fs) + SEG.base, address, 'LM');
stored(0xc0000101, 'GS_BASE', segmentSlot(SEGMENT.gs) + SEG.base, address, 'LM');
stored(0xc0000102, 'KERNEL_GS_BASE', SLOT.KERNEL_GS_BASE, address, 'LM');
stored(0x174, 'SYSENTER_CS', SLOT.SYSENTER_CS, upTo(32), 'SEP');
stored(0x175, 'SYSENTER_ESP', SLOT.SYSENTER_ESP, address, 'SEP');
stored(0x176, 'SYSENTER_EIP', SLOT.SYSENTER_EIP, address, 'SEP');

// Memory types: 0, 1, 4, 5, 6, and in the PAT 7.

const memoryTypes = (value: bigint, types: readonly bigint[]): boolean => {
  for (let shift = 0n; shift < 64n; shift += 8n) if (!types.includes((value >> shift) & 0xffn)) return false;
  return true;
};
const MTRR_TYPES = [0n, 1n, 4n, 5n, 6n];
stored(0x277, 'PAT', SLOT.PAT, (value) => memoryTypes(value, [...MTRR_TYPES, 7n]), 'PAT');
export const PAT_RESET = 0x0007040600070406n;
export const VARIABLE_RANGES = 8;
/** Eight variable ranges, fixed ranges, write combining. */
msr({ number: 0xfe, name: 'MTRRcap', cpuid: 'MTRR', read: () => 0x500n | BigInt(VARIABLE_RANGES) });
const PHYSICAL_PAGE = (1n << BigInt(PHYSICAL_BITS)) - 0x1000n;
for (let n = 0; n < VARIABLE_RANGES; n++) {
  const slot = SLOT.MTRR_VARIABLE + n * 16;
  const base = (value: bigint): boolean => (value & ~(PHYSICAL_PAGE | 0xffn)) === 0n && MTRR_TYPES.includes(value & 0xffn);
  stored(0x200 + 2 * n, `MTRRphysBase${n}`, slot, base, 'MTRR');
  stored(0x201 + 2 * n, `MTRRphysMask${n}`, slot + 8, onlyBits(PHYSICAL_PAGE | 0x800n), 'MTRR');
}
/** With SYSCFG.MtrrFixDramModEn bits 3 and 4 of a type route the range to memory; otherwise they are reserved. */
const fixedTypes = (value: bigint, cpu: Cpu): boolean =>
  memoryTypes(cpu.read64(SLOT.SYSCFG) & FIXED_ROUTING ? value & ~0x1818181818181818n : value, MTRR_TYPES);
const FIXED_ROUTING = 1n << 19n;
[0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f].forEach((number, i) => {
  stored(number, `MTRRfix${i}`, SLOT.MTRR_FIXED + 8 * i, fixedTypes, 'MTRR');
});
stored(0x2ff, 'MTRRdefType', SLOT.MTRR_DEFAULT, (v) => (v & ~0xcffn) === 0n && MTRR_TYPES.includes(v & 0xffn), 'MTRR');

/** AMD's system configuration: enables of fixed and variable ranges and of the two tops of memory, which route nothing here. */
stored(0xc0010010, 'SYSCFG', SLOT.SYSCFG, onlyBits(0x7c0000n));
stored(0xc001001a, 'TOP_MEM', SLOT.TOP_MEM, onlyBits((1n << BigInt(PHYSICAL_BITS)) - 0x800000n));
stored(0xc001001d, 'TOP_MEM2', SLOT.TOP_MEM2, onlyBits((1n << BigInt(PHYSICAL_BITS)) - 0x800000n));
/** Interrupt pending messages and C1E: neither exists. */
msr({ number: 0xc0010055, name: 'INT_PENDING', read: () => 0n });
/** Hardware configuration. Bit 4 would turn off INVD's write-back, bit 6 the flush filter, bit 18 hides machine check status: no effect here. */
stored(0xc0010015, 'HWCR', SLOT.HWCR, onlyBits(0x40050n));

// Machine check: no bank ever reports anything of its own.

export const MACHINE_CHECK_BANKS = 10;
const MCG_CTL_P = 1n << 8n;
msr({ number: 0x179, name: 'MCG_CAP', cpuid: 'MCA', read: () => MCG_CTL_P | BigInt(MACHINE_CHECK_BANKS) });
stored(0x17a, 'MCG_STATUS', SLOT.MCG_STATUS, upTo(3), 'MCA');
stored(0x17b, 'MCG_CTL', SLOT.MCG_CTL, any, 'MCA');
for (let bank = 0; bank < MACHINE_CHECK_BANKS; bank++) {
  const slot = SLOT.MC_BANKS + bank * 32;
  stored(0x400 + 4 * bank, `MC${bank}_CTL`, slot, any, 'MCA');
  // Status, address and miscellaneous registers may only be cleared.
  ['STATUS', 'ADDR', 'MISC'].forEach((name, i) => {
    stored(0x401 + 4 * bank + i, `MC${bank}_${name}`, slot + 8 * (i + 1), (value) => value === 0n, 'MCA');
  });
}

// Odds and ends.

/** Fast strings; bit 18 MONITOR enable, bit 22 limits CPUID. */
stored(0x1a0, 'MISC_ENABLE', SLOT.MISC_ENABLE, onlyBits(0x440001n));
export const MISC_ENABLE_RESET = 1n;
/** Without last-branch recording and branch traps only the pin controls are left, and there are no pins. */
stored(0x1d9, 'DEBUGCTL', SLOT.DEBUGCTL, onlyBits(0x3cn));
/** Microcode revision; QEMU's for AMD models. */
msr({ number: 0x8b, name: 'PATCH_LEVEL', read: () => 0x01000065n });
/** No supervisor state components exist. */
stored(0xda0, 'XSS', SLOT.XSS, onlyBits(0n), 'XSAVES');

const registerOf = (cpu: Cpu, number: number): Msr => {
  const record = table.get(number);
  if (!record || (record.cpuid && !cpu.platform.cpuModel.has(record.cpuid))) return gp(cpu);
  return record;
};
export function readMsr(cpu: Cpu, number: number): bigint {
  if (number >= X2APIC_FIRST && number <= X2APIC_LAST) {
    return (x2apic(cpu) ? cpu.platform.apic.readRegister(number) : undefined) ?? gp(cpu);
  }
  return registerOf(cpu, number).read(cpu);
}
export function writeMsr(cpu: Cpu, number: number, value: bigint): void {
  if (number >= X2APIC_FIRST && number <= X2APIC_LAST) {
    if (!x2apic(cpu) || !cpu.platform.apic.writeRegister(number, value)) gp(cpu);
    cpu.leave();
    return;
  }
  const record = registerOf(cpu, number);
  if (!record.write) gp(cpu);
  else record.write(cpu, value);
}
/** All registers, for tests and tools. */
export const allMsrs: readonly Msr[] = [...table.values()];
