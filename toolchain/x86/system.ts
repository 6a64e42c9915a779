// SPDX-License-Identifier: MIT
/**
 * @fileoverview Instructions without operands, port I/O, descriptor tables, far jumps: what kernels and entry stubs need
 * beyond ordinary code (Intel SDM vol. 2; AMD APM vol. 3).
 */
import { IntegerEncoder } from './integer.ts';
import type { Gpr, Mem, Rm, Width } from './operand.ts';

/** Instructions whose encoding is fixed. */
const FIXED = {
  nop: [0x90],
  pause: [0xf3, 0x90],
  hlt: [0xf4],
  cli: [0xfa],
  sti: [0xfb],
  cld: [0xfc],
  std: [0xfd],
  clc: [0xf8],
  stc: [0xf9],
  ud2: [0x0f, 0x0b],
  int3: [0xcc],
  leave: [0xc9],
  pushf: [0x9c],
  popf: [0x9d],
  iret: [0xcf],
  iretq: [0x48, 0xcf],
  lretq: [0x48, 0xcb],
  syscall: [0x0f, 0x05],
  sysretq: [0x48, 0x0f, 0x07],
  swapgs: [0x0f, 0x01, 0xf8],
  stac: [0x0f, 0x01, 0xcb],
  clac: [0x0f, 0x01, 0xca],
  monitor: [0x0f, 0x01, 0xc8],
  mwait: [0x0f, 0x01, 0xc9],
  rdmsr: [0x0f, 0x32],
  wrmsr: [0x0f, 0x30],
  rdtsc: [0x0f, 0x31],
  rdtscp: [0x0f, 0x01, 0xf9],
  rdpmc: [0x0f, 0x33],
  cpuid: [0x0f, 0xa2],
  xgetbv: [0x0f, 0x01, 0xd0],
  xsetbv: [0x0f, 0x01, 0xd1],
  invd: [0x0f, 0x08],
  wbinvd: [0x0f, 0x09],
  clts: [0x0f, 0x06],
  mfence: [0x0f, 0xae, 0xf0],
  lfence: [0x0f, 0xae, 0xe8],
  sfence: [0x0f, 0xae, 0xf8],
  fninit: [0xdb, 0xe3],
  vmrun: [0x0f, 0x01, 0xd8],
  vmmcall: [0x0f, 0x01, 0xd9],
  vmload: [0x0f, 0x01, 0xda],
  vmsave: [0x0f, 0x01, 0xdb],
  stgi: [0x0f, 0x01, 0xdc],
  clgi: [0x0f, 0x01, 0xdd],
} as const;
export type FixedInstruction = keyof typeof FIXED;

const STRING = { movs: 0xa4, cmps: 0xa6, stos: 0xaa, lods: 0xac, scas: 0xae, ins: 0x6c, outs: 0x6e } as const;
const REPEAT = { rep: 0xf3, repe: 0xf3, repne: 0xf2 } as const;

export class SystemEncoder extends IntegerEncoder {
  /** An instruction without operands: `asm.op('iretq')`. */
  op(name: FixedInstruction): void {
    this.emit(...FIXED[name]);
  }
  /** A string instruction over units of `width`, optionally repeated: `asm.string('movs', 1, 'rep')`. */
  string(operation: keyof typeof STRING, width: Width, repeat?: keyof typeof REPEAT): void {
    if (repeat) this.emit(REPEAT[repeat]);
    if (width === 2 ? this.bits !== 16 : width === 4 && this.bits === 16) this.emit(0x66);
    if (width === 8) this.rex(8);
    this.emit(STRING[operation] | (width === 1 ? 0 : 1));
  }
  int(vector: number): void {
    this.emit(0xcd, vector);
  }
  /** IN rAX, DX or IN rAX, imm8. */
  in(accumulator: Gpr, port: Gpr | number): void {
    this.portAccess(0, accumulator, port);
  }
  out(port: Gpr | number, accumulator: Gpr): void {
    this.portAccess(2, accumulator, port);
  }
  private portAccess(direction: number, accumulator: Gpr, port: Gpr | number): void {
    if (accumulator.width === 2 ? this.bits !== 16 : accumulator.width === 4 && this.bits === 16) this.emit(0x66);
    const opcode = direction | (accumulator.width === 1 ? 0 : 1);
    if (typeof port === 'number') this.emit(0xe4 | opcode, port);
    else this.emit(0xec | opcode);
  }
  lgdt(m: Mem): void {
    this.modRm([0x0f, 0x01], 2, m, 1);
  }
  lidt(m: Mem): void {
    this.modRm([0x0f, 0x01], 3, m, 1);
  }
  sgdt(m: Mem): void {
    this.modRm([0x0f, 0x01], 0, m, 1);
  }
  sidt(m: Mem): void {
    this.modRm([0x0f, 0x01], 1, m, 1);
  }
  lldt(selector: Rm): void {
    this.modRm([0x0f, 0x00], 2, selector, 1);
  }
  ltr(selector: Rm): void {
    this.modRm([0x0f, 0x00], 3, selector, 1);
  }
  invlpg(m: Mem): void {
    this.modRm([0x0f, 0x01], 7, m, 1);
  }
  clflush(m: Mem): void {
    this.modRm([0x0f, 0xae], 7, m, 1);
  }
  cmpxchg16b(m: Mem, lock = true): void {
    if (lock) this.emit(0xf0);
    this.modRm([0x0f, 0xc7], 1, m, 8);
  }
  xsave(m: Mem): void {
    this.modRm([0x0f, 0xae], 4, m, 8);
  }
  xrstor(m: Mem): void {
    this.modRm([0x0f, 0xae], 5, m, 8);
  }
  /** Far jump to selector:symbol with a 32-bit offset, in 16- and 32-bit code. */
  farJmp(selector: number, symbol: string): void {
    if (this.bits === 64) throw new Error('no immediate far jump in 64-bit mode');
    if (this.bits === 16) this.emit(0x66);
    this.emit(0xea);
    this.relocate('abs32', symbol);
    this.emit(selector & 0xff, selector >> 8);
  }
  /** Far jump through memory: 16-bit selector after an offset of the operand's width. */
  farJmpIndirect(m: Mem): void {
    this.modRm([0xff], 5, m, m.width ?? 4, { default64: m.width !== 8 });
  }
}
