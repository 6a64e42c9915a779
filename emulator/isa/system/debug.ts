// SPDX-License-Identifier: MIT
/**
 * @fileoverview Debug registers, breakpoints and single-stepping (APM vol. 2, 13.1; SDM vol. 3, 18.2).
 *
 * What the processor calls:
 * - before each instruction while `steppingBreakpoints` says so and RFLAGS.RF is clear: `executionHit` with the linear address of its
 *   first byte; a hit is a fault: `debugException` before the instruction;
 * - at each data access to a page that `watchedPages` names (such pages stay out of the TLB): `dataHit`; the bits returned are kept
 *   until the instruction is complete, then `debugException`: a trap;
 * - at each port access while CR4.DE is set: `portHit`, likewise;
 * - after each instruction that began with RFLAGS.TF set: `debugException` with DR6_BS.
 * RF is cleared by every instruction that completes, except those that load it. MOV SS and POP SS hold traps back for one instruction.
 *
 * DR6 bits of breakpoints that are not enabled are not reported. Task-switch traps come with hardware task switching.
 */
import { SLOT } from '../../ir/state.ts';
import type { Cpu } from '../helper.ts';
import { CR4_DE, VECTOR } from './bits.ts';
import { deliverException } from './interrupt.ts';

export const DR6_BD = 1 << 13;
export const DR6_BS = 1 << 14;
const DR6_ONES = 0xffff0ff0n;
const DR6_WRITABLE = 0xe00fn;
const DR7_ONE = 0x400n;
const DR7_ZEROS = 0xd800n;
const DR7_GD = 1n << 13n;

const slot = (n: number): number => SLOT.DR + n * 8;

/** DR4 and DR5 are DR6 and DR7, unless CR4.DE makes them undefined; DR8 and above do not exist. */
function real(cpu: Cpu, n: number): number {
  const alias = n === 4 || n === 5;
  if (n > 7 || (alias && cpu.read32(SLOT.CR4) & CR4_DE)) cpu.raise(VECTOR.UD);
  if (cpu.cpl !== 0) cpu.raise(VECTOR.GP, 0);
  if (cpu.read64(slot(7)) & DR7_GD) {
    cpu.write64(slot(6), cpu.read64(slot(6)) | BigInt(DR6_BD));
    cpu.raise(VECTOR.DB);
  }
  return alias ? n + 2 : n;
}

export function readDebug(cpu: Cpu, n: number): bigint {
  return cpu.read64(slot(real(cpu, n)));
}

export function writeDebug(cpu: Cpu, n: number, value: bigint): void {
  const register = real(cpu, n);
  if (register >= 6 && value >> 32n) cpu.raise(VECTOR.GP, 0);
  if (register === 6) cpu.write64(slot(6), (value & DR6_WRITABLE) | DR6_ONES);
  else if (register === 7) cpu.write64(slot(7), (value & ~DR7_ZEROS) | DR7_ONE);
  else cpu.write64(slot(register), value);
  if (register !== 6) cpu.breakpointsChanged();
}

type Kind = 'execute' | 'write' | 'port' | 'access';
const KINDS: readonly Kind[] = ['execute', 'write', 'port', 'access'];
/** LEN fields: 1, 2, 8, 4 bytes. */
const LENGTHS: readonly bigint[] = [1n, 2n, 8n, 4n];
interface Breakpoint {
  /** Bit in DR6. */
  bit: number;
  kind: Kind;
  start: bigint;
  length: bigint;
}
/** The breakpoints that DR7 enables. */
function enabled(cpu: Cpu): Breakpoint[] {
  const dr7 = cpu.read32(slot(7));
  const list: Breakpoint[] = [];
  if (!(dr7 & 0xff)) return list;
  for (let n = 0; n < 4; n++) {
    if (!((dr7 >> (2 * n)) & 3)) continue;
    const kind = KINDS[(dr7 >> (16 + 4 * n)) & 3];
    if (kind === 'port' && !(cpu.read32(SLOT.CR4) & CR4_DE)) continue;
    const length = kind === 'execute' ? 1n : LENGTHS[(dr7 >> (18 + 4 * n)) & 3];
    list.push({ bit: 1 << n, kind, start: cpu.read64(slot(n)) & ~(length - 1n), length });
  }
  return list;
}
function hits(cpu: Cpu, kinds: readonly Kind[], address: bigint, bytes: number): number {
  let bits = 0;
  for (const b of enabled(cpu)) {
    if (kinds.includes(b.kind) && address < b.start + b.length && b.start < address + BigInt(bytes)) bits |= b.bit;
  }
  return bits;
}

/** Breakpoints on instructions or ports: code must run one instruction at a time. */
export const steppingBreakpoints = (cpu: Cpu): boolean => enabled(cpu).some((b) => b.kind === 'execute' || b.kind === 'port');
/** Linear addresses of the pages that data breakpoints touch. */
export function watchedPages(cpu: Cpu): bigint[] {
  const pages = new Set<bigint>();
  for (const b of enabled(cpu)) if (b.kind === 'write' || b.kind === 'access') pages.add(b.start & ~0xfffn);
  return [...pages];
}
/** DR6 bits of the breakpoints that an instruction at `linear` hits. */
export const executionHit = (cpu: Cpu, linear: bigint): number => hits(cpu, ['execute'], linear, 1);
export const dataHit = (cpu: Cpu, linear: bigint, bytes: number, write: boolean): number =>
  hits(cpu, write ? ['write', 'access'] : ['access'], linear, bytes);
export const portHit = (cpu: Cpu, port: number, bytes: number): number => hits(cpu, ['port'], BigInt(port), bytes);

/** Delivers #DB; `cpu.rip` is the instruction that hit an execution breakpoint, or the one behind a trapping one. */
export function debugException(cpu: Cpu, bits: number): void {
  cpu.write64(slot(6), cpu.read64(slot(6)) | BigInt(bits));
  deliverException(cpu, VECTOR.DB);
}
/** Values of DR6 and DR7 after reset. */
export const DR6_RESET = DR6_ONES;
export const DR7_RESET = DR7_ONE;
