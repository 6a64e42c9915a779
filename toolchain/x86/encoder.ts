// SPDX-License-Identifier: MIT
/**
 * @fileoverview The encoder's core: bytes, prefixes, ModR/M and SIB, immediates, labels, relocations.
 *
 * Instructions are added in layers above (`integer.ts`, `system.ts`, `sse.ts`); `x86.ts` is the whole assembler. Modes: 64-bit,
 * and 32-bit and 16-bit for start-up code; in 16-bit code memory operands always use 32-bit addressing (67h), which every
 * 64-bit processor has.
 *
 * A jump backwards takes its short form by itself. A jump forwards takes it if `assumeShort` says so; the translator
 * assembles each function twice, and answers in the second pass from what the first one measured.
 *
 * Typical sequence: `const asm = new X86(); asm.mov(eax, 42); asm.ret(); asm.finish()`.
 */
import type { Gpr, Imm, Label, Mem, Rm, Width, Xmm } from './operand.ts';

/**
 * How the linker fills in a symbol's address: `abs64` 8 bytes; `abs32` 4 bytes zero-extended by their user; `abs32s` 4 bytes
 * sign-extended; `pc32` 4 bytes, minus the address of the field itself (the addend holds the distance to the instruction's end).
 */
export type RelocationKind = 'abs64' | 'abs32' | 'abs32s' | 'pc32';

export interface Relocation {
  readonly offset: number;
  readonly kind: RelocationKind;
  readonly symbol: string;
  readonly addend: number;
}

/** Condition codes by their SDM names; the number is the low nibble of Jcc, SETcc and CMOVcc. */
export const conditions = {
  o: 0,
  no: 1,
  b: 2,
  ae: 3,
  e: 4,
  ne: 5,
  be: 6,
  a: 7,
  s: 8,
  ns: 9,
  p: 10,
  np: 11,
  l: 12,
  ge: 13,
  le: 14,
  g: 15,
} as const;
export type Condition = keyof typeof conditions;
const conditionNames = Object.keys(conditions) as Condition[];
export const invert = (condition: Condition): Condition => conditionNames[conditions[condition] ^ 1];

const SEGMENT_PREFIX = { es: 0x26, cs: 0x2e, ss: 0x36, ds: 0x3e, fs: 0x64, gs: 0x65 } as const;
const SCALE_BITS = { 1: 0, 2: 1, 4: 2, 8: 3 } as const;

export const fitsInt8 = (value: number): boolean => value >= -128 && value <= 127;
export const fitsInt32 = (value: bigint): boolean => value >= -0x8000_0000n && value <= 0x7fff_ffffn;

/** Prefix bytes and choices of one instruction; everything else follows from its operands. */
export interface Encoding {
  /** 66h, F2h or F3h when it selects the instruction rather than an operand size. */
  mandatory?: number;
  /** Bytes of immediate that follow: RIP-relative displacements count from the end of the instruction. */
  immediate?: number;
  /** The instruction is 64 bits wide without REX.W (push, pop, indirect jumps). */
  default64?: boolean;
}

export class Encoder {
  private buffer = new Uint8Array(1 << 12);
  private end = 0;
  readonly relocations: Relocation[] = [];
  /** Asked for each jump to a label not yet bound, in order of assembly: will its distance fit a byte? */
  assumeShort: (target: Label) => boolean = () => false;
  private readonly shortFixups = new Map<Label, number[]>();

  constructor(readonly bits: 16 | 32 | 64 = 64) {}

  /** Offset of the next byte. */
  get position(): number {
    return this.end;
  }

  /** The bytes assembled so far; labels referred to must all be bound. */
  finish(): Uint8Array {
    return this.buffer.slice(0, this.end);
  }

  /** Forgets everything after `position`; labels bound or used there must not be used again. */
  truncate(position: number): void {
    this.end = position;
    while (this.relocations.length > 0 && this.relocations[this.relocations.length - 1].offset >= position)
      this.relocations.pop();
    this.shortFixups.clear();
  }

  emit(...bytes: number[]): void {
    for (const value of bytes) {
      if (this.end === this.buffer.length) {
        const larger = new Uint8Array(this.buffer.length * 2);
        larger.set(this.buffer);
        this.buffer = larger;
      }
      this.buffer[this.end++] = value;
    }
  }

  emitBytes(bytes: Uint8Array): void {
    for (const value of bytes) this.emit(value);
  }

  emit32(value: number): void {
    this.emit(value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24);
  }

  emit64(value: bigint): void {
    this.emit32(Number(BigInt.asIntN(32, value)));
    this.emit32(Number(BigInt.asIntN(32, value >> 32n)));
  }

  /** An immediate of `width` bytes (at most 4; wider operations sign-extend it). */
  protected immediate(value: Imm, width: Width): void {
    const v = Number(BigInt.asIntN(64, BigInt(value)));
    if (width === 1) this.emit(v & 0xff);
    else if (width === 2) this.emit(v & 0xff, (v >> 8) & 0xff);
    else this.emit32(Number(BigInt.asIntN(32, BigInt(value))));
  }

  patch32(offset: number, value: number): void {
    new DataView(this.buffer.buffer).setInt32(offset, value, true);
  }

  /** Pads with `fill` (multi-byte NOPs unless given) to a multiple of `boundary`. */
  align(boundary: number, fill?: number): void {
    let padding = (boundary - (this.end % boundary)) % boundary;
    if (fill !== undefined) while (padding-- > 0) this.emit(fill);
    else this.nop(padding);
  }

  /** The SDM's recommended NOP sequences. */
  nop(length: number): void {
    while (length > 0) {
      const chunk = Math.min(length, 9);
      this.emit(...NOPS[chunk - 1]);
      length -= chunk;
    }
  }

  bind(label: Label): void {
    if (label.offset !== undefined) throw new Error(`label ${label.name} bound twice`);
    label.offset = this.end;
    for (const at of label.fixups) this.patch32(at, this.end - (at + 4));
    for (const at of this.shortFixups.get(label) ?? []) {
      const distance = this.end - (at + 1);
      if (!fitsInt8(distance)) throw new Error(`short jump to ${label.name} spans ${distance} bytes`);
      this.buffer[at] = distance;
    }
    label.fixups.length = 0;
    this.shortFixups.delete(label);
  }

  /** Refers to a symbol at the current position and leaves room for its address. */
  relocate(kind: RelocationKind, symbol: string, addend = 0): void {
    this.relocations.push({ offset: this.end, kind, symbol, addend });
    this.emit32(0);
    if (kind === 'abs64') this.emit32(0);
  }

  /** A jump or call with an 8-bit form (or none) and a 32-bit form. */
  protected branch(target: Label | string, short: number | undefined, near: readonly number[]): void {
    if (typeof target === 'string') {
      this.emit(...near);
      this.relocate('pc32', target, -4);
      return;
    }
    if (target.offset !== undefined) {
      const distance = target.offset - (this.end + 2);
      if (short !== undefined && fitsInt8(distance)) this.emit(short, distance & 0xff);
      else {
        if (this.bits === 16) this.emit(0x66);
        this.emit(...near);
        this.emit32(target.offset - (this.end + 4));
      }
      return;
    }
    if (short !== undefined && this.assumeShort(target)) {
      this.emit(short);
      const waiting = this.shortFixups.get(target);
      if (waiting) waiting.push(this.end);
      else this.shortFixups.set(target, [this.end]);
      this.emit(0);
      return;
    }
    if (this.bits === 16) this.emit(0x66);
    this.emit(...near);
    target.fixups.push(this.end);
    this.emit32(0);
  }

  /** 66h where the operand size is not the mode's own. */
  private sizePrefix(width: Width): void {
    if (width === 2 ? this.bits !== 16 : width === 4 && this.bits === 16) this.emit(0x66);
  }

  /**
   * Prefixes, opcode and ModR/M of an instruction whose r/m operand is `rm` and whose reg field is `reg` (a register or an
   * opcode extension). `width` is the operand size; byte registers get the REX prefix that SPL … DIL need.
   */
  protected modRm(opcode: readonly number[], reg: Gpr | Xmm | number, rm: Rm | Xmm, width: Width, encoding: Encoding = {}): void {
    const regCode = typeof reg === 'number' ? reg : reg.code;
    const isMem = rm.kind === 'mem';
    if (isMem && rm.segment) this.emit(SEGMENT_PREFIX[rm.segment]);
    if (isMem && (rm.address32 || this.bits === 16) && this.bits !== 32) this.emit(0x67);
    if (encoding.mandatory !== undefined) this.emit(encoding.mandatory);
    else this.sizePrefix(width);
    const baseCode = isMem ? (rm.base?.code ?? 0) : rm.code;
    const indexCode = isMem ? (rm.index?.code ?? 0) : 0;
    const wide = width === 8 && !encoding.default64 ? 8 : 0;
    const rex = wide | ((regCode >> 3) << 2) | ((indexCode >> 3) << 1) | (baseCode >> 3);
    const needsByteRex = (r: Gpr | Xmm | number | Mem) =>
      typeof r === 'object' && r.kind === 'gpr' && r.width === 1 && r.code >= 4;
    if (rex !== 0 || needsByteRex(reg) || needsByteRex(rm)) this.rex(rex);
    this.emit(...opcode);
    if (isMem) this.memory(regCode & 7, rm, encoding.immediate ?? 0);
    else this.emit(0xc0 | ((regCode & 7) << 3) | (rm.code & 7));
  }

  protected rex(bits: number): void {
    if (this.bits !== 64) throw new Error(`operand needs 64-bit mode, in ${this.bits}-bit code`);
    this.emit(0x40 | bits);
  }

  /** An instruction whose register is in the opcode byte (mov r, imm; push; pop; bswap). */
  protected opcodeRegister(prefix: readonly number[], opcode: number, register: Gpr, default64 = false): void {
    this.sizePrefix(register.width);
    const rex = (register.width === 8 && !default64 ? 8 : 0) | (register.code >> 3);
    if (rex !== 0 || (register.width === 1 && register.code >= 4)) this.rex(rex);
    this.emit(...prefix, opcode | (register.code & 7));
  }

  private memory(reg: number, m: Mem, immediateBytes: number): void {
    const field = reg << 3;
    if (m.rip) {
      this.emit(field | 5);
      if (m.symbol !== undefined) this.relocate('pc32', m.symbol, m.disp - 4 - immediateBytes);
      else this.emit32(m.disp);
      return;
    }
    const displacement = () => (m.symbol !== undefined ? this.relocate('abs32s', m.symbol, m.disp) : this.emit32(m.disp));
    if (m.base === undefined) {
      if (m.index === undefined && this.bits !== 64) this.emit(field | 5);
      else this.emit(field | 4, (SCALE_BITS[m.scale] << 6) | ((m.index === undefined ? 4 : m.index.code & 7) << 3) | 5);
      displacement();
      return;
    }
    if (m.index?.code === 4) throw new Error('rsp cannot be an index');
    // mod 00 with base 101 means no base: rbp and r13 take a zero disp8 instead.
    const mod = m.symbol !== undefined ? 2 : m.disp === 0 && (m.base.code & 7) !== 5 ? 0 : fitsInt8(m.disp) ? 1 : 2;
    if (m.index !== undefined || (m.base.code & 7) === 4) {
      const index = m.index === undefined ? 4 : m.index.code & 7;
      this.emit((mod << 6) | field | 4, (SCALE_BITS[m.scale] << 6) | (index << 3) | (m.base.code & 7));
    } else this.emit((mod << 6) | field | (m.base.code & 7));
    if (mod === 1) this.emit(m.disp & 0xff);
    else if (mod === 2) displacement();
  }
}

const NOPS = [
  [0x90],
  [0x66, 0x90],
  [0x0f, 0x1f, 0x00],
  [0x0f, 0x1f, 0x40, 0x00],
  [0x0f, 0x1f, 0x44, 0x00, 0x00],
  [0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00],
  [0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00],
  [0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
  [0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
];
