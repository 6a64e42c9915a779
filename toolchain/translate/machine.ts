// SPDX-License-Identifier: MIT
/**
 * @fileoverview Machine form: a function as instructions over virtual registers, before and during register allocation.
 *
 * An instruction is what one rule of selection makes: one to a dozen x86 instructions, emitted by its closure once every
 * operand has a place. The allocator sees only how operands are constrained. In time, instruction i occupies four steps:
 *
 * - 4i: spilled operands are reloaded; then `fixed` operands are moved, all at once, to the registers they must be in;
 * - 4i+1: operands are read, `clobbers` are overwritten;
 * - 4i+2: the result is written; a result in a fixed register is moved to its place;
 * - 4i+3: spilled results are stored.
 *
 * So a plain operand (live until 4i+2) may share its register with the result; a `late` one may not: it is still read after the
 * first write to the result. Physical registers are numbered 0-15 (general) and 16-31 (xmm), sets are bit masks. r11 and xmm15
 * are never allocated: rules use them as they like within one instruction.
 */
import type { Condition, Gpr, Label, Mem, Rm, Width, X86, Xmm, XmmRm } from '../x86/x86.ts';
import { gpr, r11, xmm } from '../x86/x86.ts';
import type { TrapName } from './types.ts';

export type RegisterClass = 'gpr' | 'xmm';

/** An operand that is read. */
export interface Use {
  register: number;
  /** A register, or else wherever the value happens to be (a spill slot). */
  readonly inRegister: boolean;
  /** Still read when the result is first written. */
  readonly late: boolean;
  /** The allocator should try to give it the result's register: the instruction begins by copying it there. */
  readonly tied: boolean;
}

export interface Def {
  register: number;
}

/** A constant or a value, to be moved. Floats are constants by bit pattern. */
export type Source = Use | { readonly constant: bigint; readonly cls: RegisterClass; readonly width: 4 | 8 };
export const isUse = (source: Source): source is Use => 'register' in source;

/** Into a register, or into the area for stack arguments, `stack` bytes above rsp. */
export interface FixedMove {
  readonly source: Source;
  readonly to: number | { readonly stack: number };
}

export interface MachineInstruction {
  readonly pc: number;
  readonly uses: Use[];
  readonly fixed: FixedMove[];
  def: Def | undefined;
  /** Where the closure leaves the result if not in the def's register. */
  resultIn: number | undefined;
  /** Overwritten while operands are read. */
  clobbers: number;
  /** Overwritten until after the result is written. */
  lateClobbers: number;
  /** Clobbers are those of a call: values that live across may be saved around it. */
  isCall: boolean;
  emit: (code: Code) => void;
}

/** Flags to test: all (or any) of the conditions hold. Floating-point equality needs two. */
export interface Test {
  readonly conditions: readonly Condition[];
  readonly mode: 'all' | 'any';
}

/** What a branch tests: comparisons made one after another, of which all (or any) must hold; the first that decides ends it. */
export interface BranchCondition {
  readonly parts: readonly { readonly emit: (code: Code) => void; readonly test: Test }[];
  readonly mode: 'all' | 'any';
}

/** A move along a control-flow edge, into a phi. */
export interface PhiMove {
  readonly source: Source;
  readonly to: Def;
}

export type MachineTerminator =
  | { readonly kind: 'jump'; readonly target: MachineBlock; readonly moves: PhiMove[] }
  | {
      readonly kind: 'branch';
      readonly condition: BranchCondition;
      readonly ifTrue: MachineBlock;
      readonly ifFalse: MachineBlock;
    }
  | { readonly kind: 'switch'; readonly index: Use; readonly targets: MachineBlock[] }
  | { readonly kind: 'return' }
  | { readonly kind: 'none' };

export interface MachineBlock {
  readonly id: number;
  readonly phis: Def[];
  instructions: MachineInstruction[];
  /** The operands of its comparisons and moves are those of the last instruction. */
  terminator: MachineTerminator;
  predecessors: MachineBlock[];
  readonly frequency: number;
  readonly isLoopHeader: boolean;
}

export interface MachineFunction {
  readonly name: string;
  readonly blocks: MachineBlock[];
  readonly parameters: { readonly def: Def; readonly from: number | { readonly stack: number }; readonly cls: RegisterClass }[];
  /** Class of each virtual register. */
  readonly classes: RegisterClass[];
  /** Bytes of stack arguments that calls need. */
  outgoing: number;
  readonly makesCalls: boolean;
}

/** A memory operand still over virtual registers. */
export interface Address {
  readonly base?: Use;
  readonly index?: Use;
  readonly scale: 1 | 2 | 4 | 8;
  readonly disp: number;
  readonly address32?: boolean;
  readonly window?: boolean;
  readonly symbol?: string;
  readonly segment?: 'fs' | 'gs';
}

/** What closures emit code with. */
export interface Code {
  readonly asm: X86;
  gpr(operand: Use | Def, width: Width): Gpr;
  rm(operand: Use | Def, width: Width): Rm;
  xmm(operand: Use | Def): Xmm;
  xmmRm(operand: Use | Def): XmmRm;
  mem(address: Address, width?: Width): Mem;
  physical(register: number, width: Width): Gpr;
  /** The result's register, or a scratch register if nobody wants the result. */
  result(def: Def | undefined, width: Width): Gpr;
  resultXmm(def: Def | undefined): Xmm;
  /** The result's register, after copying `source` into it. */
  copyToResult(def: Def, source: Source, width: Width): Gpr;
  copyToResultXmm(def: Def, source: Source): Xmm;
  /** Whether two operands were given the same place. */
  same(a: Use | Def, b: Use | Def): boolean;
  /** Emits at the end of the function; `body` returns with a jump to `back` unless it traps. */
  outOfLine(body: () => void): Label;
  /** An out-of-line trap. */
  trap(name: TrapName): Label;
  trapHere(name: TrapName): void;
  /** Notes that the next instruction faults as a trap (division). */
  noteDivision(): void;
  callFunction(index: number): void;
  callHelper(name: string): void;
}

/** Scratch registers of every instruction. */
export const SCRATCH = 11;
export const SCRATCH_XMM = 31;
export const scratch = (width: Width): Gpr => gpr(11, width);
export const scratch64 = r11;
export const scratchXmm: Xmm = xmm(15);

export const FIRST_XMM = 16;
export const bit = (physical: number): number => 1 << physical;
const bits = (...physical: number[]): number => physical.reduce((mask, r) => mask | bit(r), 0);

/** rdi, rsi, rdx, rcx, r8, r9 */
export const INTEGER_ARGUMENTS = [7, 6, 2, 1, 8, 9];
export const FLOAT_ARGUMENTS = [16, 17, 18, 19, 20, 21, 22, 23];
export const RAX = 0;
export const RCX = 1;
export const RDX = 2;
export const XMM0 = 16;
/** rbx, r12, r13, r14, and r15 where it is free. */
export const CALLEE_SAVED = [3, 12, 13, 14, 15];
/** All xmm registers, rax, rcx, rdx, rsi, rdi, r8 … r11. */
export const CALL_CLOBBERS = bits(0, 1, 2, 6, 7, 8, 9, 10, 11) | (0xffff << 16);

/** In order of preference: caller-saved ones without special roles first, those of shifts, divisions and results last. */
export const GPR_ORDER = [6, 7, 8, 9, 10, 1, 2, 0, 3, 12, 13, 14];
export const XMM_ORDER = Array.from({ length: 15 }, (_, i) => FIRST_XMM + i);
