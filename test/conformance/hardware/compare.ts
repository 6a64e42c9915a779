// SPDX-License-Identifier: MIT
/**
 * @fileoverview What must be equal when two processors have run the same code, and what may differ.
 *
 * Flags that a record calls undefined are masked, unless the operands at hand define them after all; besides, there are the
 * allowances of allowances.ts. Every allowance has its reason.
 */
import type { Decoded } from '../../../emulator/decode/decode.ts';
import type { Flag } from '../../../emulator/ir/value.ts';
import { ALLOWANCES, type Masks, shiftCount } from './allowances.ts';
import type { Case, Outcome } from './programState.ts';

export const FLAG_BIT: Readonly<Record<Flag, number>> = { CF: 1, PF: 4, AF: 0x10, ZF: 0x40, SF: 0x80, OF: 0x800 };
const NAMES = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'];
const hex = (n: number | bigint): string => n.toString(16);

/** What may differ after the single instruction `d`. */
export function masksFor(d: Decoded, c: Case, hardware: Outcome): Masks {
  const masks: Masks = { flags: hardware.vector === 3 ? undefinedFlags(d, c) : 0, faults: [] };
  for (const a of ALLOWANCES) {
    if ((a.maker && a.maker !== hardware.maker) || !a.applies(d, c, hardware)) continue;
    const { faults, flags = 0, ...more } = a.masks(d, c);
    Object.assign(masks, more);
    masks.flags |= flags;
    if (faults) masks.faults = [...masks.faults, faults];
  }
  return masks;
}

/** Flags that are undefined after `d` in case `c`. */
export function undefinedFlags(d: Decoded, c: Case): number {
  let mask = 0;
  for (const flag of Object.keys(d.record.undefinedFlags ?? {})) mask |= FLAG_BIT[flag as Flag];
  const count = shiftCount(d, c);
  // A masked count of 0 changes no flag; OF is defined for 1.
  if (count === 0) return 0;
  if (count === 1) mask &= ~FLAG_BIT.OF;
  return mask;
}
/** Linux reports every fault at an address of the kernel as one of protection (arch/x86/mm/fault.c). */
function pageFaultError(o: Outcome): number {
  return o.vector === 14 && o.cr2 >= 0x7ffffffff000n ? o.error | 1 : o.error;
}
/** Null selectors keep no RPL on the way through the kernel. */
const selectorOf = (selector: number): number => (selector < 4 ? 0 : selector);
/** ID and NT outlive a case on hardware: the kernel does not set them from a signal frame. */
const STICKY_FLAGS = 0x204000;

/** Differences, one line each, outside of `masks`. Outside 64-bit mode registers have 32 bits. */
export function differences(expected: Outcome, actual: Outcome, masks: Masks, legacy: boolean): string[] {
  const lines: string[] = [];
  const note = (name: string, e: number | bigint, a: number | bigint): void => {
    if (e !== a) lines.push(`${name}: hardware ${hex(e)}, here ${hex(a)}`);
  };
  if (masks.everything) return lines;
  if (expected.vector !== actual.vector)
    for (const f of masks.faults)
      if (f.hardware.includes(expected.vector) && f.here.includes(actual.vector) && f.only?.(actual) !== false) return lines;
  note('vector', expected.vector, actual.vector);
  if (lines.length > 0) return lines;
  if (expected.vector !== 14 || !masks.cr2) note('error', pageFaultError(expected), pageFaultError(actual));
  if (expected.vector === 14 && !masks.cr2) note('cr2', expected.cr2, actual.cr2);
  if (!masks.rip) note('rip', expected.rip, actual.rip);
  for (let i = 0; i < (legacy ? 8 : 16); i++) {
    const width = legacy ? 32 : 64;
    const ignored = masks.registers?.find(([n]) => n === i)?.[1] ?? 0n;
    const value = (o: Outcome): bigint => BigInt.asUintN(width, o.registers[i] & ~ignored);
    note(NAMES[i], value(expected), value(actual));
  }
  const compared = ~(masks.flags | (masks.interruptedFlags ?? 0) | STICKY_FLAGS);
  note('flags', (expected.flags & compared) >>> 0, (actual.flags & compared) >>> 0);
  for (const s of ['cs', 'ds', 'es', 'fs', 'gs', 'ss'] as const)
    note(s, selectorOf(expected.selectors[s]), selectorOf(actual.selectors[s]));
  for (const [name, at, size] of FX_FIELDS) {
    // AMD's FXSAVE stores the x87 pointers only while an exception is pending (APM vol. 2, 11.4.4).
    if (masks.ignoreFx?.(at) || (expected.maker === 'AMD' && isX87Pointer(at))) continue;
    const e = part(expected, at, size);
    const a = part(actual, at, size);
    if (e === a || (masks.fx?.(at) && isClose(at, e, a)) || masks.fxAlike?.(at, expected, actual)) continue;
    lines.push(`${name}: hardware ${e}, here ${a}`);
  }
  for (const at of new Set([...expected.changes.keys(), ...actual.changes.keys()]))
    if (!masks.memory?.(at)) note(`[${hex(at)}]`, expected.changes.get(at) ?? -1, actual.changes.get(at) ?? -1);
  return lines;
}
/** Instruction and data pointer and opcode. */
const isX87Pointer = (at: number): boolean => at >= 6 && at < 24;
const part = (o: Outcome, at: number, size: number): string =>
  Buffer.from(o.fx.subarray(at, at + size))
    .reverse()
    .toString('hex');
/** Whether two values of a masked FX field, in hexadecimal, are as near as they have to be. */
function isClose(at: number, expected: string, actual: string): boolean {
  if (at === 2) return (Number.parseInt(expected, 16) & ~0x200) === (Number.parseInt(actual, 16) & ~0x200);
  const e = BigInt(`0x${expected}`);
  const a = BigInt(`0x${actual}`);
  if (at < 160) return abs(order(e) - order(a)) <= 1n;
  for (let lane = 0n; lane < 128n; lane += 32n) {
    const x = float(e >> lane);
    const y = float(a >> lane);
    if (!Object.is(x, y) && !(Math.abs(x - y) <= Math.abs(x) / 1365)) return false;
  }
  return true;
}
/** Neighbouring x87 numbers have neighbouring orders. */
const order = (n: bigint): bigint => ((n >> 64n) << 63n) + (n & 0x7fffffffffffffffn);
const abs = (n: bigint): bigint => (n < 0n ? -n : n);
function float(pattern: bigint): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, Number(pattern & 0xffffffffn));
  return view.getFloat32(0);
}
/** The fields of FXSAVE64 that hold something. */
export const FX_FIELDS: readonly (readonly [string, number, number])[] = [
  ['fcw', 0, 2],
  ['fsw', 2, 2],
  ['ftw', 4, 1],
  ['fop', 6, 2],
  ['fip', 8, 8],
  ['fdp', 16, 8],
  ['mxcsr', 24, 4],
  ...Array.from({ length: 8 }, (_, i): [string, number, number] => [`st${i}`, 32 + i * 16, 10]),
  ...Array.from({ length: 16 }, (_, i): [string, number, number] => [`xmm${i}`, 160 + i * 16, 16]),
];
