// SPDX-License-Identifier: MIT
/**
 * @fileoverview Architectural state after RESET#, INIT and STARTUP (APM vol. 2, 14.1.3 and 15.27.8; SDM vol. 3, 9.1.1 and 8.4).
 *
 * INIT keeps what the manuals say it keeps: x87, MMX and SSE state, MTRRs and machine check registers, the time stamp counter, CR0.CD and
 * NW, and APIC_BASE.
 */
import { GPR, SEGMENT, SLOT, XMM } from '../../ir/state.ts';
import type { Cpu } from '../helper.ts';
import { ATTRIBUTE, CR0_CD, CR0_ET, CR0_NW } from './bits.ts';
import { SIGNATURE } from './cpuid.ts';
import { DR6_RESET, DR7_RESET } from './debug.ts';
import { MISC_ENABLE_RESET, PAT_RESET, VARIABLE_RANGES } from './msr.ts';
import { deriveAllBounds, setSegment } from './segmentation.ts';

const DATA = ATTRIBUTE.present | ATTRIBUTE.s | ATTRIBUTE.readWrite | ATTRIBUTE.accessed;
const LDT = ATTRIBUTE.present | 2;
const BUSY_TSS = ATTRIBUTE.present | 11;
const APIC_ADDRESS = 0xfee00000n;
const APIC_ENABLE = 1n << 11n;
const APIC_BOOT = 1n << 8n;

export function reset(cpu: Cpu): void {
  cpu.write64(SLOT.CR0, 0n);
  for (let n = 0; n < 8; n++) {
    cpu.write64(SLOT.FPR + n * 16, 0n);
    cpu.write64(SLOT.FPR + n * 16 + 8, 0n);
  }
  for (let n = 0; n < 16; n++) {
    cpu.write64(XMM(n), 0n);
    cpu.write64(XMM(n) + 8, 0n);
  }
  cpu.write16(SLOT.FCW, 0x40);
  cpu.write16(SLOT.FSW, 0);
  cpu.write32(SLOT.FTOP, 0);
  // Tag word 5555h: eight zeros.
  cpu.write16(SLOT.FTW, 0xff);
  cpu.write32(SLOT.MXCSR, 0x1f80);
  cpu.write64(SLOT.XCR0, 1n);
  cpu.write64(SLOT.XSS, 0n);
  cpu.write64(SLOT.TSC_OFFSET, 0n);
  cpu.write64(SLOT.TSC_AUX, 0n);
  cpu.write64(SLOT.PAT, PAT_RESET);
  for (let n = 0; n < VARIABLE_RANGES * 2; n++) cpu.write64(SLOT.MTRR_VARIABLE + 8 * n, 0n);
  for (let n = 0; n < 11; n++) cpu.write64(SLOT.MTRR_FIXED + 8 * n, 0n);
  cpu.write64(SLOT.MTRR_DEFAULT, 0n);
  for (let slot = SLOT.MCG_STATUS as number; slot < SLOT.MC_BANKS + 10 * 32; slot += 8) cpu.write64(slot, 0n);
  for (const slot of [SLOT.STAR, SLOT.LSTAR, SLOT.CSTAR, SLOT.SFMASK, SLOT.KERNEL_GS_BASE]) cpu.write64(slot, 0n);
  for (const slot of [SLOT.SYSCFG, SLOT.HWCR, SLOT.TOP_MEM, SLOT.TOP_MEM2]) cpu.write64(slot, 0n);
  for (const slot of [SLOT.SYSENTER_CS, SLOT.SYSENTER_ESP, SLOT.SYSENTER_EIP]) cpu.write64(slot, 0n);
  cpu.write64(SLOT.MISC_ENABLE, MISC_ENABLE_RESET);
  cpu.write64(SLOT.APIC_BASE, APIC_ADDRESS | APIC_ENABLE | (cpu.platform.index === 0 ? APIC_BOOT : 0n));
  init(cpu);
}

export function init(cpu: Cpu): void {
  const caching = cpu.read32(SLOT.CR0) & (CR0_CD | CR0_NW);
  const first = cpu.read32(SLOT.CR0) === 0;
  for (let n = 0; n < 16; n++) cpu.write64(GPR(n), 0n);
  cpu.write64(SLOT.rdx, BigInt(SIGNATURE));
  cpu.write64(SLOT.CR0, BigInt(((first ? CR0_CD | CR0_NW : caching) | CR0_ET) >>> 0));
  for (const slot of [SLOT.CR2, SLOT.CR3, SLOT.CR4, SLOT.EFER, SLOT.DEBUGCTL]) cpu.write64(slot, 0n);
  for (let n = 0; n < 4; n++) {
    cpu.write64(SLOT.DR + n * 8, 0n);
    cpu.write64(SLOT.PDPTE + n * 8, 0n);
  }
  cpu.write64(SLOT.DR + 6 * 8, DR6_RESET);
  cpu.write64(SLOT.DR + 7 * 8, DR7_RESET);
  cpu.write32(SLOT.CPL, 0);
  cpu.write32(SLOT.SHADOW, 0);
  cpu.write32(SLOT.NMI_MASK, 0);
  cpu.rflags = 2n;
  for (let seg = SEGMENT.es as number; seg <= SEGMENT.gs; seg++) setSegment(cpu, seg, 0, 0, 0xffff, DATA);
  setSegment(cpu, SEGMENT.cs, 0xf000, 0xffff0000, 0xffff, DATA | ATTRIBUTE.code);
  setSegment(cpu, SEGMENT.ldtr, 0, 0, 0xffff, LDT);
  setSegment(cpu, SEGMENT.tr, 0, 0, 0xffff, BUSY_TSS);
  setSegment(cpu, SEGMENT.gdtr, 0, 0, 0xffff, 0);
  setSegment(cpu, SEGMENT.idtr, 0, 0, 0xffff, 0);
  deriveAllBounds(cpu);
  cpu.rip = 0xfff0n;
  cpu.flushTlb(false);
  cpu.breakpointsChanged();
  cpu.modeChanged();
}

/** STARTUP interprocessor interrupt: a waiting processor begins in real mode at page `vector`. */
export function startup(cpu: Cpu, vector: number): void {
  setSegment(cpu, SEGMENT.cs, vector << 8, vector << 12, 0xffff, DATA | ATTRIBUTE.code);
  cpu.rip = 0n;
  cpu.modeChanged();
}
