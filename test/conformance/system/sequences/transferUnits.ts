// SPDX-License-Identifier: MIT
/** @fileoverview Units that transfer control, near and far, through gates and interrupts; and work on the stack. */
import { AX, CX, littleEndian } from './assembler.ts';
import { DATA, SELECTOR, STACK0, STACK3 } from './layout.ts';
import { before, codeSelector, dataAddress, flagsImage, type Situation, same, stackSelector, type Unit } from './situation.ts';
import { SOFTWARE } from './templates.ts';

export function farReturn(s: Situation): Unit {
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

export function farJump(s: Situation): Unit {
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

export function interrupt(s: Situation): Unit {
  const { r, mode } = s;
  const vectors: number[] = [SOFTWARE.level3, SOFTWARE.level0, SOFTWARE.trap, 0x20, 0x3f];
  // In long mode QEMU's error codes of INT n are wrong.
  if (mode.paging !== 'long') vectors.push(SOFTWARE.absent, SOFTWARE.nullTarget, SOFTWARE.dataTarget, 0x08, 0x0d);
  else vectors.splice(1, 4);
  if (r.one(5)) return same([0xcc]);
  if (r.one(5) && mode.bits !== 64) return same([0xce]);
  return same([0xcd, r.pick(vectors)]);
}

export function near(s: Situation): Unit {
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

export function stackWork(s: Situation): Unit {
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
