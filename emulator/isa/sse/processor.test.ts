// SPDX-License-Identifier: MIT
/** @fileoverview SSE where a whole processor matters: control bits, faults and their order, segments, masked stores at page ends. */
import { beforeEach, describe, expect, test } from 'vitest';
import { enterLongMode, enterProtectedMode, type TestProcessor, testProcessor } from '../../cpu/testProcessor.ts';
import { GPR, SEG, SEGMENT, SLOT, segmentSlot, XMM } from '../../ir/state.ts';

const CODE = 0x10000;
const GDT = 0x6000;
const IDT = 0x7000;
const HANDLERS = 0x9000;
const CR4_OSFXSR = 0x200n;
const CR4_OSXMMEXCPT = 0x400n;

let t: TestProcessor;
const bytes = (s: string): Uint8Array => Uint8Array.from(s.split(/\s+/).map((b) => Number.parseInt(b, 16)));

/** Gates to handlers that stay where they are, so that RIP names the vector. */
function catchFaults(): void {
  const { cpu } = t;
  cpu.physical.write64(GDT + 8, 0x00af9b000000ffffn);
  cpu.physical.write64(GDT + 16, 0x00cf93000000ffffn);
  for (let v = 0; v < 32; v++) {
    const at = BigInt(HANDLERS + v * 16);
    cpu.physical.write64(IDT + v * 16, (at & 0xffffn) | (8n << 16n) | (0x8e00n << 32n) | ((at >> 16n) << 48n));
    cpu.physical.write64(IDT + v * 16 + 8, 0n);
    t.ram.set(bytes('eb fe'), HANDLERS + v * 16);
  }
  for (const [n, base, limit] of [
    [SEGMENT.gdtr, GDT, 23],
    [SEGMENT.idtr, IDT, 511],
  ]) {
    cpu.view.setBigUint64(cpu.base + segmentSlot(n) + SEG.base, BigInt(base), true);
    cpu.view.setUint32(cpu.base + segmentSlot(n) + SEG.limit, limit, true);
  }
  cpu.write64(GPR(4), 0x8000n);
}
/** Runs one instruction; the vector of its fault, or undefined. */
function vectorOf(code: string): number | undefined {
  const { cpu } = t;
  t.ram.set(bytes(`${code} eb fe`), CODE);
  cpu.physical.codeWritten(CODE >> 12, 0, 32);
  cpu.write64(SLOT.RIP, BigInt(CODE));
  cpu.run(cpu.retired + 2);
  const rip = Number(cpu.read64(SLOT.RIP));
  return rip >= HANDLERS && rip < HANDLERS + 512 ? (rip - HANDLERS) >> 4 : undefined;
}
const setXmm = (n: number, low: bigint, high: bigint): void => {
  t.cpu.view.setBigUint64(t.cpu.base + XMM(n), low, true);
  t.cpu.view.setBigUint64(t.cpu.base + XMM(n) + 8, high, true);
};
const xmm = (n: number): [bigint, bigint] => [
  t.cpu.view.getBigUint64(t.cpu.base + XMM(n), true),
  t.cpu.view.getBigUint64(t.cpu.base + XMM(n) + 8, true),
];
const clearBit = (slot: number, bit: bigint): void => {
  t.cpu.write64(slot, t.cpu.read64(slot) & ~bit);
  t.cpu.modeChanged();
};

describe('in 64-bit mode', () => {
  beforeEach(() => {
    t = testProcessor();
    enterLongMode(t);
    catchFaults();
    t.cpu.write64(GPR(7), 0x20000n);
    t.cpu.write32(SLOT.MXCSR, 0x1f80);
  });

  test('aligned accesses only where the instruction asks for them', () => {
    t.cpu.write64(GPR(7), 0x20008n);
    expect(vectorOf('0f 28 07')).toBe(13); // movaps xmm0, [rdi]
    expect(vectorOf('0f 10 07')).toBe(undefined); // movups
    expect(vectorOf('0f 58 07')).toBe(13); // addps
    expect(vectorOf('f3 0f 58 07')).toBe(undefined); // addss
    expect(vectorOf('66 0f 3a 63 07 00')).toBe(undefined); // pcmpistri
    expect(vectorOf('66 0f 38 40 07')).toBe(13); // pmulld
  });
  test('CR4.OSFXSR, CR0.EM and CR0.TS', () => {
    expect(vectorOf('0f 57 c0')).toBe(undefined); // xorps
    t.cpu.write64(SLOT.CR0, t.cpu.read64(SLOT.CR0) | 8n);
    t.cpu.modeChanged();
    expect(vectorOf('0f 57 c0')).toBe(7);
    expect(vectorOf('0f c3 07')).toBe(undefined); // movnti
    expect(vectorOf('f2 0f 38 f1 c1')).toBe(undefined); // crc32
    t.cpu.write64(SLOT.CR0, (t.cpu.read64(SLOT.CR0) & ~8n) | 4n);
    t.cpu.modeChanged();
    expect(vectorOf('0f 57 c0')).toBe(6);
    clearBit(SLOT.CR0, 4n);
    clearBit(SLOT.CR4, CR4_OSFXSR);
    expect(vectorOf('0f 57 c0')).toBe(6);
    expect(vectorOf('f2 0f 38 f1 c1')).toBe(undefined);
  });
  test('an unmasked exception is #XM, or #UD without OSXMMEXCPT; MXCSR tells, registers stay', () => {
    t.cpu.write32(SLOT.MXCSR, 0x1f80 & ~0x200);
    setXmm(0, 0x3f800000n, 5n);
    setXmm(1, 0n, 0n);
    expect(vectorOf('f3 0f 5e c1')).toBe(19); // divss xmm0, xmm1
    expect(t.cpu.read32(SLOT.MXCSR)).toBe((0x1f80 & ~0x200) | 4);
    expect(xmm(0)).toEqual([0x3f800000n, 5n]);
    clearBit(SLOT.CR4, CR4_OSXMMEXCPT);
    expect(vectorOf('f3 0f 5e c1')).toBe(6);
  });
  test('LDMXCSR refuses reserved bits', () => {
    t.cpu.physical.write64(0x20000, 0x11f80n);
    expect(vectorOf('0f ae 17')).toBe(13);
    expect(t.cpu.read32(SLOT.MXCSR)).toBe(0x1f80);
    t.cpu.physical.write64(0x20000, 0xffc0n);
    expect(vectorOf('0f ae 17')).toBe(undefined);
    expect(t.cpu.read32(SLOT.MXCSR)).toBe(0xffc0);
  });
  test('MASKMOVDQU touches nothing but the selected bytes, in the segment that overrides', () => {
    // The 2 MiB page above is not present: bytes there must not be selected.
    t.cpu.physical.write64(0x3008, 0n);
    t.cpu.flushTlb(false);
    setXmm(0, 0x0807060504030201n, 0x100f0e0d0c0b0a09n);
    setXmm(1, 0x8000000000000080n, 0n);
    t.cpu.write64(GPR(7), 0x1ffff8n);
    expect(vectorOf('66 0f f7 c1')).toBe(undefined);
    expect([...t.ram.subarray(0x1ffff8, 0x200008)]).toEqual([1, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0]);
    setXmm(1, 0x80n, 0x80n);
    setXmm(0, 0x77n, 0n);
    expect(vectorOf('66 0f f7 c1')).toBe(14);
    expect(t.ram[0x1ffff8]).toBe(1);
    t.cpu.view.setBigUint64(t.cpu.base + segmentSlot(SEGMENT.fs) + SEG.base, 0x30000n, true);
    t.cpu.write64(GPR(7), 0xf00000010n);
    setXmm(1, 0x80n, 0n);
    expect(vectorOf('64 67 66 0f f7 c1')).toBe(undefined); // fs, 32-bit address
    expect(t.ram[0x30010]).toBe(0x77);
  });
  test('16 bytes across a page end', () => {
    setXmm(0, 0x1122334455667788n, 0x99aabbccddeeff00n);
    t.cpu.write64(GPR(7), 0x20ff9n);
    expect(vectorOf('f3 0f 7f 07')).toBe(undefined); // movdqu [rdi], xmm0
    expect(Buffer.from(t.ram.subarray(0x20ff9, 0x21009)).toString('hex')).toBe('887766554433221100ffeeddccbbaa99');
    expect(vectorOf('f3 0f 6f 17')).toBe(undefined); // movdqu xmm2, [rdi]
    expect(xmm(2)).toEqual(xmm(0));
  });
});

test('32-bit mode: eight registers, segmented masked stores', () => {
  t = testProcessor();
  enterProtectedMode(t, 32);
  t.cpu.write32(SLOT.MXCSR, 0x1f80);
  t.cpu.write64(GPR(7), 0x20000n);
  setXmm(3, 0x4008000000000000n, 0n);
  setXmm(1, 0x80n, 0n);
  // cvttsd2si eax, xmm3; maskmovdqu xmm3, xmm1
  vectorOf('f2 0f 2c c3');
  expect(t.cpu.read64(SLOT.rax)).toBe(3n);
  setXmm(3, 0x5an, 0n);
  vectorOf('66 0f f7 d9');
  expect(t.ram[0x20000]).toBe(0x5a);
});
