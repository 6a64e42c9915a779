// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { VirtualClock } from '../bus/timers.ts';
import { InterruptBus } from './interruptBus.ts';
import { Lapic } from './lapic.ts';

const [ID, VERSION, TPR, PPR, EOI, LDR, DFR, SVR, ISR, TMR, IRR, ESR, ICR, ICR2] = [
  0x20, 0x30, 0x80, 0xa0, 0xb0, 0xd0, 0xe0, 0xf0, 0x100, 0x180, 0x200, 0x280, 0x300, 0x310,
];
const [LVTT, LVT0, LVT1, LVTERR, TMICT, TMCCT, TDCR] = [0x320, 0x350, 0x360, 0x370, 0x380, 0x390, 0x3e0];

/** CPUs whose TSC runs at 2 GHz from 0. */
function board(cpus = 1) {
  const clock = new VirtualClock();
  const bus = new InterruptBus();
  const log: string[] = [];
  const pic = { vector: 0x27, acknowledged: 0 };
  const intr: boolean[] = [];
  const base: (number | undefined)[] = [];
  const lapics = Array.from({ length: cpus }, (_, id) => {
    const lapic = new Lapic(
      id,
      clock,
      bus,
      {
        intr: (level) => {
          intr[id] = level;
        },
        nmi: () => log.push(`nmi${id}`),
        init: () => log.push(`init${id}`),
        sipi: (vector) => log.push(`sipi${id}:${vector.toString(16)}`),
        apicBaseChanged: (address) => {
          base[id] = address;
        },
      },
      { read: () => BigInt(clock.now()) * 2n, timeOf: (value) => Number((value + 1n) / 2n) },
      () => {
        pic.acknowledged++;
        return pic.vector;
      },
    );
    intr[id] = false;
    lapic.reset();
    return lapic;
  });
  const read = (register: number, cpu = 0) => lapics[cpu].registers.read(register, 4) >>> 0;
  const write = (register: number, value: number, cpu = 0) => lapics[cpu].registers.write(register, 4, value);
  const fixed = (vector: number, level = false, destination = 0) =>
    bus.send({ destination, logical: false, deliveryMode: 0, vector, levelTriggered: level });
  const enable = () => {
    for (let cpu = 0; cpu < cpus; cpu++) write(SVR, 0x1ff, cpu);
  };
  return { clock, bus, log, pic, intr, base, lapics, lapic: lapics[0], read, write, fixed, enable };
}

test('the registers after reset', () => {
  const { read, base, lapics } = board(2);
  expect([ID, VERSION, TPR, PPR, LDR, DFR, SVR, ESR].map((register) => read(register, 1))).toEqual([
    0x01000000, 0x00050014, 0, 0, 0, 0xffffffff, 0xff, 0,
  ]);
  expect([LVTT, 0x330, 0x340, LVT0, LVT1, LVTERR].map((register) => read(register, 1))).toEqual(Array(6).fill(0x10000));
  expect(base).toEqual([0xfee00000, 0xfee00000]);
  expect(lapics.map((lapic) => lapic.readMsr(0x1b))).toEqual([0xfee00900n, 0xfee00800n]);
});

test('a fixed interrupt goes IRR, ISR, EOI, the higher class first', () => {
  const { lapic, intr, read, write, fixed, enable } = board();
  enable();
  fixed(0x31);
  fixed(0x41);
  expect([intr[0], read(IRR + 0x10), read(IRR + 0x20)]).toEqual([true, 1 << 17, 2]);
  expect([lapic.pendingVector(), lapic.acknowledge()]).toEqual([0x41, 0x41]);
  expect([intr[0], read(ISR + 0x20), read(IRR + 0x20), read(PPR)]).toEqual([false, 2, 0, 0x40]);
  fixed(0x4f);
  expect(intr[0]).toBe(false);
  fixed(0x50);
  expect([intr[0], lapic.acknowledge()]).toEqual([true, 0x50]);
  write(EOI, 0);
  expect(lapic.pendingVector()).toBe(-1);
  write(EOI, 0);
  expect(lapic.acknowledge()).toBe(0x4f);
  write(EOI, 0);
  expect(lapic.acknowledge()).toBe(0x31);
});

test('TPR and CR8 hold interrupts of their class and below back', () => {
  const { lapic, intr, read, write, fixed, enable } = board();
  enable();
  write(TPR, 0x45);
  expect([lapic.cr8, read(PPR)]).toEqual([4, 0x45]);
  fixed(0x4f);
  expect([intr[0], lapic.pendingVector()]).toEqual([false, -1]);
  lapic.cr8 = 3;
  expect([intr[0], read(TPR)]).toEqual([true, 0x30]);
});

test('software-disabled, an APIC drops fixed interrupts and masks its LVT', () => {
  const { intr, read, write, fixed } = board();
  fixed(0x40);
  expect([intr[0], read(IRR + 0x20)]).toEqual([false, 0]);
  write(LVTT, 0x40);
  expect(read(LVTT)).toBe(0x10040);
});

test('EOI of a level-triggered interrupt is broadcast', () => {
  const { bus, lapic, read, write, fixed, enable } = board();
  enable();
  const heard: number[] = [];
  bus.onEndOfInterrupt((vector) => heard.push(vector));
  fixed(0x60, true);
  expect(read(TMR + 0x30)).toBe(1);
  lapic.acknowledge();
  write(EOI, 0);
  fixed(0x60, false);
  lapic.acknowledge();
  write(EOI, 0);
  expect(heard).toEqual([0x60]);
});

test('one-shot timer: counts down in divided nanoseconds, interrupts once', () => {
  const { clock, lapic, intr, read, write, enable } = board();
  enable();
  write(TDCR, 3);
  write(LVTT, 0xec);
  write(TMICT, 1000);
  clock.advanceTo(16 * 250);
  expect([read(TMCCT), intr[0]]).toEqual([750, false]);
  clock.advanceTo(15_999);
  expect(intr[0]).toBe(false);
  clock.advanceTo(16_000);
  expect([intr[0], read(TMCCT), lapic.acknowledge()]).toEqual([true, 0, 0xec]);
  write(EOI, 0);
  clock.advanceTo(1_000_000);
  expect(intr[0]).toBe(false);
});

test('all divisors', () => {
  const { clock, read, write } = board();
  [2, 4, 8, 16, 32, 64, 128, 1].forEach((divisor, index) => {
    write(TDCR, (index & 3) | ((index & 4) << 1));
    write(TMICT, 1_000_000);
    clock.advanceTo(clock.now() + 12800);
    expect(read(TMCCT)).toBe(1_000_000 - 12800 / divisor);
  });
});

test('periodic timer: interrupts every period, and stops with a count of zero', () => {
  const { clock, lapic, write, enable } = board();
  enable();
  write(TDCR, 0xb);
  write(LVTT, 0x200ec);
  write(TMICT, 500);
  let taken = 0;
  for (let time = 500; time <= 5000; time += 500) {
    clock.advanceTo(time);
    if (lapic.acknowledge() === 0xec) taken++;
    write(EOI, 0);
  }
  expect(taken).toBe(10);
  write(TMICT, 0);
  clock.advanceTo(10_000);
  expect(lapic.acknowledge()).toBe(-1);
});

test('TSC deadline: fires when the counter gets there, then reads zero; other modes ignore the MSR', () => {
  const { clock, lapic, intr, write, enable } = board();
  enable();
  lapic.writeMsr(0x6e0, 5000n);
  expect(lapic.readMsr(0x6e0)).toBe(0n);
  write(LVTT, 0x400ec);
  lapic.writeMsr(0x6e0, 5001n);
  clock.advanceTo(2500);
  expect([intr[0], lapic.readMsr(0x6e0)]).toEqual([false, 5001n]);
  clock.advanceTo(2501);
  expect([intr[0], lapic.readMsr(0x6e0), lapic.acknowledge()]).toEqual([true, 0n, 0xec]);
  write(EOI, 0);
  // A deadline in the past fires at once.
  lapic.writeMsr(0x6e0, 1n);
  clock.fire(2501);
  expect(intr[0]).toBe(true);
});

test('ExtINT through LINT0: the vector comes from the 8259 pair', () => {
  const { lapic, pic, intr, write, enable } = board();
  lapic.lint0.set(true);
  expect([intr[0], lapic.pendingVector(), lapic.acknowledge(), pic.acknowledged]).toEqual([true, -1, 0x27, 1]);
  enable();
  write(LVT0, 0x10700);
  expect(intr[0]).toBe(false);
  expect(lapic.acknowledge()).toBe(-1);
  write(LVT0, 0x700);
  expect(intr[0]).toBe(true);
  lapic.lint0.set(false);
  expect(intr[0]).toBe(false);
});

test('a local APIC interrupt is taken before ExtINT', () => {
  const { lapic, fixed, enable } = board();
  enable();
  lapic.lint0.set(true);
  fixed(0x30);
  expect([lapic.acknowledge(), lapic.acknowledge()]).toEqual([0x30, 0x27]);
});

test('LINT0 as fixed edge, LINT1 as NMI', () => {
  const { lapic, log, write, enable } = board();
  enable();
  write(LVT0, 0x35);
  lapic.lint0.set(true);
  expect(lapic.acknowledge()).toBe(0x35);
  write(LVT1, 0x400);
  lapic.lint1.set(true);
  lapic.lint1.set(true);
  expect(log).toEqual(['nmi0']);
});

test('the globally disabled APIC passes the 8259 pair through and is gone from memory', () => {
  const { lapic, base, intr } = board(2);
  expect(lapic.writeMsr(0x1b, 0xfee00100n)).toBe(true);
  expect([base[0], lapic.globallyEnabled]).toEqual([undefined, false]);
  lapic.lint0.set(true);
  expect([intr[0], lapic.acknowledge()]).toEqual([true, 0x27]);
});

test('INIT, then SIPI once: the start of an application processor', () => {
  const { log, write, read } = board(2);
  write(TPR, 0x30, 1);
  write(ICR2, 0x01000000);
  write(ICR, 0x0000c500);
  write(ICR, 0x00008500);
  write(ICR, 0x00000699);
  write(ICR, 0x00000699);
  expect(log).toEqual(['init1', 'sipi1:99']);
  expect(read(TPR, 1)).toBe(0);
});

test('shorthands: self, all, all but self', () => {
  const { log, lapic, write, enable } = board(3);
  enable();
  write(ICR, 0x000c0400);
  expect(log).toEqual(['nmi1', 'nmi2']);
  log.length = 0;
  write(ICR, 0x00080400);
  expect(log).toEqual(['nmi0', 'nmi1', 'nmi2']);
  write(ICR, 0x00040055);
  expect(lapic.acknowledge()).toBe(0x55);
});

test('logical destinations, flat and cluster; physical broadcast', () => {
  const { lapics, write, enable } = board(3);
  enable();
  const taken = () =>
    lapics.map((lapic) => {
      const vector = lapic.acknowledge();
      lapic.registers.write(EOI, 4, 0);
      return vector > 0 ? 1 : 0;
    });
  [0, 1, 2].forEach((cpu) => {
    write(LDR, (1 << cpu) << 24, cpu);
  });
  write(ICR2, 0x05000000);
  write(ICR, 0x00000840);
  expect(taken()).toEqual([1, 0, 1]);
  write(ICR2, 0xff000000);
  write(ICR, 0x00000040);
  expect(taken()).toEqual([1, 1, 1]);
  [0x11, 0x12, 0x21].forEach((ldr, cpu) => {
    write(LDR, ldr << 24, cpu);
    write(DFR, 0x0fffffff, cpu);
  });
  write(ICR2, 0x13000000);
  write(ICR, 0x00000840);
  expect(taken()).toEqual([1, 1, 0]);
  write(ICR2, 0xf1000000);
  write(ICR, 0x00000840);
  expect(taken()).toEqual([1, 0, 1]);
});

test('lowest priority goes to the CPU with the lowest, the first of equals', () => {
  const { bus, lapics, write, enable } = board(3);
  enable();
  write(TPR, 0x20, 0);
  const message = { destination: 0xff, logical: false, deliveryMode: 1, vector: 0x70, levelTriggered: false };
  bus.send(message);
  expect(lapics.map((lapic) => lapic.pendingVector())).toEqual([-1, 0x70, -1]);
  lapics[1].acknowledge();
  bus.send(message);
  expect(lapics.map((lapic) => lapic.pendingVector())).toEqual([-1, -1, 0x70]);
});

test('MSI: destination from the address, vector and mode from the data', () => {
  const { bus, lapics, enable, log } = board(2);
  enable();
  bus.msi(0xfee01000, 0x4041);
  expect(lapics.map((lapic) => lapic.pendingVector())).toEqual([-1, 0x41]);
  bus.msi(0xfee00000, 0x0400);
  bus.msi(0x1000, 0x42);
  expect(log).toEqual(['nmi0']);
});

test('errors: illegal vectors and registers, seen after a write to ESR, interrupting through the LVT', () => {
  const { lapic, read, write, fixed, enable } = board();
  enable();
  write(LVTERR, 0xfe);
  write(ICR, 0x00000005);
  expect(read(ESR)).toBe(0);
  write(ESR, 0);
  expect([read(ESR), lapic.acknowledge()]).toEqual([0x20, 0xfe]);
  fixed(3);
  read(0x00);
  write(ESR, 0);
  expect(read(ESR)).toBe(0xc0);
  write(ESR, 0);
  expect(read(ESR)).toBe(0);
});

test('x2APIC: entered once enabled, left only by disabling, registers as MSRs', () => {
  const { lapic, lapics, base, write, enable } = board(2);
  expect(lapic.readMsr(0x802)).toBeUndefined();
  enable();
  expect(lapic.writeMsr(0x1b, 0xfee00d00n)).toBe(true);
  expect(lapics[1].writeMsr(0x1b, 0xfee00c00n)).toBe(true);
  expect(base).toEqual([undefined, undefined]);
  expect([0x802, 0x803, 0x80d, 0x80f].map((msr) => lapics[1].readMsr(msr))).toEqual([1n, 0x50014n, 2n, 0x1ffn]);
  expect(lapic.writeMsr(0x1b, 0xfee00900n)).toBe(false);
  expect([lapic.writeMsr(0x802, 5n), lapic.writeMsr(0x80d, 5n), lapic.writeMsr(0x80b, 1n), lapic.writeMsr(0x80e, 0n)]).toEqual(
    Array(4).fill(false),
  );
  expect([0x80e, 0x831, 0x80b, 0x83f, 0x840].map((msr) => lapic.readMsr(msr))).toEqual(Array(5).fill(undefined));
  expect(lapic.writeMsr(0x830, 0x1_0000_0042n)).toBe(true);
  expect(lapics[1].acknowledge()).toBe(0x42);
  expect(lapics[1].writeMsr(0x80b, 0n)).toBe(true);
  expect(lapic.readMsr(0x830)).toBe(0x1_0000_0042n);
  // Logical: cluster 0, CPU 1.
  lapic.writeMsr(0x830, 0x2_0000_0843n);
  expect(lapics.map((each) => each.acknowledge())).toEqual([-1, 0x43]);
  expect(lapic.writeMsr(0x83f, 0x44n)).toBe(true);
  expect(lapic.acknowledge()).toBe(0x44);
  expect(lapic.writeMsr(0x808, 0x100n)).toBe(false);
  expect(lapic.writeMsr(0x1b, 0xfee00100n)).toBe(true);
  expect(lapic.writeMsr(0x1b, 0xfee00d00n)).toBe(false);
  expect(lapic.writeMsr(0x1b, 0xfee00900n)).toBe(true);
  expect(base[0]).toBe(0xfee00000);
  write(SVR, 0x1ff);
});

test('a loaded APIC continues like the saved one', () => {
  const a = board();
  a.enable();
  a.write(TDCR, 1);
  a.write(LVTT, 0x200ec);
  a.write(TMICT, 777);
  a.fixed(0x40, true);
  a.clock.advanceTo(2000);
  const b = board();
  b.clock.setNow(2000);
  b.lapic.load(a.lapic.save());
  for (const side of [a, b]) {
    side.clock.advanceTo(10_000);
    expect([side.intr[0], side.read(TMCCT), side.lapic.acknowledge(), side.read(TMR + 0x20)]).toEqual([true, 608, 0xec, 1]);
  }
  expect(b.lapic.save()).toEqual(a.lapic.save());
});
