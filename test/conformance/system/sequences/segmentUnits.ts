// SPDX-License-Identifier: MIT
/** @fileoverview Units about segments: loading, using, far pointers, descriptor tables. */
import { AX, CX, littleEndian } from './assembler.ts';
import { MSR_BASES } from './controlUnits.ts';
import { DATA, GDT, GDT_LIMIT, IDT, SELECTOR } from './layout.ts';
import { anySelector, dataAddress, dataSelector, type Situation, same, stackSelector, type Unit } from './situation.ts';

export function loadSegment(s: Situation): Unit {
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

export function loadFarPointer(s: Situation): Unit {
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
export function throughSegment(s: Situation): Unit {
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

export function tables(s: Situation): Unit {
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
