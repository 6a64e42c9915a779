// SPDX-License-Identifier: MIT
/** @fileoverview Units about interrupts from outside, and ports. */
import { CX, DX } from './assembler.ts';
import { DATA } from './layout.ts';
import { flagsImage, IF, type Situation, same, type Unit } from './situation.ts';

/** The UART's transmitter asks for an interrupt while IF is clear; it comes where IF is set. */
export function externalInterrupt(s: Situation): Unit {
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

export function ports({ asm, r, mode }: Situation): Unit {
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
