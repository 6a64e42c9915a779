// SPDX-License-Identifier: MIT
/** @fileoverview The few instructions that sequences put together by hand, in 16-, 32- and 64-bit code. */

export type Bits = 16 | 32 | 64;

export const littleEndian = (value: number | bigint, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => Number((BigInt.asUintN(64, BigInt(value)) >> BigInt(8 * i)) & 0xffn));

export const AX = 0;
export const CX = 1;
export const DX = 2;

export class Assembler {
  constructor(readonly bits: Bits) {}

  /** What makes the operand size 32 bits, except in 64-bit mode, where pushes and such have 64. */
  get o32(): number[] {
    return this.bits === 16 ? [0x66] : [];
  }
  /** `mov r32, imm32`. */
  load(register: number, value: number): number[] {
    return [...this.o32, ...(register >= 8 ? [0x41] : []), 0xb8 | (register & 7), ...littleEndian(value >>> 0, 4)];
  }
  /** Of 32 bits, in 64-bit mode of 64. */
  push(value: number): number[] {
    return [...this.o32, 0x68, ...littleEndian(value | 0, 4)];
  }
  /** `opcode` with a memory operand at an absolute address; prefixes come first, then any that 16-bit code needs to reach it. */
  memory(prefixes: readonly number[], opcode: readonly number[], reg: number, address: number): number[] {
    if (this.bits === 16 && address <= 0xfff0) return [...prefixes, ...opcode, (reg << 3) | 6, ...littleEndian(address, 2)];
    if (this.bits === 64) return [...prefixes, ...opcode, (reg << 3) | 4, 0x25, ...littleEndian(address, 4)];
    return [...prefixes, ...(this.bits === 16 ? [0x67] : []), ...opcode, (reg << 3) | 5, ...littleEndian(address, 4)];
  }
  /** `opcode` with the memory that the stack pointer points to. */
  atStack(prefixes: readonly number[], opcode: readonly number[], reg: number): number[] {
    return [...prefixes, ...(this.bits === 16 ? [0x67] : []), ...opcode, (reg << 3) | 4, 0x24];
  }
  /** `mov dword [address], imm32` through SS, whose base is always 0. */
  store32(address: number, value: number): number[] {
    return [...this.memory([...this.o32, ...(this.bits === 64 ? [] : [0x36])], [0xc7], 0, address), ...littleEndian(value, 4)];
  }
  /** `cmp eax, imm32`: defines all flags. */
  defineFlags(value: number): number[] {
    return [...this.o32, 0x3d, ...littleEndian(value, 4)];
  }
  /** `op eax, imm32`: or 0Dh, and 25h, xor 35h. */
  withEax(opcode: number, value: number): number[] {
    return [...this.o32, opcode, ...littleEndian(value >>> 0, 4)];
  }
  /** `mov eax, crN` and back. */
  fromControl(n: number, register = AX): number[] {
    return [0x0f, 0x20, 0xc0 | (n << 3) | register];
  }
  toControl(n: number, register = AX): number[] {
    return [0x0f, 0x22, 0xc0 | (n << 3) | register];
  }
  writeMsr(index: number, value: bigint): number[] {
    return [
      ...this.load(CX, index),
      ...this.load(AX, Number(value & 0xffffffffn)),
      ...this.load(DX, Number((value >> 32n) & 0xffffffffn)),
      0x0f,
      0x30,
    ];
  }
}
