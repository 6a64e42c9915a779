// SPDX-License-Identifier: MIT
/**
 * @fileoverview General-purpose instructions (Intel SDM vol. 2): moves, arithmetic, shifts, bits, branches, strings.
 *
 * Operand order is Intel's: destination first. An operand of type `Imm` takes the shortest encoding with the same effect.
 */
import { type Condition, conditions, Encoder, fitsInt8, fitsInt32 } from './encoder.ts';
import type { Gpr, Imm, Label, Mem, Rm, SpecialRegister, Width } from './operand.ts';

const isSpecial = (operand: Rm | Imm | SpecialRegister): operand is SpecialRegister =>
  !isImm(operand) && operand.kind !== 'gpr' && operand.kind !== 'mem';
const isImm = (operand: unknown): operand is Imm => typeof operand === 'number' || typeof operand === 'bigint';

/** The operand size that an instruction's operands agree on. */
function widthOf(destination: Rm, source?: Rm | Imm): Width {
  const width = destination.width ?? (source !== undefined && !isImm(source) ? source.width : undefined);
  if (width === undefined) throw new Error('operand size unknown: give the memory operand a width');
  if (source !== undefined && !isImm(source) && source.width !== undefined && source.width !== width) {
    throw new Error(`operand sizes differ: ${width} and ${source.width}`);
  }
  return width;
}

const ALU = { add: 0, or: 1, adc: 2, sbb: 3, and: 4, sub: 5, xor: 6, cmp: 7 } as const;
const SHIFT = { rol: 0, ror: 1, rcl: 2, rcr: 3, shl: 4, shr: 5, sar: 7 } as const;
const UNARY = { not: 2, neg: 3, mul: 4, imul: 5, div: 6, idiv: 7 } as const;
const BIT_TEST = { bt: 4, bts: 5, btr: 6, btc: 7 } as const;
export type AluOperation = keyof typeof ALU;
export type ShiftOperation = keyof typeof SHIFT;

export class IntegerEncoder extends Encoder {
  alu(operation: AluOperation, destination: Rm, source: Rm | Imm): void {
    const width = widthOf(destination, source);
    const code = ALU[operation];
    const wideBit = width === 1 ? 0 : 1;
    if (isImm(source)) {
      const value = Number(BigInt.asIntN(width * 8, BigInt(source)));
      if (width === 8 && !fitsInt32(BigInt.asIntN(64, BigInt(source)))) throw new Error(`immediate ${source} exceeds 32 bits`);
      if (width === 1) this.modRm([0x80], code, destination, width, { immediate: 1 });
      else if (fitsInt8(value)) this.modRm([0x83], code, destination, width, { immediate: 1 });
      else this.modRm([0x81], code, destination, width, { immediate: width === 2 ? 2 : 4 });
      this.immediate(value, width !== 1 && fitsInt8(value) ? 1 : width);
    } else if (source.kind === 'gpr') this.modRm([code * 8 + wideBit], source, destination, width);
    else if (destination.kind === 'gpr') this.modRm([code * 8 + 2 + wideBit], destination, source, width);
    else throw new Error(`${operation} with two memory operands`);
  }
  add(destination: Rm, source: Rm | Imm): void {
    this.alu('add', destination, source);
  }
  or(destination: Rm, source: Rm | Imm): void {
    this.alu('or', destination, source);
  }
  adc(destination: Rm, source: Rm | Imm): void {
    this.alu('adc', destination, source);
  }
  sbb(destination: Rm, source: Rm | Imm): void {
    this.alu('sbb', destination, source);
  }
  and(destination: Rm, source: Rm | Imm): void {
    this.alu('and', destination, source);
  }
  sub(destination: Rm, source: Rm | Imm): void {
    this.alu('sub', destination, source);
  }
  xor(destination: Rm, source: Rm | Imm): void {
    this.alu('xor', destination, source);
  }
  cmp(destination: Rm, source: Rm | Imm): void {
    this.alu('cmp', destination, source);
  }
  test(destination: Rm, source: Gpr | Imm): void {
    const width = widthOf(destination, source);
    const wideBit = width === 1 ? 0 : 1;
    if (isImm(source)) {
      this.modRm([0xf6 | wideBit], 0, destination, width, { immediate: Math.min(width, 4) });
      this.immediate(source, width);
    } else this.modRm([0x84 | wideBit], source, destination, width);
  }

  /** MOV in all its forms; a 64-bit immediate takes the shortest of mov r32, mov r64 sign-extended and movabs. */
  mov(destination: Rm | SpecialRegister, source: Rm | Imm | SpecialRegister): void {
    if (isSpecial(source)) this.moveSpecial(source, destination as Gpr, false);
    else if (isSpecial(destination)) this.moveSpecial(destination, source as Gpr, true);
    else if (isImm(source)) this.moveImmediate(destination, BigInt(source));
    else {
      const width = widthOf(destination, source);
      const wideBit = width === 1 ? 0 : 1;
      if (source.kind === 'gpr') this.modRm([0x88 | wideBit], source, destination, width);
      else if (destination.kind === 'gpr') this.modRm([0x8a | wideBit], destination, source, width);
      else throw new Error('mov with two memory operands');
    }
  }

  private moveImmediate(destination: Rm, value: bigint): void {
    const width = widthOf(destination);
    if (destination.kind === 'mem') {
      if (width === 8 && !fitsInt32(BigInt.asIntN(64, value))) throw new Error(`immediate ${value} exceeds 32 bits`);
      this.modRm([width === 1 ? 0xc6 : 0xc7], 0, destination, width, { immediate: Math.min(width, 4) });
      this.immediate(value, width);
      return;
    }
    if (width === 8) {
      const unsigned = BigInt.asUintN(64, value);
      if (unsigned <= 0xffff_ffffn) this.moveImmediate({ ...destination, width: 4 }, unsigned);
      else if (fitsInt32(BigInt.asIntN(64, value))) {
        this.modRm([0xc7], 0, destination, 8, { immediate: 4 });
        this.immediate(value, 4);
      } else {
        this.opcodeRegister([], 0xb8, destination);
        this.emit64(value);
      }
      return;
    }
    this.opcodeRegister([], width === 1 ? 0xb0 : 0xb8, destination);
    this.immediate(value, width);
  }

  private moveSpecial(special: SpecialRegister, general: Gpr, toSpecial: boolean): void {
    // The operand size is fixed, so neither 66h nor REX.W is wanted: width 1 asks for none.
    if (special.kind === 'segment') this.modRm([toSpecial ? 0x8e : 0x8c], special.code, general, 1);
    else {
      const opcode = (special.kind === 'control' ? 0x20 : 0x21) | (toSpecial ? 2 : 0);
      this.modRm([0x0f, opcode], special.code, general, 1, {});
    }
  }

  /** mov r, imm64 whose value is a symbol's address (8 bytes), or its low 32 bits for a 4-byte register. */
  movSymbol(destination: Gpr, symbol: string, addend = 0): void {
    this.opcodeRegister([], 0xb8, destination);
    this.relocate(destination.width === 8 ? 'abs64' : 'abs32', symbol, addend);
  }
  lea(destination: Gpr, source: Mem): void {
    this.modRm([0x8d], destination, source, destination.width);
  }
  /** Zero-extends from 1 or 2 bytes; from 4 it is a 32-bit mov. */
  movzx(destination: Gpr, source: Rm): void {
    const from = source.width ?? 0;
    if (from === 4) this.mov({ ...destination, width: 4 }, source);
    else this.modRm([0x0f, from === 1 ? 0xb6 : 0xb7], destination, source, destination.width);
  }
  /** Sign-extends from 1, 2 or 4 bytes. */
  movsx(destination: Gpr, source: Rm): void {
    const from = source.width ?? 0;
    if (from === 4) this.modRm([0x63], destination, source, destination.width);
    else this.modRm([0x0f, from === 1 ? 0xbe : 0xbf], destination, source, destination.width);
  }
  xchg(destination: Rm, source: Gpr): void {
    this.modRm([source.width === 1 ? 0x86 : 0x87], source, destination, source.width);
  }
  /** With the LOCK prefix unless `lock` is false. */
  xadd(destination: Mem, source: Gpr, lock = true): void {
    if (lock) this.emit(0xf0);
    this.modRm([0x0f, source.width === 1 ? 0xc0 : 0xc1], source, destination, source.width);
  }
  /** Compares rAX with memory; equal stores `source`, otherwise loads rAX. With the LOCK prefix unless `lock` is false. */
  cmpxchg(destination: Mem, source: Gpr, lock = true): void {
    if (lock) this.emit(0xf0);
    this.modRm([0x0f, source.width === 1 ? 0xb0 : 0xb1], source, destination, source.width);
  }
  /** LOCK before the next instruction. */
  lock(): void {
    this.emit(0xf0);
  }
  bswap(register: Gpr): void {
    this.opcodeRegister([0x0f], 0xc8, register);
  }

  inc(operand: Rm): void {
    this.modRm([operand.width === 1 ? 0xfe : 0xff], 0, operand, widthOf(operand));
  }
  dec(operand: Rm): void {
    this.modRm([operand.width === 1 ? 0xfe : 0xff], 1, operand, widthOf(operand));
  }
  private unary(operation: keyof typeof UNARY, operand: Rm): void {
    this.modRm([operand.width === 1 ? 0xf6 : 0xf7], UNARY[operation], operand, widthOf(operand));
  }
  not(operand: Rm): void {
    this.unary('not', operand);
  }
  neg(operand: Rm): void {
    this.unary('neg', operand);
  }
  mul(operand: Rm): void {
    this.unary('mul', operand);
  }
  div(operand: Rm): void {
    this.unary('div', operand);
  }
  idiv(operand: Rm): void {
    this.unary('idiv', operand);
  }
  /** One operand: rDX:rAX = rAX * operand. Two: destination *= source. Three: destination = source * immediate. */
  imul(destination: Rm, source?: Rm, factor?: Imm): void {
    if (source === undefined) this.unary('imul', destination);
    else if (factor === undefined) this.modRm([0x0f, 0xaf], destination as Gpr, source, widthOf(destination));
    else {
      const width = widthOf(destination);
      const short = fitsInt8(Number(BigInt.asIntN(32, BigInt(factor))));
      this.modRm([short ? 0x6b : 0x69], destination as Gpr, source, width, { immediate: short ? 1 : width === 2 ? 2 : 4 });
      this.immediate(factor, short ? 1 : width);
    }
  }
  /** Sign of eax into edx, or of rax into rdx. */
  cdq(): void {
    this.emit(0x99);
  }
  cqo(): void {
    this.emit(0x48, 0x99);
  }

  /** Shift or rotate by an immediate, or by CL. */
  shift(operation: ShiftOperation, operand: Rm, count: Imm | 'cl'): void {
    const width = widthOf(operand);
    const wideBit = width === 1 ? 0 : 1;
    if (count === 'cl') this.modRm([0xd2 | wideBit], SHIFT[operation], operand, width);
    else if (Number(count) === 1) this.modRm([0xd0 | wideBit], SHIFT[operation], operand, width);
    else {
      this.modRm([0xc0 | wideBit], SHIFT[operation], operand, width, { immediate: 1 });
      this.immediate(count, 1);
    }
  }
  shl(operand: Rm, count: Imm | 'cl'): void {
    this.shift('shl', operand, count);
  }
  shr(operand: Rm, count: Imm | 'cl'): void {
    this.shift('shr', operand, count);
  }
  sar(operand: Rm, count: Imm | 'cl'): void {
    this.shift('sar', operand, count);
  }
  rol(operand: Rm, count: Imm | 'cl'): void {
    this.shift('rol', operand, count);
  }
  ror(operand: Rm, count: Imm | 'cl'): void {
    this.shift('ror', operand, count);
  }
  private bitTest(operation: keyof typeof BIT_TEST, operand: Rm, bit: Gpr | Imm): void {
    if (isImm(bit)) {
      this.modRm([0x0f, 0xba], BIT_TEST[operation], operand, widthOf(operand), { immediate: 1 });
      this.immediate(bit, 1);
    } else this.modRm([0x0f, 0x83 | (BIT_TEST[operation] << 3)], bit, operand, bit.width);
  }
  bt(operand: Rm, bit: Gpr | Imm): void {
    this.bitTest('bt', operand, bit);
  }
  bts(operand: Rm, bit: Gpr | Imm): void {
    this.bitTest('bts', operand, bit);
  }
  btr(operand: Rm, bit: Gpr | Imm): void {
    this.bitTest('btr', operand, bit);
  }
  btc(operand: Rm, bit: Gpr | Imm): void {
    this.bitTest('btc', operand, bit);
  }
  bsf(destination: Gpr, source: Rm): void {
    this.modRm([0x0f, 0xbc], destination, source, destination.width);
  }
  bsr(destination: Gpr, source: Rm): void {
    this.modRm([0x0f, 0xbd], destination, source, destination.width);
  }
  /** Beyond x86-64-v1: an older processor runs bsf instead, silently. */
  tzcnt(destination: Gpr, source: Rm): void {
    this.countBits(0xbc, destination, source);
  }
  /** Beyond x86-64-v1: an older processor runs bsr instead, silently. */
  lzcnt(destination: Gpr, source: Rm): void {
    this.countBits(0xbd, destination, source);
  }
  /** Beyond x86-64-v1. */
  popcnt(destination: Gpr, source: Rm): void {
    this.countBits(0xb8, destination, source);
  }
  private countBits(opcode: number, destination: Gpr, source: Rm): void {
    if (destination.width === 2) this.emit(0x66);
    this.modRm([0x0f, opcode], destination, source, destination.width, { mandatory: 0xf3 });
  }

  setcc(condition: Condition, destination: Rm): void {
    this.modRm([0x0f, 0x90 | conditions[condition]], 0, destination, 1);
  }
  cmov(condition: Condition, destination: Gpr, source: Rm): void {
    this.modRm([0x0f, 0x40 | conditions[condition]], destination, source, destination.width);
  }

  jmp(target: Label | string | Rm): void {
    if (typeof target === 'object' && 'kind' in target) this.modRm([0xff], 4, target, 8, { default64: true });
    else this.branch(target, 0xeb, [0xe9]);
  }
  jcc(condition: Condition, target: Label | string): void {
    this.branch(target, 0x70 | conditions[condition], [0x0f, 0x80 | conditions[condition]]);
  }
  call(target: Label | string | Rm): void {
    if (typeof target === 'object' && 'kind' in target) this.modRm([0xff], 2, target, 8, { default64: true });
    else this.branch(target, undefined, [0xe8]);
  }
  ret(): void {
    this.emit(0xc3);
  }
  push(operand: Rm | Imm): void {
    if (isImm(operand)) {
      const short = fitsInt8(Number(operand));
      this.emit(short ? 0x6a : 0x68);
      this.immediate(operand, short ? 1 : 4);
    } else if (operand.kind === 'gpr') this.opcodeRegister([], 0x50, operand, true);
    else this.modRm([0xff], 6, operand, operand.width ?? 8, { default64: true });
  }
  pop(operand: Rm): void {
    if (operand.kind === 'gpr') this.opcodeRegister([], 0x58, operand, true);
    else this.modRm([0x8f], 0, operand, operand.width ?? 8, { default64: true });
  }

  /** Data in the code stream: 1, 2, 4 or 8 bytes, or a symbol's address. */
  data(width: Width, ...values: (Imm | string)[]): void {
    for (const value of values) {
      if (typeof value === 'string') this.relocate(width === 8 ? 'abs64' : 'abs32', value);
      else if (width === 8) this.emit64(BigInt(value));
      else this.immediate(value, width);
    }
  }
}
