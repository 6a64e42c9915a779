// SPDX-License-Identifier: MIT
/**
 * @fileoverview The local APIC: one timer that goes off once, and the way through for the 8259A pair (Intel SDM vol. 3, chapter 11).
 *
 * Its registers lie uncached in the window. LINT0 stays ExtINT, virtual wire mode, so that the pair's interrupts arrive as before. The timer
 * counts the bus clock divided by 16; how fast that is, clock.ts finds out.
 */
import { WINDOW } from 'machine/addresses';
import { rdmsr, wrmsr } from 'machine/cpu';
import { load32, store32 } from 'machine/mem';

const MSR_APIC_BASE: u32 = 0x1b;
const APIC_ENABLED: u64 = 1 << 11;
const BASE: u64 = 0xfee00000;

const EOI: u64 = 0xb0;
const SPURIOUS: u64 = 0xf0;
const LVT_TIMER: u64 = 0x320;
const LVT_LINT0: u64 = 0x350;
const LVT_LINT1: u64 = 0x360;
const INITIAL_COUNT: u64 = 0x380;
const CURRENT_COUNT: u64 = 0x390;
const DIVIDE: u64 = 0x3e0;

const EXTINT: u32 = 0x700;
const NMI: u32 = 0x400;
const MASKED: u32 = 0x10000;
const BY_16: u32 = 3;

/** Vectors, above those of the 8259A pair. */
export const VECTOR_TIMER: u64 = 0xef;
const VECTOR_SPURIOUS: u32 = 0xff;

function put(register: u64, value: u32): void {
  store32(WINDOW + BASE + register, value);
}

export function initLapic(): void {
  wrmsr(MSR_APIC_BASE, BASE | APIC_ENABLED | (rdmsr(MSR_APIC_BASE) & 0x100));
  put(SPURIOUS, 0x100 | VECTOR_SPURIOUS);
  put(LVT_LINT0, EXTINT);
  put(LVT_LINT1, NMI);
  put(DIVIDE, BY_16);
  put(LVT_TIMER, MASKED);
}

/** Counts down from `count` and interrupts at 0, once; 0 stops it. */
export function startTimer(count: u32): void {
  put(LVT_TIMER, <u32>VECTOR_TIMER);
  put(INITIAL_COUNT, count);
}

/** For measuring: counts down from the top, silently. */
export function startCounting(): void {
  put(LVT_TIMER, MASKED);
  put(INITIAL_COUNT, 0xffffffff);
}
export function counted(): u32 {
  return 0xffffffff - load32(WINDOW + BASE + CURRENT_COUNT);
}

export function endOfInterrupt(): void {
  put(EOI, 0);
}
