// SPDX-License-Identifier: MIT
import { describe, expect, test } from 'vitest';
import { OpenFunction, TestBench } from './testBench.ts';

const LPC = 31;

function device(pci: TestBench, slot: number, pin: 1 | 2 | 3 | 4 = 1, functionNumber = 0): OpenFunction {
  const made = new OpenFunction(`dev${slot}.${functionNumber}`, { vendorId: 1, deviceId: 1, classCode: 0, interruptPin: pin });
  pci.bus.add(made, slot, functionNumber);
  return made;
}

// Read from QEMU 7.2, -M q35, before firmware ran; the second value is what all ones leave.
test('registers and writable bits are those of QEMU', () => {
  const pci = new TestBench();
  expect([0x00, 0x08, 0x0c, 0x2c].map((offset) => pci.read(LPC, offset))).toEqual([
    0x29188086, 0x06010002, 0x00800000, 0x11001af4,
  ]);
  expect([0x40, 0x44, 0x60, 0x64, 0x68, 0xf0].map((offset) => pci.read(LPC, offset))).toEqual([
    1, 0, 0x80808080, 0, 0x80808080, 0,
  ]);
  pci.write(LPC, 0x40, 4, 0xffff_ffff);
  expect(pci.read(LPC, 0x40)).toBe(0xff81);
});

describe('interrupt routing', () => {
  // QEMU's choice for slots 0-24: (slot + pin) mod 4 counted from PIRQ E, which is GSI 20.
  test('slots swizzle onto PIRQ E-H', () => {
    for (const [slot, pin, gsi] of [
      [0, 1, 20],
      [2, 1, 22],
      [3, 1, 23],
      [3, 2, 20],
      [4, 1, 20],
      [24, 4, 23],
      [30, 1, 20],
      [30, 4, 23],
    ] as const) {
      const pci = new TestBench();
      const source = slot === 0 ? device(pci, slot, pin, 1) : device(pci, slot, pin);
      source.pin(true);
      expect(pci.high()).toEqual([gsi]);
      source.pin(false);
      expect(pci.high()).toEqual([]);
    }
  });

  test('slots 25-29 and 31 follow their route registers behind RCBA', () => {
    const pci = new TestBench();
    const source = device(pci, LPC, 2, 2);
    source.pin(true);
    expect(pci.high()).toEqual([17]);
    expect(pci.memory.decodes(0xfed1_c000)).toBe(false);
    pci.write(LPC, 0xf0, 4, 0xfed1_c001);
    expect(pci.memory.read(0xfed1_f140, 2)).toBe(0x3210);
    expect(pci.memory.read(0xfed1_f142, 2)).toBe(0);
    pci.memory.write(0xfed1_f140, 2, 0x3270);
    expect(pci.high()).toEqual([23]);
    expect(pci.lpc.pirqOf(25, 1)).toBe(0);
  });

  test('a routing register adds the ISA line; sharing is an OR', () => {
    const pci = new TestBench();
    const [two, six, three] = [device(pci, 2), device(pci, 6), device(pci, 3)];
    two.pin(true);
    pci.write(LPC, 0x6a, 1, 11);
    expect(pci.high()).toEqual([11, 22]);
    pci.write(LPC, 0x6b, 1, 11);
    three.pin(true);
    six.pin(true);
    two.pin(false);
    expect(pci.high()).toEqual([11, 22, 23]);
    six.pin(false);
    expect(pci.high()).toEqual([11, 23]);
    pci.write(LPC, 0x6b, 1, 0x80);
    expect(pci.high()).toEqual([23]);
  });

  test('the SCI goes where ACPI_CNTL says', () => {
    const pci = new TestBench();
    pci.lpc.sci.set(true);
    const seen = [0, 1, 2, 3, 4, 5, 6, 7].map((select) => {
      pci.write(LPC, 0x44, 1, select);
      return pci.high();
    });
    expect(seen).toEqual([[9], [10], [11], [], [20], [21], [], []]);
  });

  test('levels survive a snapshot, whichever device is loaded first', () => {
    const make = () => {
      const pci = new TestBench();
      return { pci, source: device(pci, 2) };
    };
    const a = make();
    a.pci.write(LPC, 0x6a, 1, 10);
    a.source.pin(true);
    a.pci.lpc.sci.set(true);
    for (const lpcFirst of [true, false]) {
      const b = make();
      if (lpcFirst) b.pci.lpc.load(structuredClone(a.pci.lpc.save()));
      b.source.load(structuredClone(a.source.save()));
      if (!lpcFirst) b.pci.lpc.load(structuredClone(a.pci.lpc.save()));
      expect(b.pci.high()).toEqual([9, 10, 22]);
    }
    // Whoever listens may have lost what it heard: loading says it again.
    const state = structuredClone(a.pci.lpc.save());
    a.pci.lines.fill(false);
    a.pci.lpc.load(state);
    expect(a.pci.high()).toEqual([9, 10, 22]);
  });
});

test('PMBASE places the power management block while ACPI_CNTL enables it', () => {
  const pci = new TestBench();
  pci.powerManagement.bytes[8] = 0x5a;
  pci.write(LPC, 0x40, 4, 0x601);
  expect(pci.ports.read(0x608, 1)).toBe(0xff);
  pci.write(LPC, 0x44, 1, 0x80);
  expect(pci.ports.read(0x608, 1)).toBe(0x5a);
  pci.write(LPC, 0x40, 4, 0xb001);
  expect([pci.ports.read(0x608, 1), pci.ports.read(0xb008, 1)]).toEqual([0xff, 0x5a]);
  pci.lpc.reset();
  expect(pci.ports.read(0xb008, 1)).toBe(0xff);
});
