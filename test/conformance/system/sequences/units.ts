// SPDX-License-Identifier: MIT
/**
 * @fileoverview The units that sequences consist of: what belongs to the system (segments, far transfers, gates, control registers, MSRs,
 * paging, interrupts, ports), put together by hand so that it does something; ordinary instructions come from `plain.ts`.
 *
 * A unit is a function from its address to its bytes, since transfers name the unit behind them. It stands by itself: a sequence goes on
 * behind a unit that faulted, and shrinking takes units away.
 *
 * What QEMU 7.2's TCG does not do is not asked of it: it checks neither limits nor types nor presence of segments when memory is accessed
 * (so all segments have 4 GiB and DS and ES are never loaded with what could not be used), no alignment (#AC), and writes to control
 * registers and MSRs of what it does not know go unnoticed. Its other departures are those of `system.test.ts`.
 */
import { integer, type Random } from '../../hardware/random.ts';
import { type Assembler, AX, CX, DX, littleEndian } from './assembler.ts';
import {
  ALIAS,
  ALIAS_PAGES,
  CODE,
  DATA,
  GDT,
  GDT_LIMIT,
  IDT,
  LARGE_ALIAS,
  type Mode,
  SELECTOR,
  SPECIAL,
  STACK0,
  STACK3,
} from './layout.ts';
import { plainUnit } from './plain.ts';
import { entryOf, SOFTWARE } from './templates.ts';

export type Unit = (at: number) => number[];

export interface Situation {
  mode: Mode;
  r: Random;
  asm: Assembler;
  /** Exceptions between any two instructions. */
  traps: 'none' | 'steps' | 'breakpoints';
  /** The code page belongs to the user. */
  userCode: boolean;
}

const STATUS_FLAGS = 0x8d5;
const TF = 0x100;
const IF = 0x200;
const DF = 0x400;
const NT = 0x4000;
const VM = 0x20000;
const VIF = 0x80000;
const VIP = 0x100000;
const ID = 0x200000;

const MSR = { efer: 0xc0000080, star: 0xc0000081, lstar: 0xc0000082, cstar: 0xc0000083, sfmask: 0xc0000084 } as const;
const MSR_BASES = [0xc0000100, 0xc0000101, 0xc0000102];
const MSR_SYSENTER = [0x174, 0x175, 0x176];
const MSR_TSC_AUX = 0xc0000103;
const MSR_PAT = 0x277;

/** Where a memory operand lies. */
export function dataAddress({ mode, r }: Situation): number {
  const plain = DATA + r.below(0x2f00);
  switch (r.below(mode.paging === 'none' ? 8 : 12)) {
    case 0:
      // Across pages.
      return DATA + 0x1000 * (1 + r.below(2)) - r.below(16);
    case 1:
      return SPECIAL + r.below(0x1000) - 8;
    case 2:
    case 3:
    case 4:
      return plain & ~15;
    case 8:
    case 9:
      return ALIAS + r.below(ALIAS_PAGES * 0x1000);
    case 10:
      return mode.paging === 'none' ? plain : LARGE_ALIAS[mode.paging] + plain;
    default:
      return plain;
  }
}

/** In the plain pages, which all may use; also with the bases that DS and ES may have. */
const openAddress = ({ r }: Situation): number => DATA + r.below(0x2c00);

const same =
  (bytes: number[]): Unit =>
  () =>
    bytes;
/** `make` gets the address behind the unit; its length must not depend on it. */
function before(make: (next: number) => number[]): Unit {
  return (at) => make(at + make(at).length);
}
function flagsImage({ r, traps, mode }: Situation): number {
  let flags = 2 | (r.u32() & STATUS_FLAGS);
  if (r.one(3)) flags |= IF;
  if (r.one(8)) flags |= DF;
  if (r.one(8)) flags |= ID;
  if (r.one(4)) flags |= r.below(4) << 12;
  if (traps === 'steps' && r.one(3)) flags |= TF;
  return mode.bits === 16 && mode.entry === 0 ? flags & 0xffff : flags;
}

/** Data and stack segments that can be used with any level, and those that cannot be loaded. */
function dataSelector({ mode, r }: Situation): number {
  if (mode.entry === 0) return r.pick([0, 0, 0x10, 0x20]);
  const good = [SELECTOR.dataLevel3 | 3, SELECTOR.dataLevel3, SELECTOR.shifted | 3, SELECTOR.localData | 3];
  const bad = [
    ...[SELECTOR.tss, SELECTOR.gate, SELECTOR.dataAbsent | 3, SELECTOR.executeOnly | 3, 0x7ff8, GDT_LIMIT + 1, SELECTOR.ldt],
    ...[SELECTOR.data | 3, 0x4c],
  ];
  return r.one(3) ? r.pick(bad) : r.pick(good);
}
function anySelector({ r }: Situation): number {
  return r.pick(Object.values(SELECTOR)) + r.pick([0, 0, 1, 2, 3, 3, 0x400]);
}
function stackSelector({ mode, r }: Situation): number {
  if (mode.entry === 0) return 0;
  const own = mode.level === 0 ? [SELECTOR.data, SELECTOR.stack16] : [SELECTOR.dataLevel3 | 3, SELECTOR.stack16Level3 | 3];
  const bad = [0, SELECTOR.readOnly | 3, SELECTOR.dataAbsent, SELECTOR.code32, 0x7ff8];
  return r.one(3) ? r.pick(mode.bits === 64 ? bad.slice(1) : bad) : r.pick(own);
}
/** Code of the same size, since the units behind were made for that; now and then what cannot be code. */
function codeSelector({ mode, r }: Situation, level: number): number {
  if (mode.entry === 0) return 0;
  const of = {
    16: [SELECTOR.code16, SELECTOR.code16Level3],
    32: [SELECTOR.code32, SELECTOR.code32Level3],
    64: [SELECTOR.code64, SELECTOR.code64Level3],
  }[mode.bits];
  if (!r.one(6)) return of[level ? 1 : 0] | level;
  const bad = [
    ...[SELECTOR.codeAbsent | 3, SELECTOR.codeAbsent, SELECTOR.data, SELECTOR.tss, 0x7ff8, 0],
    ...[of[0] | 3, of[1], of[0], of[1] | 3],
  ];
  const more = [SELECTOR.conforming | level, SELECTOR.localCode | 3, SELECTOR.executeOnly | 3];
  return r.pick(mode.bits === 32 ? [...bad, ...more] : bad);
}

// ---- segments

function loadSegment(s: Situation): Unit {
  const { asm, r, mode } = s;
  const to = r.pick([0, 2, 3, 4, 5]);
  const selector = to === 2 ? stackSelector(s) : to >= 4 ? anySelector(s) : dataSelector(s);
  const after = to === 2 && r.one(2) ? asm.load(r.pick([0, 1, 2, 3]), r.u32()) : [];
  const push = { 0: [0x06], 2: [0x16], 3: [0x1e], 4: [0x0f, 0xa0], 5: [0x0f, 0xa8] }[to]!;
  const usesStack = r.one(3) && (mode.bits !== 64 || to >= 4);
  if (usesStack) {
    const pop = push.length === 1 ? [push[0] + 1] : [0x0f, push[1] + 1];
    return same([...asm.push(selector), ...asm.o32, ...pop, ...after, ...(r.one(2) ? [...asm.o32, ...push] : [])]);
  }
  const read = r.one(3) ? [0x8c, 0xc0 | (to << 3) | CX] : [];
  return same([...asm.load(AX, selector), 0x8e, 0xc0 | (to << 3) | AX, ...after, ...read]);
}
function loadFarPointer(s: Situation): Unit {
  const { asm, r, mode } = s;
  const forms: [number[], number][] = [
    // In QEMU LSS holds back the trap behind it, as loads by MOV and POP do.
    s.traps === 'steps' ? [[0x0f, 0xb5], 5] : [[0x0f, 0xb2], 2],
    [[0x0f, 0xb4], 4],
    [[0x0f, 0xb5], 5],
  ];
  if (mode.bits !== 64) forms.push([[0xc4], 0], [[0xc5], 3]);
  const [opcode, to] = r.pick(forms);
  const selector = to === 2 ? stackSelector(s) : to >= 4 ? anySelector(s) : dataSelector(s);
  const register = r.pick([0, 1, 2, 3, 5, 6, 7]);
  if (mode.bits === 64) {
    const value = (BigInt(selector) << 32n) | BigInt(r.u32());
    return same([0x48, 0xb8, ...littleEndian(value, 8), 0x50, ...asm.atStack([], opcode, register)]);
  }
  return same([...asm.push(selector), ...asm.push(r.u32()), ...asm.atStack(asm.o32, opcode, register)]);
}
/** FS and GS are loaded with what can be used, and used. */
function throughSegment(s: Situation): Unit {
  const { asm, r, mode } = s;
  const which = r.below(2);
  const prefix = 0x64 + which;
  const opcode = r.pick([0x8b, 0x89, 0x03, 0x3b]);
  const access = (address: number): number[] => asm.memory([prefix, ...asm.o32], [opcode], r.pick([0, 1, 2, 3]), address);
  if (mode.entry === 0) {
    const segment = r.below(0x40);
    return same([...asm.load(AX, segment), 0x8e, 0xe0 | (which << 3), ...access(DATA + 0x800 + r.below(0x400) - segment * 16)]);
  }
  if (mode.bits === 64 && mode.level === 0 && r.one(2)) {
    const base = r.one(2) ? r.below(0x1000) : 0x7fff00000000 + r.below(0x1000);
    const low = base >= 0x1000 ? (DATA + 0x800 - (base - 0x7fff00000000)) & 0x7fffffff : DATA + 0x800 - base;
    return same([...asm.writeMsr(MSR_BASES[which], BigInt(base)), ...access(low)]);
  }
  const [selector, base] = r.pick([
    [SELECTOR.dataLevel3 | 3, 0],
    [SELECTOR.shifted | 3, 0x100],
  ] as const);
  return same([...asm.load(AX, selector), 0x8e, 0xe0 | (which << 3), ...access(dataAddress(s) - base)]);
}
function tables(s: Situation): Unit {
  const { asm, r, mode } = s;
  const address = DATA + 0x100 * r.below(0x20) + 0x40;
  const stack = mode.bits === 64 ? [] : [0x36];
  // QEMU's LAR and LSL take gates of long mode for those of protected mode.
  const known = mode.paging === 'long';
  const looked = (): number => {
    for (;;) {
      const selector = anySelector(s);
      if (!known || ![SELECTOR.gate, SELECTOR.gateLevel0, SELECTOR.gateAbsent].includes((selector & ~0x407) as never))
        return selector;
    }
  };
  switch (r.below(11)) {
    case 0:
      return same(asm.memory(stack, [0x0f, 0x00], r.below(2), address));
    case 1:
      return same([...asm.o32, 0x0f, 0x00, 0xc0 | (r.below(2) << 3) | r.below(4)]);
    case 2:
      return same(asm.memory([...stack, ...asm.o32], [0x0f, 0x01], r.below(2), address));
    case 3:
    case 4: {
      const gdt = r.one(2);
      const limit = gdt ? r.pick([GDT_LIMIT, GDT_LIMIT, 0x107]) : r.pick([0x3ff, mode.paging === 'long' ? 0x3ff : 0x1ff]);
      if (mode.entry === 0 && !gdt) return same([0x90]);
      const value = [
        ...asm.store32(address, limit | ((gdt ? GDT : IDT) << 16)),
        ...asm.store32(address + 4, 0),
        ...asm.store32(address + 8, 0),
      ];
      return same([...value, ...asm.memory([...stack, ...asm.o32], [0x0f, 0x01], gdt ? 2 : 3, address)]);
    }
    case 5: {
      const selector = r.pick([
        SELECTOR.ldt,
        SELECTOR.ldt,
        0,
        SELECTOR.ldtAbsent,
        SELECTOR.data,
        SELECTOR.tss,
        SELECTOR.localData,
        0x7ff8,
      ]);
      return same([...asm.load(AX, selector), 0x0f, 0x00, 0xd0]);
    }
    case 6: {
      const selector = r.pick([SELECTOR.otherTss, SELECTOR.tss, SELECTOR.data, SELECTOR.ldt, SELECTOR.localData, 0x7ff8]);
      return same([...asm.load(AX, selector), 0x0f, 0x00, 0xd8]);
    }
    case 7:
    case 8:
      // LAR, LSL
      return same([...asm.load(AX, looked()), ...asm.o32, 0x0f, r.pick([0x02, 0x03]), 0xc0 | (r.pick([1, 2, 3]) << 3)]);
    case 9:
      return same([...asm.load(AX, anySelector(s)), 0x0f, 0x00, r.pick([0xe0, 0xe8])]);
    default:
      if (mode.bits === 64) return same([0x90]);
      return same([...asm.load(AX, anySelector(s)), ...asm.load(CX, r.below(4)), 0x63, 0xc8]);
  }
}

// ---- transfers

function farReturn(s: Situation): Unit {
  const { asm, r, mode } = s;
  const level = mode.level === 0 && mode.entry !== 0 && r.one(4) ? 3 : mode.level;
  const selector = codeSelector(s, level);
  const stack = level === 3 ? SELECTOR.dataLevel3 | 3 : mode.bits === 64 ? SELECTOR.data : stackSelector(s);
  const top = (level === 3 ? STACK3 : STACK0) - 0x10 * r.below(0x10);
  const outer = level !== mode.level;
  const flags = flagsImage(s);
  const shape = r.below(mode.entry === 0 ? 3 : 6);
  const wide = mode.bits === 64 ? [0x48] : asm.o32;
  return before((next) => {
    if (mode.entry === 0) {
      // 16-bit frames as well.
      const o = shape === 0 ? [] : [0x66];
      const push = (value: number): number[] => (shape === 0 ? [0x68, ...littleEndian(value, 2)] : asm.push(value));
      if (shape === 2) return [...push(flags), ...push(0), ...push(next), ...o, 0xcf];
      return [...push(0), ...push(next), ...o, 0xcb];
    }
    const frame: number[] = [];
    if (outer || (mode.bits === 64 && shape >= 2)) frame.push(...asm.push(stack), ...asm.push(top));
    if (shape < 2) return [...frame, ...asm.push(selector), ...asm.push(next), ...wide, 0xcb];
    return [...frame, ...asm.push(flags), ...asm.push(selector), ...asm.push(next), ...wide, 0xcf];
  });
}
function farJump(s: Situation): Unit {
  const { asm, r, mode } = s;
  const call = r.one(2);
  const selector =
    mode.entry !== 0 && r.one(2)
      ? r.pick([SELECTOR.gate, SELECTOR.gate | 3, SELECTOR.gateLevel0, SELECTOR.gateAbsent])
      : codeSelector(s, mode.level);
  // QEMU's JMP through a gate that is not right faults in other ways.
  const isGate = [SELECTOR.gate, SELECTOR.gateLevel0, SELECTOR.gateAbsent].includes((selector & ~3) as never);
  if (isGate && !call) return same([0x90]);
  const opcode = call ? 3 : 5;
  if (mode.bits === 64)
    return before((next) => {
      const pointer = (BigInt(selector) << 32n) | BigInt(next);
      return [0x48, 0xb8, ...littleEndian(pointer, 8), 0x50, 0xff, (opcode << 3) | 4, 0x24];
    });
  const direct = r.one(2);
  return before((next) => {
    if (direct) return [...asm.o32, call ? 0x9a : 0xea, ...littleEndian(next, 4), ...littleEndian(selector, 2)];
    return [...asm.push(selector), ...asm.push(next), ...asm.atStack(asm.o32, [0xff], opcode)];
  });
}
function interrupt(s: Situation): Unit {
  const { r, mode } = s;
  const vectors: number[] = [SOFTWARE.level3, SOFTWARE.level0, SOFTWARE.trap, 0x20, 0x3f];
  // In long mode QEMU's error codes of INT n are wrong.
  if (mode.paging !== 'long') vectors.push(SOFTWARE.absent, SOFTWARE.nullTarget, SOFTWARE.dataTarget, 0x08, 0x0d);
  else vectors.splice(1, 4);
  if (r.one(5)) return same([0xcc]);
  if (r.one(5) && mode.bits !== 64) return same([0xce]);
  return same([0xcd, r.pick(vectors)]);
}
function near(s: Situation): Unit {
  const { asm, r, mode } = s;
  const wide = mode.bits === 16;
  switch (r.below(5)) {
    case 0:
      return same(wide ? [0xe8, 0, 0] : [0xe8, 0, 0, 0, 0]);
    case 1:
      return before((next) => [...asm.push(next), ...asm.o32, 0xc3]);
    case 2:
      return before((next) => [...asm.load(AX, next), ...asm.o32, 0xff, 0xe0]);
    case 3: {
      // A short loop: LOOP, or DEC and JNZ.
      const count = asm.load(CX, 1 + r.below(5));
      const body = r.one(2) ? asm.withEax(r.pick([0x05, 0x35, 0x2d]), r.u32()) : asm.store32(DATA + 0x800 + r.below(64), r.u32());
      return same([...count, ...body, r.pick([0xe2, 0xe2, 0xe0, 0xe1]), 0x100 - body.length - 2]);
    }
    default:
      return before((next) => [...asm.load(AX, next), ...asm.o32, 0xff, 0xd0]);
  }
}
function stackWork(s: Situation): Unit {
  const { asm, r, mode } = s;
  switch (r.below(8)) {
    case 0:
      return same([...asm.push(flagsImage(s)), ...asm.o32, 0x9d]);
    case 1:
      return same([...asm.o32, 0x9c, ...asm.o32, 0x58 | r.pick([0, 1, 2, 3])]);
    case 2:
      if (mode.bits === 64) return same([0x41, 0x50 | r.below(8)]);
      return same([...asm.o32, 0x60, ...asm.o32, 0x61]);
    case 3:
      return same([...asm.o32, 0xc8, ...littleEndian(r.below(32) * 8, 2), 0, ...asm.o32, 0xc9]);
    case 4:
      return same([r.pick([0xfa, 0xfb, 0xfc, 0xfd, 0xf8, 0xf9, 0xf5])]);
    case 5:
      return same([...asm.o32, 0x50 | r.pick([0, 1, 2, 3, 4, 5, 6, 7]), ...asm.o32, 0x58 | r.pick([0, 1, 2, 3, 5, 6, 7])]);
    case 6:
      return same(asm.memory([...asm.o32, ...(mode.bits === 64 ? [] : [0x36])], [0xff], 6, dataAddress(s)));
    default:
      return same([
        ...asm.push(r.u32()),
        ...asm.memory([...asm.o32, ...(mode.bits === 64 ? [] : [0x36])], [0x8f], 0, dataAddress(s)),
      ]);
  }
}

// ---- control registers and MSRs

function control(s: Situation): Unit {
  const { asm, r, mode, userCode } = s;
  switch (r.below(12)) {
    case 0:
      return same(asm.fromControl(r.pick([0, 2, 3, 4]), r.below(4)));
    case 1:
      return same([...asm.load(CX, r.u32()), ...asm.toControl(2, CX)]);
    case 2:
      return same([...asm.fromControl(3), ...asm.toControl(3)]);
    case 3:
    case 4:
    case 5: {
      const bit = r.pick([1, 2, 3, 5, 16, 16]);
      return same([...asm.fromControl(0), ...asm.withEax(0x35, 2 ** bit), ...asm.toControl(0)]);
    }
    case 6:
    case 7: {
      const bits = [2, 3, 7, 9, 10, 11, 16];
      if (!userCode) bits.push(20, 21);
      return same([...asm.fromControl(4), ...asm.withEax(0x35, 2 ** r.pick(bits)), ...asm.toControl(4)]);
    }
    case 8:
      return same([0x0f, 0x06]);
    case 9:
      return same([...asm.load(AX, r.below(8) * 2 + (mode.entry === 0 ? 0 : 1)), 0x0f, 0x01, 0xf0]);
    case 10:
      return same([...asm.o32, 0x0f, 0x01, 0xe0 | r.below(4)]);
    default:
      return r.one(2) ? same([0x0f, 0x01, r.pick([0xca, 0xcb])]) : same(asm.memory([], [0x0f, 0x01], 7, dataAddress(s)));
  }
}
/** Modes and back, all within the unit, which must not be interrupted: what comes between runs in the other mode with what segment registers still hold. */
function modeSwitch(s: Situation): Unit {
  const { asm, r, mode } = s;
  const inside = [
    ...(r.one(2) ? asm.load(r.pick([1, 2, 3]), r.u32()) : []),
    ...asm.store32(DATA + 0x900 + r.below(0x100), r.u32()),
    ...(r.one(2) ? [0xeb, 0x00] : []),
  ];
  if (mode.entry === 0) {
    const load = r.one(2) ? [...asm.load(CX, r.pick([SELECTOR.data, SELECTOR.readOnly, SELECTOR.shifted])), 0x8e, 0xe1] : [];
    const back = r.one(2) ? [...asm.load(CX, r.below(0x100)), 0x8e, 0xe9] : [];
    return same([
      ...asm.fromControl(0),
      0x0c,
      1,
      ...asm.toControl(0),
      ...load,
      ...inside,
      0x24,
      0xfe,
      ...asm.toControl(0),
      ...back,
    ]);
  }
  if (mode.paging === 'none')
    return same([...asm.fromControl(0), 0x24, 0xfe, ...asm.toControl(0), ...inside, 0x0c, 1, ...asm.toControl(0)]);
  const off = asm.withEax(0x25, 0x7fffffff);
  const on = asm.withEax(0x0d, 0x80000000);
  return same([...asm.fromControl(0), ...off, ...asm.toControl(0), ...inside, ...on, ...asm.toControl(0)]);
}
function modelSpecific(s: Situation): Unit {
  const { asm, r, mode } = s;
  const long = mode.paging === 'long';
  const star = (BigInt(SELECTOR.code32Level3 | 3) << 48n) | (BigInt(long ? SELECTOR.code64 : SELECTOR.code32) << 32n);
  const canonical = (): bigint => BigInt.asUintN(64, BigInt.asIntN(47, integer(r)));
  // SYSCALL and such lead to 32-bit code.
  // Nor does compatibility mode command R11.
  switch (r.below(mode.bits === 16 || (long && mode.bits === 32) ? 4 : 7)) {
    case 0: {
      const all = [MSR.efer, MSR.star, MSR.lstar, MSR.cstar, MSR.sfmask, ...MSR_BASES, ...MSR_SYSENTER, MSR_TSC_AUX, MSR_PAT];
      return same([...asm.load(CX, r.pick(all)), 0x0f, 0x32]);
    }
    case 1:
      return same(asm.writeMsr(r.pick([MSR.lstar, MSR.cstar, ...MSR_BASES, ...MSR_SYSENTER.slice(1)]), canonical()));
    case 2:
      return same(asm.writeMsr(r.pick([MSR.sfmask, MSR_TSC_AUX]), BigInt(r.u32())));
    case 3:
      // SCE or NXE
      return same([...asm.load(CX, MSR.efer), 0x0f, 0x32, ...asm.withEax(0x35, r.pick([1, 0x800])), 0x0f, 0x30]);
    case 4: {
      // SYSCALL to the next unit; the flags that QEMU loses are defined anew.
      const mask = r.u32();
      return before((next) => [
        ...asm.writeMsr(MSR.star, star | BigInt(next - asm.defineFlags(0).length)),
        ...asm.writeMsr(MSR.lstar, BigInt(next - asm.defineFlags(0).length)),
        ...asm.writeMsr(MSR.cstar, BigInt(next - asm.defineFlags(0).length)),
        ...asm.writeMsr(MSR.sfmask, BigInt(mask)),
        // CLD: QEMU loses DF as well.
        0xfc,
        0x0f,
        0x05,
        ...asm.defineFlags(mask),
      ]);
    }
    case 5: {
      if (long && mode.bits === 64 && r.one(2))
        return same(r.one(2) ? [0x0f, 0x01, 0xf8] : [0xf3, 0x48, 0x0f, 0xae, 0xc0 | (r.below(4) << 3) | 6]);
      const value = r.one(2) ? flagsImage(s) : r.u32() & ~(TF | NT | IF | VM | VIF | VIP);
      const wide = mode.bits === 64 && !r.one(4) ? [0x48] : [];
      return before((next) => [
        ...asm.writeMsr(MSR.star, star),
        ...asm.load(CX, next),
        ...(mode.bits === 64 ? [0x41, 0xbb, ...littleEndian(value, 4)] : []),
        ...wide,
        0x0f,
        0x07,
      ]);
    }
    default: {
      const enter = r.one(2);
      return before((next) => {
        if (enter)
          return [
            ...asm.writeMsr(MSR_SYSENTER[0], BigInt(SELECTOR.code32)),
            ...asm.writeMsr(MSR_SYSENTER[1], BigInt(STACK0)),
            ...asm.writeMsr(MSR_SYSENTER[2], BigInt(next)),
            ...[0x0f, 0x34],
          ];
        return [
          ...asm.writeMsr(MSR_SYSENTER[0], BigInt(SELECTOR.code32)),
          ...asm.load(CX, STACK3),
          ...asm.load(DX, next),
          0x0f,
          0x35,
        ];
      });
    }
  }
}
function debugRegisters({ asm, r }: Situation): Unit {
  const to = (n: number): number[] => [0x0f, 0x23, 0xc0 | (n << 3)];
  const from = [0x0f, 0x21, 0xc0 | (r.pick([0, 1, 2, 3, 6, 7]) << 3) | DX];
  if (r.one(3)) return same(from);
  // Instruction breakpoints: of data, QEMU 7.2 reports some that were not touched.
  const n = r.below(4);
  const clear = r.one(4) ? [...asm.load(AX, 0), ...to(6)] : [];
  return same([...asm.load(AX, CODE + r.below(0x100)), ...to(n), ...asm.load(AX, 0x400 | (1 << (2 * n))), ...to(7), ...clear]);
}

// ---- paging

function pageTables(s: Situation): Unit {
  const { asm, r, mode } = s;
  if (mode.paging === 'none') return same([0x90]);
  const i = r.below(ALIAS_PAGES + 1);
  const page = i === ALIAS_PAGES ? SPECIAL >> 12 : (ALIAS >> 12) + i;
  const { address, bytes } = entryOf(mode.paging, page);
  const frame = (9 + r.below(6)) << 12;
  const flags = (r.one(5) ? 0 : 1) | (r.one(4) ? 0 : 2) | (r.one(4) ? 0 : 4) | (r.one(4) ? r.u32() & 0x78 : 0);
  const high = bytes === 8 && r.one(4) ? r.pick([0x80000000, 0, 0, 0x100000]) : 0;
  const flush = r.one(3) ? [...asm.fromControl(3), ...asm.toControl(3)] : asm.memory([], [0x0f, 0x01], 7, page << 12);
  const store = [...asm.store32(address, frame | flags), ...(bytes === 8 ? asm.store32(address + 4, high) : [])];
  return same([...store, ...flush]);
}
/** A change to code that is about to run. */
function selfModification({ asm, r, mode }: Situation): Unit {
  const value = r.u32();
  const [mask, by] = [r.below(256), r.below(4)];
  return (at) => {
    const write = (place: number): number[] => [...asm.memory(mode.bits === 64 ? [] : [0x36], [0x80], 6, place), mask];
    const target = at + write(0x9000).length + asm.o32.length + 1 + by;
    return [...write(target), ...asm.withEax(0x05, value)];
  };
}

// ---- interrupts and ports

/** The UART's transmitter asks for an interrupt while IF is clear; it comes where IF is set. */
function externalInterrupt(s: Situation): Unit {
  const { asm, r } = s;
  // QEMU and processors differ in what comes first where a step ends in the shadow of STI.
  if (s.traps === 'steps') return same([0x90]);
  const request = [0xfa, ...asm.load(DX, 0x3f9), 0xb0, 0x02, 0xee];
  const filler = asm.withEax(0x05, r.u32());
  switch (r.below(5)) {
    case 0:
      return same([...request, 0xfb, ...filler, ...filler]);
    case 1:
      return same([...request, 0xfb, 0xf4, ...filler]);
    case 2:
      return same([...request, ...asm.push(flagsImage(s) | IF), ...asm.o32, 0x9d, ...filler]);
    case 3:
      return same([...request, 0xfb, 0xfa, ...filler, 0xfb, ...filler]);
    default:
      return same(request);
  }
}
function ports({ asm, r, mode }: Situation): Unit {
  // Nothing is there. Aligned: other words read as zero in QEMU.
  const port = 0x10 + 4 * r.below(4);
  const string = r.below(2);
  switch (r.below(4)) {
    case 0:
      return same([r.pick([0xe4, 0xe5, 0xe6, 0xe7]), port]);
    case 1:
      return same([...asm.load(DX, port), ...(r.one(2) ? [0x66] : []), r.pick([0xec, 0xed, 0xee, 0xef])]);
    default:
      return same([
        ...asm.load(DX, port),
        ...asm.load(6, DATA + 0x800),
        ...asm.load(7, DATA + 0xa00),
        // Not 0: then QEMU asks for permission, which is not needed.
        ...asm.load(CX, 1 + r.below(5)),
        ...(r.one(2) ? [0xf3] : []),
        ...(r.one(3) && mode.bits !== 16 ? [0x66] : []),
        0x6c + r.below(2) + 2 * string,
      ]);
  }
}

// ---- the mixture

/** Weights. Units that the level does not allow fault, which is worth seeing, but not often. */
function kinds({ mode, traps }: Situation): [number, (s: Situation) => Unit][] {
  const system = mode.level === 0 ? 1 : 0.25;
  return [
    [5, loadSegment],
    [3, loadFarPointer],
    [2, throughSegment],
    [5, tables],
    [5, farReturn],
    [4, farJump],
    [3, interrupt],
    [3, near],
    [5, stackWork],
    [6 * system, control],
    // QEMU ignores attempts to leave paging from 64-bit code.
    [mode.bits === 64 || traps !== 'none' ? 0 : mode.level === 0 ? 2 : 0.2, modeSwitch],
    [4 * system, modelSpecific],
    [traps === 'breakpoints' ? 6 * system : 0, debugRegisters],
    [mode.paging === 'none' ? 0 : 5 * system, pageTables],
    [1, selfModification],
    [2, externalInterrupt],
    [2, ports],
  ];
}

export function randomUnit(s: Situation): Unit {
  const { mode, r } = s;
  if (r.one(2)) {
    for (;;) {
      const made = plainUnit(mode.bits, mode.entry === 0, { anywhere: dataAddress(s), open: openAddress(s) }, r);
      if (!made || (made.undefinedFlags && s.traps !== 'none')) continue;
      // Now and then behind a branch.
      const { bytes } = made;
      return same(bytes.length < 128 && r.one(6) ? [0x70 | r.below(16), bytes.length, ...bytes] : bytes);
    }
  }
  const list = kinds(s);
  let at = (r.below(1000) / 1000) * list.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, make] of list) {
    at -= weight;
    if (at < 0) return make(s);
  }
  return same([0x90]);
}
