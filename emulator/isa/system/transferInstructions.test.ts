// SPDX-License-Identifier: MIT
/**
 * @fileoverview SYSRET that sets TF: the trap comes behind SYSRET itself, before any instruction of the program (Linux,
 * arch/x86/entry/entry_64.S: "restoring TF results in a trap from userspace immediately after SYSRET").
 */
import { expect, test } from 'vitest';
import { enterLongMode, haltOnExceptions, testProcessor } from '../../cpu/testProcessor.ts';
import { SLOT } from '../../ir/state.ts';
import { RFLAGS_TF } from './bits.ts';

const CODE = 0x10000;
const PROGRAM = 0x11000n;

test.each([
  { what: 'sets', before: 2n },
  { what: 'keeps', before: 2n | BigInt(RFLAGS_TF) },
])('the single step trap follows SYSRET that $what TF', ({ before }) => {
  const t = testProcessor();
  const { cpu, ram } = t;
  enterLongMode(t);
  const vector = haltOnExceptions(t);
  ram.set([0x48, 0x0f, 0x07], CODE);
  ram.set([0x90, 0x90], Number(PROGRAM));
  cpu.write64(SLOT.EFER, 0xd01n);
  cpu.write64(SLOT.STAR, 0x10n << 48n);
  cpu.write64(SLOT.rcx, PROGRAM);
  cpu.write64(SLOT.r11, 2n | BigInt(RFLAGS_TF));
  cpu.rip = BigInt(CODE);
  cpu.rflags = before;
  cpu.modeChanged();
  cpu.run(10);
  expect(vector()).toBe(1);
  const pushed = cpu.physical.read32(Number(cpu.read64(SLOT.rsp)));
  expect(pushed).toBe(Number(PROGRAM));
});
