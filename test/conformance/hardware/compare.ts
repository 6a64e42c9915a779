// SPDX-License-Identifier: MIT
/**
 * @fileoverview What must be equal when two processors have run the same code, and what may differ.
 *
 * Flags that a record calls undefined are masked, unless the operands at hand define them after all; besides, there are the
 * allowances below. Every allowance has its reason.
 */
import type { Decoded } from '../../../emulator/decode/decode.ts';
import type { Flag } from '../../../emulator/ir/value.ts';
import { type Case, DATA, type Outcome, SELECTOR } from './programState.ts';

export const FLAG_BIT: Readonly<Record<Flag, number>> = { CF: 1, PF: 4, AF: 0x10, ZF: 0x40, SF: 0x80, OF: 0x800 };
const NAMES = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'];
const hex = (n: number | bigint): string => n.toString(16);

/** Where hardware may differ in a given case. */
export interface Masks {
  flags: number;
  /** Offsets in the FX image. */
  fx?: (offset: number) => boolean;
  /** Offsets in the data area. */
  memory?: (offset: number) => boolean;
  /** Flags that are not compared although the instruction faulted. */
  interruptedFlags?: number;
  /** FX fields that are not compared at all. */
  ignoreFx?: (offset: number) => boolean;
  /** Address and error code of a page fault. */
  cr2?: boolean;
  everything?: boolean;
  /** Vectors that may meet; nothing else is compared then. */
  faults: readonly { hardware: readonly number[]; here: readonly number[] }[];
  /** Bits of general registers. */
  registers?: readonly (readonly [number, bigint])[];
}
interface Allowance {
  why: string;
  applies(d: Decoded, c: Case, hardware: Outcome): boolean;
  masks(d: Decoded, c: Case): Partial<Omit<Masks, 'faults'>> & { faults?: Masks['faults'][number] };
}
const TRANSCENDENTAL = new Set(['fsin', 'fcos', 'fsincos', 'fptan', 'fpatan', 'f2xm1', 'fyl2x', 'fyl2xp1']);
const APPROXIMATE = new Set(['rcpps', 'rcpss', 'rsqrtps', 'rsqrtss']);
const stackOffset = (c: Case): number => Number(c.registers[4]) - (c.selectors.ss < 0x20 ? 0 : DATA);
const isSegmentPush = (d: Decoded): boolean => d.record.mnemonic === 'push' && d.operands[0].k === 'c';
const registerOf = (d: Decoded): number => (d.operands[0].k === 'r' ? d.operands[0].slot >> 3 : -1);
/** Whether the selector, in a register or given by an override, is one of 78h to 7Bh. */
function namesProcessorNumber(d: Decoded, c: Case): boolean {
  const source = d.operands[d.operands.length - 1];
  const isIt = (selector: number): boolean => (selector & 0xfffc) === 0x78;
  if (source.k === 'r') return isIt(Number(c.registers[source.slot >> 3] & 0xffffn));
  return c.overrides.some((o) => isIt(o.bytes[0] | (o.bytes[1] << 8)));
}
export const ALLOWANCES: readonly Allowance[] = [
  {
    why: 'PUSH of a segment register with 32-bit operand size: Intel writes 16 bits and leaves the rest (SDM vol. 2, PUSH), AMD and this machine write zeros',
    applies: (d) => isSegmentPush(d) && d.size === 32,
    masks(_, c) {
      const top = stackOffset(c);
      return { memory: (at) => at === top - 1 || at === top - 2 };
    },
  },
  {
    why: 'an ENTER or CALL that faults leaves what it has pushed below the stack on hardware; here it writes nothing',
    applies: (d, _, hardware) => ['enter', 'call'].includes(d.record.mnemonic) && hardware.vector !== 3,
    masks(_, c) {
      const top = stackOffset(c);
      return { memory: (at) => at < top && at >= top - 512 };
    },
  },
  {
    why: 'SYSRET outside 64-bit mode is #UD on Intel, #GP on AMD (whose processor this machine says it is) for user programs',
    applies: (d, c) => d.record.mnemonic === 'sysret' && c.selectors.cs !== SELECTOR.code64,
    masks: () => ({ faults: { hardware: [6], here: [13] } }),
  },
  {
    why: 'SYSENTER and SYSEXIT do not exist in long mode on AMD (APM vol. 3); on Intel SYSEXIT is #GP for user programs',
    applies: (d) => d.record.mnemonic === 'sysexit',
    masks: () => ({ faults: { hardware: [13], here: [6] } }),
  },
  {
    why: 'F3 90h with REX.B is PAUSE on Intel, XCHG on AMD and in QEMU',
    applies: (d, c) => d.record.mnemonic === 'xchg' && d.entry.opcode === 0x90 && c.code.includes(0xf3),
    masks: () => ({ everything: true }),
  },
  {
    why: 'LAR: bits 19 to 16 are undefined (SDM vol. 2, LAR)',
    applies: (d) => d.record.mnemonic === 'lar' && d.size !== 16,
    masks: (d) => ({ registers: [[registerOf(d), 0xf0000n]] }),
  },
  {
    why: 'several memory operands that fault: which comes first is nowhere said',
    applies: (d) => ['cmps', 'movs', 'enter'].includes(d.record.mnemonic),
    masks: () => ({ faults: { hardware: [12, 13, 14], here: [12, 13, 14] }, cr2: true }),
  },
  {
    why: 'a repeated string instruction with 32-bit addresses that faults in 64-bit mode: Intel has cleared the upper halves already',
    applies: (d, _, hardware) => d.rep !== 'none' && d.address === 32 && hardware.vector !== 3,
    masks: () => ({ registers: [1, 6, 7].map((n): [number, bigint] => [n, 0xffffffff00000000n]) }),
  },
  {
    why: 'PUSH and POP of memory and CALL through memory: a stack that is not canonical is #SS, here #GP where the operand is not on the stack',
    applies: (d) => /^(push|pop|call)$/.test(d.record.mnemonic) && d.memory !== undefined,
    masks: () => ({ faults: { hardware: [12, 13], here: [12, 13] } }),
  },
  {
    why: 'MASKMOVQ and MASKMOVDQU may fault for bytes that their mask leaves out (SDM vol. 2, MASKMOVDQU)',
    applies: (d) => d.record.mnemonic.startsWith('maskmov'),
    masks: () => ({ faults: { hardware: [12, 13, 14], here: [3] } }),
  },
  {
    why: 'ARPL that changes nothing looks at its segment for a write on Intel, though not at the page; here at neither',
    applies: (d) => d.record.mnemonic === 'arpl',
    masks: () => ({ faults: { hardware: [12, 13], here: [3] } }),
  },
  {
    why: 'LSL and LAR of 78h: the kernel under the oracle keeps the number of the processor there',
    applies: (d, c) => /^(lsl|lar|verr|verw)$/.test(d.record.mnemonic) && namesProcessorNumber(d, c),
    masks: () => ({ everything: true }),
  },
  {
    why: 'an operand outside its segment and another reason to fault (privilege, alignment, a pending x87 exception): here the segment comes first',
    applies: (d, c) => c.selectors.cs !== SELECTOR.code64 && d.memory !== undefined,
    masks: () => ({ faults: { hardware: [13, 16], here: [12, 13] } }),
  },
  {
    why: 'an x87 store that an unmasked exception keeps back does not look at its segment; here the segment comes first',
    applies: (d, c) => c.selectors.cs !== SELECTOR.code64 && d.record.unit === 'fpu' && d.memory !== undefined,
    masks: () => ({ faults: { hardware: [3], here: [12, 13] } }),
  },
  {
    why: 'flags of a repeated comparison that a fault interrupts: Intel puts back those before the first iteration (SDM vol. 2, REP)',
    applies: (d, _, hardware) => ['cmps', 'scas'].includes(d.record.mnemonic) && d.rep !== 'none' && hardware.vector !== 3,
    masks: () => ({ interruptedFlags: 0x8d5 }),
  },
  {
    why: 'an access that wraps around a segment of 4 GiB may fault for the limit or not (SDM vol. 3, 5.3)',
    applies: (_, c) => c.selectors.cs !== SELECTOR.code64,
    masks: () => ({ faults: { hardware: [14], here: [12, 13] } }),
  },
  {
    why: 'operands of many accesses: which part faults first, and what has been stored by then, is nowhere said',
    applies: (d, _, hardware) =>
      hardware.vector !== 3 && /^(fbstp|f(n?save|rstor|n?stenv|ldenv)|fx(save|rstor)|maskmov)/.test(d.record.mnemonic),
    masks: () => ({ cr2: true, memory: () => true, faults: { hardware: [13], here: [14] } }),
  },
  {
    why: 'an MMX instruction that faults has already marked the register stack as MMX on Intel; here it changes nothing',
    applies: (d, _, hardware) => hardware.vector !== 3 && (d.record.unit === 'mmx' || /pi/.test(d.record.mnemonic)),
    masks: () => ({ ignoreFx: (at) => at === 2 || at === 4 || (at >= 32 && at < 160) }),
  },
  {
    why: 'Intel checks the permission of OUTS and INS before it finds the count at zero',
    applies: (d, c) => ['ins', 'outs'].includes(d.record.mnemonic) && d.rep !== 'none' && (c.registers[1] & 0xffffn) === 0n,
    masks: () => ({ faults: { hardware: [13], here: [3] } }),
  },
  {
    why: 'a far CALL from a stack with a base into 64-bit code: Intel pushes without the base already, AMD says nothing',
    applies: (d, c, hardware) =>
      d.record.mnemonic === 'call' &&
      c.selectors.ss < 0x20 &&
      (hardware.vector === 14 || hardware.selectors.cs === SELECTOR.code64),
    masks: () => ({ everything: true }),
  },
  {
    why: 'transcendentals are right to 1 ulp, as hardware is; C1 tells which way',
    applies: (d) => TRANSCENDENTAL.has(d.record.mnemonic),
    masks: () => ({ fx: (at) => at === 2 || (at >= 32 && at < 64) }),
  },
  {
    why: 'reciprocals and reciprocal roots are right to 1.5 / 4096; makers round differently',
    applies: (d) => APPROXIMATE.has(d.record.mnemonic),
    masks: () => ({ fx: (at) => at >= 160 }),
  },
];
/** What may differ after the single instruction `d`. */
export function masksFor(d: Decoded, c: Case, hardware: Outcome): Masks {
  const masks: Masks = { flags: hardware.vector === 3 ? undefinedFlags(d, c) : 0, faults: [] };
  for (const a of ALLOWANCES) {
    if (!a.applies(d, c, hardware)) continue;
    const { faults, ...more } = a.masks(d, c);
    Object.assign(masks, more);
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
const SHIFTS = new Set(['shl', 'shr', 'sar', 'rol', 'ror', 'rcl', 'rcr', 'shld', 'shrd']);
/** The masked count, or -1 for what is no shift. */
function shiftCount(d: Decoded, c: Case): number {
  if (!SHIFTS.has(d.record.mnemonic)) return -1;
  const by = d.operands[d.operands.length - 1];
  const count = by.k === 'i' ? Number(BigInt.asUintN(8, by.value)) : by.k === 'c' ? by.value : Number(c.registers[1] & 0xffn);
  return count & (d.size === 64 ? 63 : 31);
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
    for (const f of masks.faults) if (f.hardware.includes(expected.vector) && f.here.includes(actual.vector)) return lines;
  note('vector', expected.vector, actual.vector);
  if (lines.length > 0) return lines;
  if (expected.vector !== 14 || !masks.cr2) note('error', pageFaultError(expected), pageFaultError(actual));
  if (expected.vector === 14 && !masks.cr2) note('cr2', expected.cr2, actual.cr2);
  note('rip', expected.rip, actual.rip);
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
    if (masks.ignoreFx?.(at) || ((expected.withoutX87Pointers || actual.withoutX87Pointers) && isX87Pointer(at))) continue;
    const e = part(expected, at, size);
    const a = part(actual, at, size);
    if (e !== a && !(masks.fx?.(at) && isClose(at, e, a))) lines.push(`${name}: hardware ${e}, here ${a}`);
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
