// SPDX-License-Identifier: MIT
/** @fileoverview Units about control registers, modes, MSRs and debug registers. */
import { integer } from '../../hardware/random.ts';
import { AX, CX, DX, littleEndian } from './assembler.ts';
import { CODE, DATA, SELECTOR, STACK0, STACK3 } from './layout.ts';
import { before, dataAddress, flagsImage, IF, NT, type Situation, same, TF, type Unit, VIF, VIP, VM } from './situation.ts';

const MSR = { efer: 0xc0000080, star: 0xc0000081, lstar: 0xc0000082, cstar: 0xc0000083, sfmask: 0xc0000084 } as const;
export const MSR_BASES = [0xc0000100, 0xc0000101, 0xc0000102];
const MSR_SYSENTER = [0x174, 0x175, 0x176];
const MSR_TSC_AUX = 0xc0000103;
const MSR_PAT = 0x277;

export function control(s: Situation): Unit {
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
export function modeSwitch(s: Situation): Unit {
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

export function modelSpecific(s: Situation): Unit {
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

export function debugRegisters({ asm, r }: Situation): Unit {
  const to = (n: number): number[] => [0x0f, 0x23, 0xc0 | (n << 3)];
  const from = [0x0f, 0x21, 0xc0 | (r.pick([0, 1, 2, 3, 6, 7]) << 3) | DX];
  if (r.one(3)) return same(from);
  // Instruction breakpoints: of data, QEMU 7.2 reports some that were not touched.
  const n = r.below(4);
  const clear = r.one(4) ? [...asm.load(AX, 0), ...to(6)] : [];
  return same([...asm.load(AX, CODE + r.below(0x100)), ...to(n), ...asm.load(AX, 0x400 | (1 << (2 * n))), ...to(7), ...clear]);
}
