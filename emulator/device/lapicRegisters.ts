// SPDX-License-Identifier: MIT
/**
 * @fileoverview The local APIC's registers and what may be written to them (Intel SDM vol. 3, tables 11-1 and 11-6).
 *
 * Both faces of the APIC have the same registers: in memory 16 bytes apart, where what is reserved is ignored, and as x2APIC MSRs, where it is #GP.
 */

/** Register numbers: MMIO offset / 16, and the low byte of the x2APIC MSR. */
export const ID = 0x02;
export const VERSION_REGISTER = 0x03;
export const TPR = 0x08;
export const APR = 0x09;
export const PPR = 0x0a;
export const EOI = 0x0b;
export const LDR = 0x0d;
export const DFR = 0x0e;
export const SVR = 0x0f;
export const ISR = 0x10;
export const TMR = 0x18;
export const IRR = 0x20;
export const ESR = 0x28;
export const ICR_LOW = 0x30;
export const ICR_HIGH = 0x31;
export const LVT_TIMER = 0x32;
export const LVT_ERROR = 0x37;
export const INITIAL_COUNT = 0x38;
export const CURRENT_COUNT = 0x39;
export const DIVIDE = 0x3e;
export const SELF_IPI = 0x3f;

/** What of each entry of the local vector table can be written: timer, thermal, performance, LINT0, LINT1, error. */
export const LVT_WRITABLE = [0x700ff, 0x107ff, 0x107ff, 0x1a7ff, 0x1a7ff, 0x100ff];
export const LVT_PENDING = 0x1000;

/** Registers that RDMSR finds: not those that are only written, nor those that x2APIC mode has no use for. */
export function isReadableMsr(register: number): boolean {
  return register !== DFR && register !== ICR_HIGH && register !== EOI && register !== SELF_IPI && register !== APR;
}

/** Whether WRMSR takes these 32 bits for a register other than ICR. */
export function isWritableMsr(register: number, low: number): boolean {
  switch (register) {
    case ID:
    case LDR:
    case DFR:
    case ICR_HIGH:
      return false;
    case EOI:
    case ESR:
      return low === 0;
    case TPR:
    case SELF_IPI:
      return low <= 0xff;
    case SVR:
      return (low & ~0x3ff) === 0;
    case DIVIDE:
      return (low & ~0x0b) === 0;
    default:
      return register < LVT_TIMER || register > LVT_ERROR || !(low & ~(LVT_WRITABLE[register - LVT_TIMER] | LVT_PENDING));
  }
}

/** Whether WRMSR takes the low half of ICR. */
export function isWritableIcr(low: number): boolean {
  return (low & 0xfff32000) === 0;
}
