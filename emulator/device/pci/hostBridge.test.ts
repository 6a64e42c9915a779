// SPDX-License-Identifier: MIT
import { describe, expect, test } from 'vitest';
import { ECAM_BASE } from './hostBridge.ts';
import { OpenFunction, TestBench } from './testBench.ts';

// Read from QEMU 7.2, -M q35, before firmware ran.
test('the function reads as on QEMU after reset', () => {
  const pci = new TestBench();
  const words = [0x00, 0x04, 0x08, 0x0c, 0x2c, 0x34, 0x3c, 0x60, 0x64, 0x90, 0x9c].map((offset) => pci.read(0, offset));
  expect(words).toEqual([0x29c08086, 0, 0x06000000, 0, 0x11001af4, 0, 0, 0xb0000000, 0, 0, 0x00380200]);
});

describe('mechanism #1', () => {
  test('selects by doubleword only', () => {
    const { ports } = new TestBench();
    ports.write(0xcf8, 4, 0x8000_0000);
    ports.write(0xcf8, 1, 0xff);
    ports.write(0xcf8, 2, 0xffff);
    expect(ports.read(0xcf8, 4)).toBe(0x8000_0000);
    expect(ports.read(0xcfc, 2)).toBe(0x8086);
    expect(ports.read(0xcfe, 2)).toBe(0x29c0);
    expect(ports.read(0xcff, 1)).toBe(0x29);
  });

  test('nobody answers without the enable bit, in empty slots and on other buses', () => {
    const { ports } = new TestBench();
    for (const address of [0, 0x8000_0800, 0x8001_0000, 0x80ff_f800]) {
      ports.write(0xcf8, 4, address);
      expect(ports.read(0xcfc, 4)).toBe(0xffff_ffff);
      ports.write(0xcfc, 4, 0);
    }
  });

  test('an access past the last register reads ones there', () => {
    const { ports } = new TestBench();
    ports.write(0xcf8, 4, 0x8000_00fc);
    expect(ports.read(0xcff, 4)).toBe(0xffff_ff00);
  });

  test('the selection survives a snapshot', () => {
    const a = new TestBench();
    a.ports.write(0xcf8, 4, 0x8000_f800);
    const b = new TestBench();
    b.host.load(structuredClone(a.host.save()));
    expect(b.ports.read(0xcfc, 4)).toBe(0x2918_8086);
  });
});

describe('ECAM', () => {
  const FUNCTION = 1 << 12;
  const SLOT = 8 * FUNCTION;

  test('is off until firmware enables it, then reaches every function', () => {
    const pci = new TestBench();
    expect(pci.memory.read(ECAM_BASE, 4)).toBe(0xffff_ffff);
    pci.write(0, 0x64, 4, 0);
    pci.write(0, 0x60, 4, ECAM_BASE | 1);
    expect(pci.memory.read(ECAM_BASE, 4)).toBe(0x29c08086);
    expect(pci.memory.read(ECAM_BASE + 31 * SLOT + 2, 2)).toBe(0x2918);
    expect(pci.memory.read(ECAM_BASE + 31 * SLOT + FUNCTION, 4)).toBe(0xffff_ffff);
    expect(pci.memory.read(ECAM_BASE + (1 << 20), 4)).toBe(0xffff_ffff);
    expect(pci.memory.read(ECAM_BASE + 0x100, 4)).toBe(0xffff_ffff);
    expect(pci.memory.read(ECAM_BASE + 0xfff_fffc, 4)).toBe(0xffff_ffff);
    pci.memory.write(ECAM_BASE + 0x3c, 1, 11);
    expect(pci.read(0, 0x3c, 1)).toBe(11);
  });

  test('takes smaller windows at finer bases, and no reserved length', () => {
    const pci = new TestBench();
    pci.write(0, 0x60, 4, 0xe800_0003);
    expect(pci.memory.read(0xe800_0000, 4)).toBe(0x29c08086);
    expect(pci.memory.decodes(0xf000_0000)).toBe(false);
    pci.write(0, 0x60, 4, 0xec00_0005);
    expect(pci.memory.read(0xec00_0000, 4)).toBe(0x29c08086);
    expect(pci.memory.decodes(0xe800_0000)).toBe(false);
    pci.write(0, 0x60, 4, 0xe000_0007);
    expect(pci.memory.decodes(0xe000_0000)).toBe(false);
  });

  test('moves with a snapshot', () => {
    const a = new TestBench();
    a.write(0, 0x60, 4, 0xc000_0001);
    const b = new TestBench();
    b.host.load(structuredClone(a.host.save()));
    expect(b.memory.read(0xc000_0000, 4)).toBe(0x29c08086);
    b.host.reset();
    expect(b.memory.decodes(0xc000_0000)).toBe(false);
  });
});

test('PAM keeps its four bits a segment and is reported', () => {
  const pci = new TestBench();
  pci.write(0, 0x90, 4, 0xffff_ffff);
  expect(pci.read(0, 0x90)).toBe(0x3333_3330);
  expect(Array.from(pci.pam.at(-1)!)).toEqual([0x30, 0x33, 0x33, 0x33, 0, 0, 0]);
});

test('two functions in one slot are refused', () => {
  const pci = new TestBench();
  const device = new OpenFunction('twin', { vendorId: 1, deviceId: 1, classCode: 0 });
  expect(() => pci.bus.add(device, 31)).toThrow('twin: PCI slot 31.0 is taken by lpc');
});
