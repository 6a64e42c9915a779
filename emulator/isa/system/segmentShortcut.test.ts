// SPDX-License-Identifier: MIT
/** @fileoverview Loads of segment registers in compiled 32-bit code, ordinary and not, against the interpreter's, by random descriptors. */
import { expect, test } from 'vitest';
import { testSeed } from '../../../test/support/seed.ts';
import { Shutdown, type Tiering } from '../../cpu/processor.ts';
import { enterProtectedMode, haltOnExceptions, type TestProcessor, testProcessor } from '../../cpu/testProcessor.ts';
import { LEAVE, SEG, SEGMENT, SLOT, segmentSlot } from '../../ir/state.ts';
import { setSegment } from './segmentation.ts';

const CODE = 0x10000;
const GDT = 0x40000;
const STACK = 0x60000;
const DATA = 0x00cf93000000ffffn;
const USER_DATA = 0x00cff3000000ffffn;
/** A segment of the kernel's own data, as FS has it: all but its base is flat. */
const OWN = 0x128f93345678ffffn;
const OWN_BASE = 0x12345678n;

/** push eax, ecx; pop ds, es; mov fs, ebx; push edx; pop gs; mov [fs:edi], eax; dec esi; jnz; hlt */
const PROGRAM = [0x50, 0x51, 0x1f, 0x07, 0x8e, 0xe3, 0x52, 0x0f, 0xa9, 0x64, 0x89, 0x07, 0x4e, 0x75, 0xf1, 0xf4];
const ROUNDS = 40;

interface Case {
  gdt: readonly bigint[];
  /** EAX, ECX, EBX and EDX: selectors for ES, DS, FS and GS. */
  selectors: readonly number[];
  limit?: number;
  level?: 0 | 3;
}
function run(tiering: Tiering, c: Case): TestProcessor {
  const t = testProcessor(0x100000, undefined, {}, undefined, tiering);
  const { cpu, ram } = t;
  enterProtectedMode(t, 32);
  haltOnExceptions(t);
  const handler = cpu.physical.read64(0x31008);
  [0n, handler, ...c.gdt].forEach((d, i) => {
    cpu.physical.write64(GDT + 8 * i, d);
  });
  setSegment(cpu, SEGMENT.gdtr, 0, GDT, c.limit ?? 0x7f, 0);
  if (c.level === 3) {
    setSegment(cpu, SEGMENT.cs, 0x1b, 0, 0xffffffff, 0xcfb);
    for (const seg of [SEGMENT.ss, SEGMENT.ds, SEGMENT.es]) setSegment(cpu, seg, 0x23, 0, 0xffffffff, 0xcf3);
    cpu.write32(SLOT.CPL, 3);
    cpu.modeChanged();
  }
  ram.set(PROGRAM, CODE);
  cpu.write64(SLOT.RIP, BigInt(CODE));
  cpu.write64(SLOT.rsp, BigInt(STACK));
  cpu.write64(SLOT.rdi, BigInt.asUintN(32, 0x80000n - (c.gdt[2] === OWN ? OWN_BASE : 0n)));
  cpu.write64(SLOT.rsi, BigInt(ROUNDS));
  [SLOT.rax, SLOT.rcx, SLOT.rbx, SLOT.rdx].forEach((slot, i) => {
    cpu.write64(slot, BigInt(c.selectors[i]));
  });
  try {
    for (let until = 0; until < 2000 && !cpu.halted; ) cpu.run((until += 130));
  } catch (e) {
    // What is wrong with the handler's stack segment ends in a triple fault.
    if (!(e instanceof Shutdown)) throw e;
  }
  return t;
}
function seen({ cpu, ram }: TestProcessor): unknown {
  const segments = Array.from({ length: 6 }, (_, n) =>
    [0, 4, 8, 12, 16, 20, 24, 28].map((f) => (cpu.read32(segmentSlot(n) + f) >>> 0).toString(16)).join(' '),
  );
  const registers = Array.from({ length: 8 }, (_, n) => cpu.read64(n * 8));
  const rest = [cpu.retired, cpu.read64(SLOT.RIP), cpu.flags, cpu.halted, cpu.read32(SLOT.ODD) & 15];
  return { segments, registers, rest, ram: Buffer.from(ram).toString('latin1') };
}
const unusual = ({ cpu }: TestProcessor): number => cpu.read32(SLOT.LEFT + 4 * LEAVE.unusual);

test('the ordinary ones stay in compiled code', () => {
  for (const selectors of [
    [0x10, 0x10, 0x20, 0x10],
    [0x18, 0x1b, 0x20, 0],
    [0x10, 0x1b, 0x20, 3],
  ]) {
    const c: Case = { gdt: [DATA, USER_DATA, OWN], selectors };
    const [a, b] = [run('interpreted', c), run('compiled', c)];
    expect(seen(b)).toEqual(seen(a));
    expect(b.cpu.read64(SLOT.rsi)).toBe(0n);
    expect(unusual(b)).toBe(0);
    expect(b.cpu.read32(segmentSlot(SEGMENT.fs) + SEG.base)).toBe(Number(OWN_BASE));
  }
});

/** Bits of a descriptor that are worth having otherwise: base, limit, accessed, type, S, level, presence, limit, L, D/B, G. */
const BITS = [16, 39, 0, 15, 40, 41, 42, 43, 44, 45, 46, 47, 48, 51, 52, 53, 54, 55, 56, 63];
test(`others are as the interpreter has them (DIORAMA_SEED=${testSeed()})`, () => {
  let s = testSeed() || 1;
  const pick = (n: number): number => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return (s >>> 8) % n;
  };
  for (let n = 0; n < 40; n++) {
    const gdt = [DATA, USER_DATA, pick(2) ? OWN : DATA, DATA].map((d, i) =>
      pick(3) || i === 1 ? d : d ^ (1n << BigInt(BITS[pick(BITS.length)])),
    );
    const selectors = Array.from(
      { length: 4 },
      () => [0, 0x10, 0x18, 0x20, 0x28, 0x08, 0x80][pick(14) % 7] | (pick(5) ? 0 : pick(8)),
    );
    const c: Case = { gdt, selectors, limit: pick(8) ? 0x7f : 0x10 + pick(0x20), level: pick(6) ? 0 : 3 };
    expect(
      seen(run('compiled', c)),
      JSON.stringify(c, (_, v) => (typeof v === 'bigint' ? v.toString(16) : v)),
    ).toEqual(seen(run('interpreted', c)));
  }
});
