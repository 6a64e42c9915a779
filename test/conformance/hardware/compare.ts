// SPDX-License-Identifier: MIT
/**
 * @fileoverview What must be equal when two processors have run the same code, and what may differ.
 *
 * Flags that a record calls undefined are masked, unless the operands at hand define them after all; besides, there are the
 * allowances below. Every allowance has its reason.
 */
import type { Decoded } from '../../../emulator/decode/decode.ts';
import type { Flag } from '../../../emulator/ir/value.ts';
import type { Case, Outcome } from './programState.ts';

export const FLAG_BIT: Readonly<Record<Flag, number>> = { CF: 1, PF: 4, AF: 0x10, ZF: 0x40, SF: 0x80, OF: 0x800 };
const NAMES = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'];
const hex = (n: number | bigint): string => n.toString(16);

export interface Masks {
  flags: number;
  /** Offsets in the FX image that are not compared. */
  fx: (offset: number) => boolean;
}
const TRANSCENDENTAL = new Set(['fsin', 'fcos', 'fsincos', 'fptan', 'fpatan', 'f2xm1', 'fyl2x', 'fyl2xp1']);
/** Rounded to 12 bits in a way that each maker chooses (APM vol. 4). */
const APPROXIMATE = new Set(['rcpps', 'rcpss', 'rsqrtps', 'rsqrtss']);
export const isApproximate = (d: Decoded): boolean => APPROXIMATE.has(d.record.mnemonic) || TRANSCENDENTAL.has(d.record.mnemonic);

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
const SHIFTS = new Set(['shl', 'shr', 'sar', 'rol', 'ror', 'rcl', 'rcr', 'shld', 'shrd']);
/** The masked count, or -1 for what is no shift. */
function shiftCount(d: Decoded, c: Case): number {
  if (!SHIFTS.has(d.record.mnemonic)) return -1;
  const by = d.operands[d.operands.length - 1];
  const count = by.k === 'i' ? Number(BigInt.asUintN(8, by.value)) : by.k === 'c' ? by.value : Number(c.registers[1] & 0xffn);
  return count & (d.size === 64 ? 63 : 31);
}

/** Differences, one line each. `flags` of `masks` are not compared. */
export function differences(expected: Outcome, actual: Outcome, masks: Masks, legacy: boolean): string[] {
  const lines: string[] = [];
  const note = (name: string, e: number | bigint, a: number | bigint): void => {
    if (e !== a) lines.push(`${name}: hardware ${hex(e)}, here ${hex(a)}`);
  };
  note('vector', expected.vector, actual.vector);
  if (lines.length > 0) return lines;
  note('error', expected.error, actual.error);
  if (expected.vector === 14) note('cr2', expected.cr2, actual.cr2);
  note('rip', expected.rip, actual.rip);
  for (let i = 0; i < (legacy ? 8 : 16); i++) {
    const width = legacy ? 32 : 64;
    note(NAMES[i], BigInt.asUintN(width, expected.registers[i]), BigInt.asUintN(width, actual.registers[i]));
  }
  note('flags', (expected.flags & ~masks.flags) >>> 0, (actual.flags & ~masks.flags) >>> 0);
  for (const s of ['cs', 'ds', 'es', 'fs', 'gs', 'ss'] as const) note(s, expected.selectors[s], actual.selectors[s]);
  for (const [name, at, size] of FX_FIELDS) {
    if (masks.fx(at)) continue;
    const part = (o: Outcome): string => Buffer.from(o.fx.subarray(at, at + size)).reverse().toString('hex');
    if (part(expected) !== part(actual)) lines.push(`${name}: hardware ${part(expected)}, here ${part(actual)}`);
  }
  for (const [at, value] of expected.changes) if (actual.changes.get(at) !== value) note(`[${hex(at)}]`, value, actual.changes.get(at) ?? -1);
  for (const [at, value] of actual.changes) if (!expected.changes.has(at)) note(`[${hex(at)}]`, -1, value);
  return lines;
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
