// SPDX-License-Identifier: MIT
/**
 * @fileoverview The instruction record: encodings in the manuals' notation plus semantics over the IR. The decoder's tables, the
 * interpreter, the compiler, the disassembler's coverage and the tests' inventory all derive from it.
 *
 * Encoding notation (APM vol. 3, 2.5; SDM vol. 2, 3.1.1), tokens separated by blanks:
 *   NP, 66, F2, F3   mandatory prefix; NP: none of the three. Without any of them 66 is the operand size and F2/F3 are ignored or REP.
 *   NFx              neither F2 nor F3; 66 is the operand size
 *   REX.W, REX.B     only with that bit; encodings without it match the rest
 *   VEX.L.pp.map.W   e.g. VEX.128.66.0F38.W0 (L: 128 256 LIG LZ; W: W0 W1 WIG)
 *   0F, 0F 38, 0F 3A, 0F 0F  opcode map; then the opcode byte, with +r (register in its low bits), +cc (condition), +i (x87 register)
 *   /r, /0 … /7      ModRM; after the opcode a further byte such as C1 (or C0+i) is a literal ModRM byte
 *   ib iw iz iv id, cb cz, moffs, far, iw ib (ENTER)   immediates
 *
 * Operands are letters of the opcode maps: E general register or memory by ModRM.rm, G by ModRM.reg, R register only by rm,
 * M memory only, Z register in the opcode, I immediate, sI sign-extended to the operand size, J relative branch, O moffs,
 * mDI memory at rDI in DS or the segment that overrides it, A far pointer, V/W xmm by reg / xmm or memory by rm, U xmm by rm only, P/Q mmx by reg / mmx or memory by rm, N mmx by rm only,
 * S segment register, C control, D debug register (register numbers arrive as immediates), ST x87 register number as an immediate,
 * B VEX.vvvv general register, H VEX.vvvv xmm; and fixed: AL CL DX rAX 1 ES CS SS DS FS GS. A bare v or b is no operand but says
 * that the operand size matters: v the effective one, b 8 bits.
 * The operand size that `exec` sees is the effective one if any operand is of width v or z or there is none, else 32/64 by REX.W if any
 * is of width y, else the width of the first operand that is not a vector (64 if all are).
 * Widths: b 8, w 16, d 32, q 64, v operand size, z immediate size (16 or 32), y 32 or 64 by REX.W, x 128, ss/sd/… use d/q: 'Wd' is
 * an xmm register or 32 bits of memory, 'Wq' or 64 bits, 'Wx' or 128, 'Ww', 'Wb'. t 80, p far pointer, none: address only.
 * An xmm operand in a register always has type v128, in memory the integer type of its width (v128 for x).
 */
import type { Builder } from '../ir/builder.ts';
import type { Flag, Operand } from '../ir/value.ts';

export interface Context {
  /** Condition code of Jcc, SETcc, CMOVcc; register number of +i. */
  cc: number;
  rep: 'none' | 'rep' | 'repne';
}

export interface Instruction {
  mnemonic: string;
  /** Notation -> operands, separated by commas. */
  encodings: Readonly<Record<string, string>>;
  /** CPUID feature that must be present, by the names in `features.ts`; otherwise #UD. */
  cpuid?: string;
  /** Where it exists: everywhere unless said. `long`: 64-bit mode; `legacy`: all other modes; `protected`: not in real mode (#UD). */
  modes?: 'long' | 'legacy' | 'protected';
  /** Highest CPL that may execute it; otherwise #GP(0). */
  privilege?: 0;
  /** May carry LOCK when its destination is memory. */
  lock?: boolean;
  /** 64-bit operand size in 64-bit mode without REX.W (near branches, push, pop). `force64`: whatever prefixes say. */
  default64?: boolean;
  force64?: boolean;
  /** Operand size is fixed instead: bits. For instructions whose first operand does not give it. */
  operandSize?: 8 | 16 | 32 | 64;
  /** Takes REP (rcx counts); `zf`: REPE/REPNE also test ZF. */
  repeat?: 'count' | 'zf';
  /** Reads through the default data segment or its override without a ModRM operand (string sources, XLAT). */
  sourceSegment?: boolean;
  /** Its memory operand's address counts rSP as it is after the instruction has popped (POP). */
  popsFirst?: boolean;
  /** What its helper does with the memory operand, where width and effects do not tell: bytes by operand size; whether it writes. */
  memory?: { bytes?: (size: number) => number; writes?: boolean };
  /** Its second operand selects an element of a bit string in memory; `exec` adds its offset only where addresses have 64 bits. */
  bitString?: boolean;
  /** Repeated, it copies or fills memory and may be done in stretches (one element of `size` bits an iteration). */
  bulk?: 'copy' | 'fill';
  /**
   * Which unit it needs; the decoder turns it into #NM or #UD when CR0/CR4 say so, and x87/MMX forms test for pending #MF.
   * `fpu`: CR0.EM, TS; `fwait`: CR0.MP with TS; `mmx`; `sse`: CR4.OSFXSR, CR0.EM, TS.
   */
  unit?: 'fpu' | 'fwait' | 'mmx' | 'sse';
  /** Ends the run of micro-ops although it does not jump (mode or mapping may have changed). */
  serializing?: boolean;
  /** What real processors leave undefined, and what this machine always does instead. Tests mask these against hardware. */
  undefinedFlags?: Partial<Record<Flag, 'cleared' | 'kept' | 'asComputed'>>;
  exec(ir: Builder, ...operands: Operand[]): void;
  /**
   * What compiled 32-bit code does instead of `exec` if no operand is in memory: only reads before its commits, and ends in a `control` whose `unless` says that this is all
   * there is to do; otherwise the interpreter does the instruction.
   */
  shortcut?(ir: Builder, ...operands: Operand[]): void;
  /** Instead of `exec` where condition code or REP prefix matter. */
  execWith?(ir: Builder, context: Context, ...operands: Operand[]): void;
}

const records: Instruction[] = [];
export const allInstructions: readonly Instruction[] = records;
export function instruction(record: Instruction): Instruction {
  records.push(record);
  return record;
}
/** For `execWith` records. */
export function needsContext(): never {
  throw new Error('this record is executed with a context');
}
