// SPDX-License-Identifier: MIT
/**
 * @fileoverview Bytes to a decoded instruction: prefixes, opcode map, one table look-up, ModRM and SIB, immediates (APM vol. 3,
 * chapter 1).
 *
 * `decode` reads at most 15 bytes from `at`; the caller makes sure that they exist (a run decodes from its page and from a copy of
 * both pages where an instruction crosses). Nothing here looks at registers or at the address space, so a decoded instruction is
 * valid for all mappings of its bytes in the same mode.
 *
 * VEX-encoded records have their own tables. C4 and C5 are LES and LDS outside 64-bit mode where the next byte, as a ModRM, names memory.
 */

import { GPR, SEGMENT, SLOT, XMM } from '../ir/state.ts';
import { bits, intType, type Type } from '../ir/value.ts';
import type { Instruction } from '../isa/record.ts';
import type { Entry, OperandSpec } from './notation.ts';
import { type Tables, VEX_TABLE } from './tables.ts';

/** What decoding depends on besides the bytes. */
export interface DecodeMode {
  /** 64 in 64-bit mode, else the default size of the code segment. */
  code: 16 | 32 | 64;
  protectedMode: boolean;
}

export type DecodedOperand =
  /** A register as a state offset. */
  | { k: 'r'; slot: number; type: Type }
  | { k: 'm'; type: Type }
  /** `at`: byte offset in the record's immediate field. */
  | { k: 'i'; value: bigint; type: Type; at: number }
  | { k: 'j'; rel: number }
  /** A register that the encoding itself fixes. */
  | { k: 'f'; slot: number; type: Type }
  /** A constant that the encoding itself fixes. */
  | { k: 'c'; value: number };

export interface Memory {
  /** Register numbers; -1: none; base 16: RIP. */
  base: number;
  index: number;
  /** log2 */
  scale: number;
  disp: number;
  /** Segment in effect (SEGMENT). */
  segment: number;
  /** A 64-bit absolute address in place of everything above (moffs). */
  absolute?: bigint;
}

export interface Decoded {
  entry: Entry;
  record: Instruction;
  cc: number;
  rep: 'none' | 'rep' | 'repne';
  /** Operand size of `exec`, bits. */
  size: 8 | 16 | 32 | 64;
  /** Effective operand size. */
  effective: 16 | 32 | 64;
  address: 16 | 32 | 64;
  operands: DecodedOperand[];
  memory: Memory | undefined;
  /** Segment override, or -1: string instructions need it without a memory operand. */
  override: number;
  length: number;
}
export type DecodeFailure = 'undefined' | 'tooLong';

const SEGMENT_PREFIX: Record<number, number> = {
  38: SEGMENT.es,
  46: SEGMENT.cs,
  54: SEGMENT.ss,
  62: SEGMENT.ds,
  100: SEGMENT.fs,
  101: SEGMENT.gs,
};
const MAXIMUM_LENGTH = 15;

export function decode(tables: Tables, bytes: Uint8Array, at: number, mode: DecodeMode): Decoded | DecodeFailure {
  const long = mode.code === 64;
  let p = at;
  let operand16 = false;
  let address67 = false;
  let repeat = 0;
  let override = -1;
  let rex = 0;
  let lock = false;
  prefixes: for (; p - at < MAXIMUM_LENGTH; p++) {
    const byte = bytes[p];
    switch (byte) {
      case 0x66:
        operand16 = true;
        break;
      case 0x67:
        address67 = true;
        break;
      case 0xf0:
        lock = true;
        break;
      case 0xf2:
      case 0xf3:
        repeat = byte;
        break;
      case 0x26:
      case 0x2e:
      case 0x36:
      case 0x3e:
        if (!long) override = SEGMENT_PREFIX[byte];
        break;
      case 0x64:
      case 0x65:
        override = SEGMENT_PREFIX[byte];
        break;
      default:
        if (long && (byte & 0xf0) === 0x40) {
          // REX counts only directly before the opcode.
          const next = bytes[p + 1];
          const another =
            (next & 0xf0) === 0x40 ||
            next === 0x66 ||
            next === 0x67 ||
            next === 0xf0 ||
            next === 0xf2 ||
            next === 0xf3 ||
            next in SEGMENT_PREFIX;
          if (another) break;
          rex = byte;
          p++;
        }
        break prefixes;
    }
  }
  let slot = bytes[p++];
  let vex: Vex | undefined;
  if ((slot === 0xc4 || slot === 0xc5) && (long || bytes[p] >= 0xc0)) {
    if (!mode.protectedMode || operand16 || repeat || rex || lock) return 'undefined';
    vex = slot === 0xc4 ? vex3(bytes[p], bytes[p + 1], long) : vex2(bytes[p], long);
    p += slot === 0xc4 ? 2 : 1;
    ({ rex, operand16, repeat } = vex);
    slot = VEX_TABLE | (vex.map << 8) | bytes[p++];
    if (vex.map < 1 || vex.map > 3) return 'undefined';
  } else if (slot === 0x0f) {
    const second = bytes[p++];
    if (second === 0x38) slot = 0x200 | bytes[p++];
    else if (second === 0x3a) slot = 0x300 | bytes[p++];
    else slot = 0x100 | second;
  }
  const candidates = (long ? tables.long : tables.legacy)[slot];
  const modrm = bytes[p];
  const rexW = (rex & 8) !== 0;
  let entry: Entry | undefined;
  for (const c of candidates) {
    if (matches(c, modrm, operand16, repeat, rex) && (!vex || matchesVex(c, vex))) {
      entry = c;
      break;
    }
  }
  if (!entry) return 'undefined';
  const record = entry.record;
  if (record.modes === 'protected' && !mode.protectedMode) return 'undefined';
  if (entry.segmentAt >= 0 && !isSegment((modrm >> 3) & 7, entry.segmentAt === 0)) return 'undefined';
  if (entry.prefix === '66') operand16 = false;
  else if (entry.prefix === 'F2' || entry.prefix === 'F3') repeat = 0;

  const effective = operandSize(record, mode.code, operand16, rexW);
  const address = long ? (address67 ? 32 : 64) : (mode.code === 16) !== address67 ? 16 : 32;
  const d: Decoded = {
    entry,
    record,
    cc: entry.cc,
    rep: 'none',
    size: effective,
    effective,
    address,
    operands: [],
    memory: undefined,
    override,
    length: 0,
  };
  if (repeat && record.repeat) d.rep = repeat === 0xf2 && record.repeat === 'zf' ? 'repne' : 'rep';
  d.size = execSize(entry, effective, rexW);

  let mod = 3;
  if (entry.modrm) {
    p++;
    mod = entry.registerOnly ? 3 : modrm >> 6;
    if (mod !== 3) p = address === 16 ? memory16(d, bytes, p, modrm) : memory32(d, bytes, p, modrm, rex, long);
  }
  if (lock && !(record.lock && mod !== 3 && isMemory(entry.operands[0]))) return 'undefined';
  const immediates: bigint[] = [];
  for (const kind of entry.immediates) {
    const n =
      kind === 'ib' || kind === 'cb' ? 1 : kind === 'iw' ? 2 : kind === 'id' ? 4 : immediateSize(kind, effective, address, long);
    immediates.push(readSigned(bytes, p, n, kind === 'far'));
    p += n;
  }
  d.length = p - at;
  if (d.length > MAXIMUM_LENGTH) return 'tooLong';
  bindOperands(d, entry, modrm, mod, rex, effective, rexW, vex?.register ?? 0, immediates);
  if (d.memory) d.memory.segment = memorySegment(d, entry, override, long);
  return d;
}

/** A VEX prefix as the prefixes that it stands for (SDM vol. 2, 2.3.5). */
interface Vex {
  rex: number;
  operand16: boolean;
  repeat: number;
  map: number;
  /** vvvv; bit 3 does not count outside 64-bit mode. */
  register: number;
  unused: boolean;
  wide: boolean;
}
function vexFields(map: number, rxb: number, low: number, w: number, long: boolean): Vex {
  const pp = low & 3;
  const vvvv = (~low >> 3) & 15;
  return {
    // Outside 64-bit mode W, R, X and B count for nothing here.
    rex: long ? 0x40 | (w << 3) | rxb : 0,
    operand16: pp === 1,
    repeat: pp === 2 ? 0xf3 : pp === 3 ? 0xf2 : 0,
    map,
    register: long ? vvvv : vvvv & 7,
    unused: vvvv === 0,
    wide: (low & 4) !== 0,
  };
}
const vex2 = (byte: number, long: boolean): Vex => vexFields(1, (~byte >> 5) & 4, byte, 0, long);
const vex3 = (first: number, second: number, long: boolean): Vex =>
  vexFields(first & 31, (~first >> 5) & 7, second, second >> 7, long);
function matchesVex(e: Entry, vex: Vex): boolean {
  const { length, w } = e.vex!;
  if (vex.wide ? length === '128' || length === 'LZ' : length === '256') return false;
  if (w !== 'WIG' && (w === 'W1') !== ((vex.rex & 8) !== 0)) return false;
  // Where it names no register vvvv has all bits set.
  return vex.unused || e.operands.some((o) => o.letter === 'B' || o.letter === 'H');
}

function matches(e: Entry, modrm: number, operand16: boolean, repeat: number, rex: number): boolean {
  if (e.literal >= 0 ? modrm < e.literal || modrm >= e.literal + e.literalSpan : false) return false;
  if (e.digit >= 0 && e.digit !== ((modrm >> 3) & 7)) return false;
  if (e.mod !== 'any' && (e.mod === 'reg') !== modrm >= 0xc0) return false;
  if ((e.rexW && (rex & 8) === 0) || (e.rexB && (rex & 1) === 0)) return false;
  switch (e.prefix) {
    case 'any':
      return true;
    case 'NFx':
      return repeat === 0;
    case 'NP':
      return !operand16 && repeat === 0;
    case '66':
      return operand16 && repeat === 0;
    case 'F2':
      return repeat === 0xf2;
    case 'F3':
      return repeat === 0xf3;
  }
}

function operandSize(record: Instruction, code: 16 | 32 | 64, operand16: boolean, rexW: boolean): 16 | 32 | 64 {
  if (code !== 64) return (code === 16) !== operand16 ? 16 : 32;
  if (rexW || record.force64) return 64;
  return operand16 ? 16 : record.default64 ? 64 : 32;
}

/** The size `exec` runs with; the rule stands in `isa/record.ts`. */
export function execSize(entry: Entry, effective: 16 | 32 | 64, rexW: boolean): 8 | 16 | 32 | 64 {
  const { record, operands } = entry;
  if (record.operandSize) return record.operandSize;
  if (operands.length === 0) return effective;
  if (operands.some((o) => o.width === 'v' || o.width === 'z' || (o.letter === 'J' && o.width === 'b'))) return effective;
  if (operands.some((o) => o.width === 'y')) return rexW ? 64 : 32;
  const first = operands.find((o) => !'VWUH'.includes(o.letter) && o.width in WIDTH);
  return first ? WIDTH[first.width] : 64;
}
const WIDTH: Record<string, 8 | 16 | 32 | 64> = { b: 8, w: 16, d: 32, q: 64 };

/** Type of an operand of `spec`; `vectorRegister` where it is an xmm register. */
export function operandType(spec: OperandSpec, effective: 16 | 32 | 64, rexW: boolean, vectorRegister: boolean): Type {
  if (vectorRegister) return 'v128';
  switch (spec.width) {
    case 'b':
    case 'w':
    case 'd':
    case 'q':
      return intType(WIDTH[spec.width]);
    case 'v':
      return intType(effective);
    case 'z':
      return effective === 16 ? 'i16' : effective === 32 ? 'i32' : 'i64';
    case 'y':
      return rexW ? 'i64' : 'i32';
    case 'x':
      return 'v128';
    case 'p':
      return 'i64';
    default:
      return 'i8';
  }
}

/** ModRM.reg as a segment register; CS cannot be written. */
const isSegment = (reg: number, written: boolean): boolean => reg <= SEGMENT.gs && !(written && reg === SEGMENT.cs);
const isMemory = (o: OperandSpec | undefined): boolean => o !== undefined && 'EMWQ'.includes(o.letter);

function memory16(d: Decoded, bytes: Uint8Array, at: number, modrm: number): number {
  const BASES = [3, 3, 5, 5, 6, 7, 5, 3];
  const INDICES = [6, 7, 6, 7, -1, -1, -1, -1];
  const mod = modrm >> 6;
  const rm = modrm & 7;
  let p = at;
  const m: Memory = { base: BASES[rm], index: INDICES[rm], scale: 0, disp: 0, segment: -1 };
  if (mod === 0 && rm === 6) m.base = -1;
  if (mod === 1) m.disp = (bytes[p++] << 24) >> 24;
  else if (mod === 2 || m.base < 0) {
    m.disp = ((bytes[p] | (bytes[p + 1] << 8)) << 16) >> 16;
    p += 2;
  }
  d.memory = m;
  return p;
}

function memory32(d: Decoded, bytes: Uint8Array, at: number, modrm: number, rex: number, long: boolean): number {
  const mod = modrm >> 6;
  const rm = modrm & 7;
  let p = at;
  const m: Memory = { base: rm | ((rex & 1) << 3), index: -1, scale: 0, disp: 0, segment: -1 };
  let wide = mod === 2;
  if (rm === 4) {
    const sib = bytes[p++];
    m.scale = sib >> 6;
    const index = ((sib >> 3) & 7) | ((rex & 2) << 2);
    if (index !== 4) m.index = index;
    else m.scale = 0;
    m.base = (sib & 7) | ((rex & 1) << 3);
    if ((sib & 7) === 5 && mod === 0) {
      m.base = -1;
      wide = true;
    }
  } else if (rm === 5 && mod === 0) {
    m.base = long ? 16 : -1;
    wide = true;
  }
  if (mod === 1) m.disp = (bytes[p++] << 24) >> 24;
  else if (wide) {
    m.disp = read32(bytes, p);
    p += 4;
  }
  d.memory = m;
  return p;
}

const read32 = (b: Uint8Array, p: number): number => b[p] | (b[p + 1] << 8) | (b[p + 2] << 16) | (b[p + 3] << 24);
function readSigned(b: Uint8Array, p: number, n: number, far: boolean): bigint {
  if (n === 1) return BigInt((b[p] << 24) >> 24);
  if (n === 2) return BigInt(((b[p] | (b[p + 1] << 8)) << 16) >> 16);
  if (far) {
    // Offset in the low half, selector above bit 32.
    const offset = n === 6 ? BigInt(read32(b, p) >>> 0) : BigInt(b[p] | (b[p + 1] << 8));
    return offset | (BigInt(b[p + n - 2] | (b[p + n - 1] << 8)) << 32n);
  }
  if (n === 4) return BigInt(read32(b, p));
  return BigInt.asIntN(64, BigInt(read32(b, p) >>> 0) | (BigInt(read32(b, p + 4) >>> 0) << 32n));
}
function immediateSize(kind: string, effective: number, address: number, long: boolean): number {
  switch (kind) {
    case 'iz':
      return effective === 16 ? 2 : 4;
    case 'cz':
      // 64-bit mode ignores the operand size prefix of near branches (SDM; AMD processors differ).
      return !long && effective === 16 ? 2 : 4;
    case 'iv':
      return effective / 8;
    case 'moffs':
      return address / 8;
    default:
      return effective === 16 ? 4 : 6;
  }
}

function bindOperands(
  d: Decoded,
  entry: Entry,
  modrm: number,
  mod: number,
  rex: number,
  effective: 16 | 32 | 64,
  rexW: boolean,
  vvvv: number,
  immediates: readonly bigint[],
): void {
  const rm = (modrm & 7) | ((rex & 1) << 3);
  const reg = ((modrm >> 3) & 7) | ((rex & 4) << 1);
  let nextImmediate = 0;
  const general = (n: number, type: Type): DecodedOperand => ({ k: 'r', slot: registerSlot(n, type, rex !== 0), type });
  const vector = (n: number): DecodedOperand => ({ k: 'r', slot: XMM(n), type: 'v128' });
  const mmx = (n: number): DecodedOperand => ({ k: 'r', slot: SLOT.FPR + (n & 7) * 16, type: 'i64' });
  const number = (n: number): DecodedOperand => ({ k: 'i', value: BigInt(n), type: 'i8', at: 0 });
  const memory = (type: Type): DecodedOperand => ({ k: 'm', type });
  for (const o of entry.operands) {
    const type = operandType(o, effective, rexW, false);
    switch (o.letter) {
      case 'E':
        d.operands.push(mod === 3 ? general(rm, type) : memory(type));
        break;
      case 'M':
        d.operands.push(memory(type));
        break;
      case 'R':
        d.operands.push(general(rm, type));
        break;
      case 'G':
        d.operands.push(general(reg, type));
        break;
      case 'B':
        d.operands.push(general(vvvv, type));
        break;
      case 'H':
        d.operands.push(vector(vvvv));
        break;
      case 'Z':
        d.operands.push(general((entry.opcode & 7) | ((rex & 1) << 3), type));
        break;
      case 'V':
        d.operands.push(vector(reg));
        break;
      case 'U':
        d.operands.push(vector(rm));
        break;
      case 'W':
        d.operands.push(mod === 3 ? vector(rm) : memory(type));
        break;
      case 'P':
        d.operands.push(mmx(reg));
        break;
      case 'N':
        d.operands.push(mmx(rm));
        break;
      case 'Q':
        d.operands.push(mod === 3 ? mmx(rm) : memory(type));
        break;
      case 'S':
        d.operands.push(number(reg & 7));
        break;
      case 'C':
      case 'D':
        d.operands.push(number(reg));
        break;
      case 'ST':
        d.operands.push(number(modrm & 7));
        break;
      case 'I':
      case 'sI': {
        const wide = o.letter === 'sI' ? intType(d.size) : o.width === 'z' || o.width === 'v' ? intType(effective) : type;
        d.operands.push({ k: 'i', value: immediates[nextImmediate], type: wide, at: nextImmediate * 4 });
        nextImmediate++;
        break;
      }
      case 'J':
        d.operands.push({ k: 'j', rel: Number(immediates[0]) });
        break;
      case 'A':
        d.operands.push({ k: 'i', value: immediates[0], type: 'i64', at: 0 });
        break;
      case 'mDI':
        d.memory = { base: 7, index: -1, scale: 0, disp: 0, segment: -1 };
        d.operands.push(memory(type));
        break;
      case 'O':
        d.memory = { base: -1, index: -1, scale: 0, disp: 0, segment: -1, absolute: BigInt.asUintN(d.address, immediates[0]) };
        d.operands.push(memory(type));
        break;
      case 'fixed':
        d.operands.push({ k: 'f', slot: GPR(o.fixed!), type });
        break;
      case 'constant':
        d.operands.push({ k: 'c', value: o.fixed! });
        break;
    }
  }
}
/** Without REX, byte registers 4-7 are AH, CH, DH, BH. */
function registerSlot(n: number, type: Type, hasRex: boolean): number {
  return bits(type) === 8 && !hasRex && n >= 4 && n < 8 ? GPR(n - 4) + 1 : GPR(n);
}

function memorySegment(d: Decoded, entry: Entry, override: number, long: boolean): number {
  // LEA and its kind use the offset itself.
  if (entry.operands.some((o) => o.letter === 'M' && o.width === '')) return SEGMENT.flat;
  const m = d.memory!;
  const byDefault = m.base === 4 || m.base === 5 ? SEGMENT.ss : SEGMENT.ds;
  if (long) return override >= SEGMENT.fs ? override : byDefault;
  return override >= 0 ? override : byDefault;
}
