// SPDX-License-Identifier: MIT
/**
 * @fileoverview Units of sequences made from the records' encodings: one instruction, with what makes its memory operand meet data before it
 * and, where it leaves flags undefined, a comparison that defines them behind it.
 */
import type { Entry } from '../../../../emulator/decode/notation.ts';
import { cpuModel, DEFAULT_MODEL } from '../../../../emulator/isa/system/models.ts';
import { decodeCode, type Shape, shapesOf } from '../../hardware/generate.ts';
import { comparedEntries, fullTables } from '../../hardware/inventory.ts';
import { integer, type Random } from '../../hardware/random.ts';
import { Assembler, type Bits, littleEndian } from './assembler.ts';

/**
 * Left to `units.ts` (control transfers, segments, privileged instructions, whatever writes the stack pointer), or without results that
 * QEMU and this machine have to share.
 */
const LEFT_OUT =
  /^(jmp|jcc|jrcxz|loop.*|call|ret|iret|int.*|bound|ud\d|popf|enter|leave|l[defgs]s|lss|syscall|sysenter|sysret|sysexit|hlt|monitor|mwait|in|out|ins|outs|cli|sti|invlpg|invpcid|lgdt|lidt|lldt|ltr|lmsw|clts|wrmsr|rdmsr|rdpmc|swapgs|invd|wbinvd|wr[fg]sbase|xsetbv|clac|stac|lar|lsl|ver[rw]|arpl|rsm|cldemote|clflush.*|clwb|xlat)$/;
/** Which floating-point instructions appear: those that look at no register, since QEMU knows no full and empty ones. */
const FLOATING = /^(fninit|fnop|fwait|ffree|fincstp|fdecstp)$/;
const APPROXIMATE =
  /^(rcp|rsqrt|dpp|fx|ldmxcsr|stmxcsr|maskmov|cvt|min|max|add[sp]|sub[sp]|mul[sp]|div|sqrt|addsub|hadd[ps]|hsub[ps]|round|u?comis|cmp[ps])/;

/** Encodings that QEMU takes for undefined; BSWAP with 16 bits has no defined result. */
const NOT_IN_QEMU = /^(test F[67] \/1.*|nop 0F 18 .*|prefetch.*)$/;
/** QEMU 7.2 gets flags wrong: of ADCX and ADOX, and those that CMPXCHG8B and its like leave alone. EMMS, MOVQ2DQ and MOVDQ2Q it lets pass with CR0.TS; lengths of PCMPESTRx have 32 bits. */
const WRONG = /^(adcx|adox|cmpxchg8b|cmpxchg16b|emms|movq2dq|movdq2q|pcmpestr[im])$/;
/** QEMU takes the size of their operands from 66h alone. */
const WRONG_IN_16 = /^(crc32 .*F1|movbe)/;
/** With memory first among their operands, they only read it or only write it. */
const READ_OR_WRITE = /^(mov.*|cmp|test|bt|pextr.*|mul|imul|div|idiv|nop|prefetch.*|fld|fstp|push|bextr)$/;

const isSegmentMove = (e: Entry): boolean =>
  e.operands.some((o) => 'SCD'.includes(o.letter) || (o.letter === 'constant' && /^(push|pop)$/.test(e.record.mnemonic)));

const model = cpuModel(DEFAULT_MODEL);
function wanted(e: Entry): boolean {
  const { mnemonic, unit, privilege, cpuid } = e.record;
  if (cpuid !== undefined && !model?.has(cpuid)) return false;
  if (LEFT_OUT.test(mnemonic) || privilege !== undefined || isSegmentMove(e)) return false;
  if (unit === 'fpu' || unit === 'fwait') return FLOATING.test(mnemonic);
  return !(unit === 'sse' && APPROXIMATE.test(mnemonic));
}
let shapes: Record<Bits, Shape[]> | undefined;
function allShapes(bits: Bits): Shape[] {
  if (!shapes) {
    const list = comparedEntries().filter(wanted).flatMap(shapesOf);
    const of = (mode: Bits): Shape[] => list.filter((s) => s.mode === mode);
    shapes = { 16: of(16), 32: of(32), 64: of(64) };
  }
  return shapes[bits];
}

const SEGMENT_ES = 0x26;
const SEGMENT_SS = 0x36;
const SEGMENT_DS = 0x3e;
/** Base and index of 16-bit addresses by ModRM.rm. */
const PAIRS = [
  [3, 6],
  [3, 7],
  [5, 6],
  [5, 7],
  [6, -1],
  [7, -1],
  [5, -1],
  [3, -1],
] as const;

export interface PlainUnit {
  bytes: number[];
  /** Leaves flags undefined: not for sequences whose every step is seen. */
  undefinedFlags: boolean;
}

export interface Place {
  anywhere: number;
  /** Readable and writable by all. What reads and writes its operand gets it: QEMU takes that for reading until it writes. */
  open: number;
}
/** `real`: addresses have 16 bits. Undefined if the dice made something of no use. */
export function plainUnit(bits: Bits, real: boolean, place: Place, r: Random): PlainUnit | undefined {
  const shape = r.pick(allShapes(bits));
  const { entry } = shape;
  const { record } = entry;
  const memoryFirst = 'EMWQ'.includes(entry.operands[0]?.letter ?? '-');
  const where = memoryFirst && !READ_OR_WRITE.test(record.mnemonic) ? place.open : place.anywhere;
  // QEMU does not check the alignment of vectors, and reads 8 bytes for the 4 of PUNPCKL (SDM vol. 2): of the page behind as well.
  const address = record.unit === 'sse' ? where & ~15 : /^punpckl/.test(record.mnemonic) ? where & ~7 : where;
  // VEX depends on the mode alone.
  if (entry.vex) return undefined;
  if (record.unit && !r.one(3)) return undefined;
  if (/^i?div$/.test(record.mnemonic) && !r.one(3)) return undefined;
  if (WRONG.test(record.mnemonic) || NOT_IN_QEMU.test(`${record.mnemonic} ${entry.notation}`)) return undefined;
  if (bits === 16 && WRONG_IN_16.test(`${record.mnemonic} ${entry.notation}`)) return undefined;
  if (record.mnemonic === 'bswap' && shape.operandSizePrefix !== (bits === 16)) return undefined;
  // Their address depends on more than the address.
  if (record.bitString && entry.immediates.length === 0) return undefined;
  const asm = new Assembler(bits);
  const before: number[] = [];
  const code: number[] = [];
  const moffs = entry.immediates.includes('moffs');
  const other67 = bits === 16 ? (shape.memory || moffs) && (address > 0xff00 || r.one(6)) : (bits === 64 && r.one(12)) || false;
  if (shape.operandSizePrefix) code.push(0x66);
  if (other67) code.push(0x67);
  if (bits !== 64 && r.one(8)) code.push(r.pick([SEGMENT_ES, SEGMENT_SS, SEGMENT_DS]));
  const lockable = record.lock && shape.memory && 'EMWQ'.includes(entry.operands[0]?.letter);
  if (lockable && r.one(4)) code.push(0xf0);
  if (record.repeat && entry.prefix === 'any' && r.one(2)) code.push(r.pick([0xf2, 0xf3]));
  if (entry.prefix === '66' || entry.prefix === 'F2' || entry.prefix === 'F3') code.push(Number.parseInt(entry.prefix, 16));
  // With a memory operand REX.X and REX.B are decided below.
  let rex = 0;
  const rexAt = code.length;
  if (bits === 64 && (shape.rexW || entry.rexB || r.one(2)))
    rex = 0x40 | (shape.rexW ? 8 : 0) | (r.below(2) << 2) | (!shape.memory && (entry.rexB || r.one(2)) ? 1 : 0);
  // QEMU takes REX.B for more MMX registers than there are.
  if (record.unit === 'mmx' && !shape.memory) rex &= ~1;
  if (entry.map > 0) code.push(0x0f);
  if (entry.map === 2) code.push(0x38);
  if (entry.map === 3) code.push(0x3a);
  code.push(entry.opcode);
  if (entry.modrm) {
    if (entry.literal >= 0) code.push(entry.literal + r.below(entry.literalSpan));
    else {
      const reg = entry.digit >= 0 ? entry.digit : r.below(8);
      if (!shape.memory) code.push(0xc0 | (reg << 3) | r.below(8));
      else if (bits === 16 && !other67) code.push(...operand16(reg, address, r, before, asm));
      else {
        const made = operand32(bits, reg, address, r, before, asm);
        code.push(...made.bytes);
        if (made.rex) rex |= 0x40 | made.rex;
      }
    }
  }
  const effective = shape.rexW ? 64 : (bits === 16) !== shape.operandSizePrefix ? 16 : 32;
  for (const kind of entry.immediates) {
    const bytes = { ib: 1, iw: 2, id: 4, iz: effective === 16 ? 2 : 4, iv: effective / 8, cb: 0, cz: 0, far: 0, moffs: 0 }[kind];
    if (kind === 'moffs') code.push(...littleEndian(address, bits === 16 && !other67 ? 2 : bits === 64 && !other67 ? 8 : 4));
    else if (bytes === 0) return undefined;
    else code.push(...littleEndian(integer(r), bytes));
  }
  if (rex) code.splice(rexAt, 0, rex);
  const d = decodeCode(fullTables(), Uint8Array.from(code), bits);
  if (!d || d.record !== record || d.length !== code.length) return undefined;
  // Writes to the stack pointer would be the last thing that happens.
  if (d.operands.some((o) => (o.k === 'r' || o.k === 'f') && o.slot >> 3 === 4)) return undefined;
  if (/^(movs|cmps|scas|lods|stos)$/.test(record.mnemonic)) {
    if (real && other67) return undefined;
    const spread = (): number => (r.one(6) ? address : 0x9400 + r.below(0x2000));
    before.push(...asm.load(6, spread()), ...asm.load(7, spread()));
    if (d.rep !== 'none') before.push(...asm.load(1, r.below(9)));
  }
  const undefinedFlags = Object.keys(record.undefinedFlags ?? {}).length > 0;
  const after = undefinedFlags ? asm.defineFlags(r.u32()) : [];
  return { bytes: [...before, ...code, ...after], undefinedFlags };
}

function operand16(reg: number, address: number, r: Random, before: number[], asm: Assembler): number[] {
  if (r.one(4)) return [(reg << 3) | 6, ...littleEndian(address, 2)];
  const rm = r.below(8);
  const [base, index] = PAIRS[rm];
  const disp = r.one(2) ? r.below(128) - 64 : r.u32() & 0xffff;
  const offset = index < 0 ? 0 : r.u32() & 0xffff;
  // The upper halves do not count.
  before.push(...asm.load(base, (((address - disp - offset) & 0xffff) | (r.u32() << 16)) >>> 0));
  if (index >= 0) before.push(...asm.load(index, (offset | (r.u32() << 16)) >>> 0));
  return [0x80 | (reg << 3) | rm, ...littleEndian(disp, 2)];
}

function operand32(bits: Bits, reg: number, address: number, r: Random, before: number[], asm: Assembler) {
  if (r.one(5)) {
    const absolute = bits === 64 ? [(reg << 3) | 4, 0x25] : [(reg << 3) | 5];
    return { bytes: [...absolute, ...littleEndian(address, 4)], rex: 0 };
  }
  const registers = bits === 64 ? 16 : 8;
  const other = (): number => {
    for (;;) {
      const n = r.below(registers);
      if ((n & 7) !== 4) return n;
    }
  };
  const base = other();
  const disp = r.one(2) ? r.below(256) - 128 : r.below(0x2000) - 0x1000;
  const short = disp >= -128 && disp < 128 && r.one(2);
  const displacement = littleEndian(disp, short ? 1 : 4);
  const mod = short ? 0x40 : 0x80;
  if (r.one(3)) {
    const index = other();
    if (index !== base) {
      const scale = r.below(4);
      const n = r.below(200);
      before.push(...asm.load(base, address - disp - (n << scale)), ...asm.load(index, n));
      const sib = (scale << 6) | ((index & 7) << 3) | (base & 7);
      return { bytes: [mod | (reg << 3) | 4, sib, ...displacement], rex: (base >> 3) | ((index >> 3) << 1) };
    }
  }
  before.push(...asm.load(base, address - disp));
  return { bytes: [mod | (reg << 3) | (base & 7), ...displacement], rex: base >> 3 };
}
