// SPDX-License-Identifier: MIT
/**
 * @fileoverview What may differ between two processors that have run the same instruction, each with its reason: what the manuals leave open, and
 * what AMD and Intel do differently. `maker` says that only this maker's processors are let off; without it, all are.
 */
import type { Decoded } from '../../../emulator/decode/decode.ts';
import { type Case, DATA, type Maker, type Outcome, SELECTOR } from './programState.ts';

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
  /** The instruction pointer. */
  rip?: boolean;
  everything?: boolean;
  /** Vectors that may meet; nothing else is compared then. `only`: if our outcome is such. */
  faults: readonly { hardware: readonly number[]; here: readonly number[]; only?: (here: Outcome) => boolean }[];
  /** Whether a field of the FX image that differs is as good as the other. */
  fxAlike?: (offset: number, hardware: Outcome, here: Outcome) => boolean;
  /** Bits of general registers. */
  registers?: readonly (readonly [number, bigint])[];
}
export interface Allowance {
  why: string;
  maker?: Maker;
  applies(d: Decoded, c: Case, hardware: Outcome): boolean;
  masks(d: Decoded, c: Case): Partial<Omit<Masks, 'faults'>> & { faults?: Masks['faults'][number] };
}
const TRANSCENDENTAL = new Set(['fsin', 'fcos', 'fsincos', 'fptan', 'fpatan', 'f2xm1', 'fyl2x', 'fyl2xp1']);
const APPROXIMATE = new Set(['rcpps', 'rcpss', 'rsqrtps', 'rsqrtss']);
const stackOffset = (c: Case): number => Number(c.registers[4]) - (c.selectors.ss < 0x20 ? 0 : DATA);
const isSegmentPush = (d: Decoded): boolean => d.record.mnemonic === 'push' && d.operands[0].k === 'c';
/** Prefixes. */
const beforeOpcode = (d: Decoded, c: Case): readonly number[] => {
  const opcode = c.code.findIndex((byte, i) => i < d.length && !PREFIXES.has(byte) && (byte & 0xf0) !== 0x40);
  return [...c.code.subarray(0, opcode)];
};
const PREFIXES = new Set([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3]);
const registerOf = (d: Decoded): number => (d.operands[0].k === 'r' ? d.operands[0].slot >> 3 : -1);
const SHIFTS = new Set(['shl', 'shr', 'sar', 'rol', 'ror', 'rcl', 'rcr', 'shld', 'shrd']);
/** The masked count, or -1 for what is no shift. */
export function shiftCount(d: Decoded, c: Case): number {
  if (!SHIFTS.has(d.record.mnemonic)) return -1;
  const by = d.operands[d.operands.length - 1];
  const count = by.k === 'i' ? Number(BigInt.asUintN(8, by.value)) : by.k === 'c' ? by.value : Number(c.registers[1] & 0xffn);
  return count & (d.size === 64 ? 63 : 31);
}

/** Offset in the data area, whichever of its views the memory operand is in. */
function operandOffset(d: Decoded, c: Case): number {
  const m = d.memory!;
  const register = (n: number): bigint => (n === 16 ? BigInt(c.rip + d.length) : n < 0 ? 0n : c.registers[n]);
  return Number((register(m.base) + (m.index < 0 ? 0n : register(m.index) << BigInt(m.scale)) + BigInt(m.disp)) & 0x1fffn);
}
/** Of FXSAVE's image: the x87 pointers, and the byte of MXCSR_MASK that allows the misaligned mode, which AMD alone has. */
const isAmdsByte = (from: number): boolean => (from >= 6 && from < 24) || from === 30;
/** What an xmm register holds; a NaN is like any other. */
function numbersAt(o: Outcome, at: number, bits: number): number[] {
  const v = new DataView(o.fx.buffer, o.fx.byteOffset + at, 16);
  return Array.from({ length: 128 / bits }, (_, lane) =>
    bits === 32 ? v.getFloat32(lane * 4, true) : v.getFloat64(lane * 8, true),
  );
}
/** ST(n) of an FX image as exponent and significand without the sign. */
function magnitude(o: Outcome, at: number): bigint {
  const v = new DataView(o.fx.buffer, o.fx.byteOffset);
  return (BigInt(v.getUint16(at + 8, true) & 0x7fff) << 64n) | v.getBigUint64(at, true);
}
/** 2^-16382 and its neighbour below, as they are and with the bias that an unmasked underflow adds (SDM vol. 1, 8.5.5). */
const SMALLEST_NORMAL: readonly bigint[] = [
  (1n << 64n) | (1n << 63n),
  (1n << 63n) - 1n,
  (0x6001n << 64n) | (1n << 63n),
  (0x6000n << 64n) | 0xffffffffffffffffn,
];
/** The result, in ST(0), or ST(1) after FSINCOS. */
const resultIsSmallest = (o: Outcome, at: number): boolean => SMALLEST_NORMAL.includes(magnitude(o, at));
/** Underflow, and what follows from one that is not masked: exception summary and busy. C1 tells which way it was rounded. */
const UNDERFLOW_STATUS = 0x8290;
const status = (o: Outcome): number => new DataView(o.fx.buffer, o.fx.byteOffset).getUint16(2, true);
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
    maker: 'Intel',
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
    maker: 'Intel',
    applies: (d, c) => d.record.mnemonic === 'sysret' && c.selectors.cs !== SELECTOR.code64,
    masks: () => ({ faults: { hardware: [6], here: [13] } }),
  },
  {
    why: 'F3 90h with REX.B is PAUSE on Intel, XCHG on AMD and in QEMU',
    maker: 'Intel',
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
    maker: 'Intel',
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
    maker: 'Intel',
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
    maker: 'Intel',
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
    why: 'an MMX instruction that faults has already marked the register stack as MMX on hardware; here it changes nothing',
    applies: (d, _, hardware) => hardware.vector !== 3 && (d.record.unit === 'mmx' || /pi/.test(d.record.mnemonic)),
    masks: () => ({ ignoreFx: (at) => at === 2 || at === 4 || (at >= 32 && at < 160) }),
  },
  {
    why: 'a far CALL from a stack with a base into 64-bit code: hardware pushes without the base already, the manuals say nothing',
    applies: (d, c, hardware) =>
      d.record.mnemonic === 'call' &&
      c.selectors.ss < 0x20 &&
      (hardware.vector === 14 || hardware.selectors.cs === SELECTOR.code64),
    masks: () => ({ everything: true }),
  },
  {
    why: 'REP INS and OUTS of which the count is zero: hardware asks for the permission first, this machine does nothing',
    applies: (d, c) => ['ins', 'outs'].includes(d.record.mnemonic) && d.rep !== 'none' && (c.registers[1] & 0xffffn) === 0n,
    masks: () => ({ faults: { hardware: [13], here: [3] } }),
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
  {
    why: 'SHLD and SHRD of 16 bits by more than 16: result and flags are undefined (APM vol. 3; SDM vol. 2); here they are Intel’s',
    maker: 'AMD',
    applies: (d, c) => d.size === 16 && /^sh[lr]d$/.test(d.record.mnemonic) && shiftCount(d, c) > 16,
    masks(d, c) {
      const at = d.memory ? operandOffset(d, c) : 0;
      return {
        flags: 0x8d5,
        registers: d.memory ? [] : [[registerOf(d), 0xffffn]],
        memory: (byte) => d.memory !== undefined && (byte === at || byte === at + 1),
      };
    },
  },
  {
    why: 'near branches with 66h in 64-bit mode: AMD makes the operand 16 bits, Intel and this machine ignore 66h (SDM vol. 2, CALL, Jcc, JMP, RET)',
    maker: 'AMD',
    applies: (d, c) =>
      c.selectors.cs === SELECTOR.code64 && /^(jmp|jcc|call|ret)$/.test(d.record.mnemonic) && beforeOpcode(d, c).includes(0x66),
    masks: () => ({ everything: true }),
  },
  {
    why: 'far pointers in memory with REX.W: AMD knows no 64-bit offsets (APM vol. 3, JMP far, LSS), Intel and this machine do',
    maker: 'AMD',
    applies: (d, c) =>
      c.selectors.cs === SELECTOR.code64 &&
      d.effective === 64 &&
      d.memory !== undefined &&
      /^(l[fgs]s|call|jmp)$/.test(d.record.mnemonic),
    masks: () => ({ everything: true }),
  },
  {
    why: 'FXSAVE: AMD stores the x87 pointers only while an exception is pending (APM vol. 2, 11.4.4), and has MXCSR.MM',
    maker: 'AMD',
    applies: (d) => /^fxsave/.test(d.record.mnemonic),
    masks(d, c) {
      const at = operandOffset(d, c);
      return { memory: (byte) => isAmdsByte(byte - at) };
    },
  },
  {
    why: 'RETF that drops parameters: AMD looks for the outer stack pointer behind them before it looks at the selector; which comes first is nowhere said',
    maker: 'AMD',
    applies: (d) => d.record.mnemonic === 'ret' && d.entry.opcode === 0xca,
    masks: () => ({ faults: { hardware: [12, 14], here: [13] } }),
  },
  {
    why: 'UD0 and UD1 have a ModRM on Intel and here, and its bytes must be there; on AMD they have none (APM vol. 3, UD0)',
    maker: 'AMD',
    applies: (d) => /^ud[01]$/.test(d.record.mnemonic),
    masks: () => ({ faults: { hardware: [6], here: [14] } }),
  },
  {
    why: 'INT1 is a trap (APM vol. 2, 8.2.2); a hypervisor on AMD intercepts it and gives it back at its own address',
    maker: 'AMD',
    applies: (d) => d.record.mnemonic === 'int1',
    masks: () => ({ rip: true }),
  },
  {
    why: 'FLD of a denormal whose exception is not masked: AMD loads it all the same, Intel and this machine do not',
    maker: 'AMD',
    applies: (d, _, hardware) => d.record.mnemonic === 'fld' && d.memory !== undefined && (status(hardware) & 0x82) === 0x82,
    masks: () => ({ ignoreFx: (at) => at === 2 || at === 4 || (at >= 32 && at < 160) }),
  },
  {
    why: 'DPPS and DPPD of several NaNs: in which order they are added is nowhere said',
    maker: 'AMD',
    applies: (d) => /^dpp[sd]$/.test(d.record.mnemonic),
    masks: (d) => ({
      fxAlike(at, hardware, here) {
        const bits = d.record.mnemonic === 'dpps' ? 32 : 64;
        const [theirs, ours] = [hardware, here].map((o) => numbersAt(o, at, bits));
        return at >= 160 && theirs.every((n, lane) => Object.is(n, ours[lane]));
      },
    }),
  },
  {
    why: 'an x87 store that an unmasked exception keeps back: AMD looks at its page, Intel and this machine do not',
    maker: 'AMD',
    applies: (d) => d.record.unit === 'fpu' && d.memory !== undefined,
    masks: () => ({ faults: { hardware: [14], here: [3, 16], only: (here) => (status(here) & 0x80) !== 0 } }),
  },
  {
    why: 'transcendentals are right to 1 ulp: next to the smallest normal number the one is an underflow and the other none',
    applies: (d) => TRANSCENDENTAL.has(d.record.mnemonic),
    masks: () => ({
      fxAlike: (at, hardware, here) =>
        [32, 48].some((result) => resultIsSmallest(hardware, result) && resultIsSmallest(here, result)) &&
        (at === 32 || at === 48 || (at === 2 && (status(hardware) & ~UNDERFLOW_STATUS) === (status(here) & ~UNDERFLOW_STATUS))),
    }),
  },
];
