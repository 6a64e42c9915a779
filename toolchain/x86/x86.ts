// SPDX-License-Identifier: MIT
/**
 * @fileoverview The whole x86 assembler and its operands in one import.
 *
 * ```ts
 * const asm = new X86();
 * const done = new Label('done');
 * asm.mov(eax, ptr(rdi, 8));
 * asm.test(eax, eax);
 * asm.jcc('e', done);
 * asm.call('trap_handler');     // a symbol: the linker fills it in
 * asm.bind(done);
 * asm.ret();
 * ```
 */
export { type Condition, conditions, fitsInt8, fitsInt32, invert, type Relocation, type RelocationKind } from './encoder.ts';
export type { AluOperation, ShiftOperation } from './integer.ts';
export * from './operand.ts';
export { type FloatWidth, type PackedOperation, type ScalarOperation, SseEncoder as X86 } from './sse.ts';
export type { FixedInstruction } from './system.ts';
