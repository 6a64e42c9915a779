// SPDX-License-Identifier: MIT
/**
 * @fileoverview What holds for every platform device, whatever a guest does to it: no exception, values of the accessed size, and a snapshot
 * loaded into a fresh device that then behaves like the original, line by line and read by read.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AccessSize, Device, IrqLine, RegisterBlock, StateValue } from '../bus/device.ts';
import { Wire } from '../bus/irq.ts';
import { VirtualClock } from '../bus/timers.ts';
import { A20Gate } from './a20Gate.ts';
import { AcpiPm } from './acpiPm.ts';
import { DebugExit } from './debugExit.ts';
import { DebugPort } from './debugPort.ts';
import { Hpet } from './hpet.ts';
import { I8042 } from './i8042.ts';
import { InterruptBus } from './interruptBus.ts';
import { IoApic } from './ioapic.ts';
import { Lapic } from './lapic.ts';
import { Pic8259 } from './pic8259.ts';
import { Pit8254 } from './pit8254.ts';
import { PvPanic } from './pvpanic.ts';
import { ResetControl } from './resetControl.ts';
import { Rtc } from './rtc.ts';
import { Uart16550 } from './uart16550.ts';
import { Vga } from './vga.ts';

interface Bench {
  readonly clock: VirtualClock;
  /** An output line; its changes go into the log. */
  line(name: string): IrqLine;
  note(event: string): void;
}

interface Fixture {
  readonly device: Device;
  /** Register blocks and how far random offsets go. */
  readonly blocks: readonly (readonly [RegisterBlock, number])[];
  /** Inputs other than registers, with a random number each. */
  readonly inputs?: readonly ((value: number) => unknown)[];
}

const lines = (bench: Bench, count: number) => Array.from({ length: count }, (_, index) => bench.line(`${index}`));
const lineInputs = (inputs: readonly IrqLine[]) => [(value: number) => inputs[value % inputs.length].set((value & 0x80) !== 0)];

const fixtures: Record<string, (bench: Bench) => Fixture> = {
  uart16550: (bench) => {
    const device = new Uart16550('serial0', bench.clock, bench.line('irq'), (byte) => bench.note(`tx ${byte}`));
    return { device, blocks: [[device.registers, 8]], inputs: [(value) => device.receive(Uint8Array.of(value, value + 1))] };
  },
  pic8259: (bench) => {
    const device = new Pic8259(bench.line('intr'));
    const { master, slave, elcr } = device;
    return {
      device,
      blocks: [
        [master, 2],
        [slave, 2],
        [elcr, 2],
      ],
      inputs: [() => device.acknowledge(), ...lineInputs(device.inputs)],
    };
  },
  pit8254: (bench) => {
    const device = new Pit8254(bench.clock, bench.line('irq0'));
    return {
      device,
      blocks: [
        [device.registers, 4],
        [device.speakerPort, 1],
      ],
    };
  },
  rtc: (bench) => {
    const options = { epochSeconds: 1_700_000_000, memoryBelow4G: 2 ** 29, memoryAbove4G: 0, cpus: 1 };
    const device = new Rtc(bench.clock, bench.line('irq8'), options);
    return { device, blocks: [[device.registers, 2]], inputs: [(value) => device.registers.write(0, 1, value % 14)] };
  },
  lapic: (bench) => {
    const bus = new InterruptBus();
    bus.onEndOfInterrupt((vector) => bench.note(`eoi ${vector}`));
    const cpu = {
      intr: (level: boolean) => bench.note(`intr ${level}`),
      nmi: () => bench.note('nmi'),
      init: () => bench.note('init'),
      sipi: (vector: number) => bench.note(`sipi ${vector}`),
      apicBaseChanged: (address: number | undefined) => bench.note(`base ${address}`),
    };
    const tsc = { read: () => BigInt(bench.clock.now()), timeOf: (value: bigint) => Number(value & 0xffff_ffff_ffffn) };
    const device = new Lapic(1, bench.clock, bus, cpu, tsc, () => 0x20);
    device.registers.write(0xf0, 4, 0x1ff);
    return {
      device,
      blocks: [[device.registers, 0x400]],
      inputs: [
        () => device.acknowledge(),
        () => device.pendingVector(),
        (value) => bus.msi(0xfee01000, value | ((value & 1) << 15)),
        (value) => device.readMsr(0x800 + (value & 0x3f)),
        (value) => device.writeMsr(0x800 + (value & 0x3f), BigInt(value * value)),
        (value) => device.writeMsr(0x6e0, BigInt(value * 1000)),
        (value) => device.writeMsr(0x1b, 0xfee00000n | (BigInt(value & 3) << 10n)),
        (value) => device.lint0.set((value & 1) !== 0),
        (value) => device.lint1.set((value & 1) !== 0),
      ],
    };
  },
  ioapic: (bench) => {
    const bus = new InterruptBus();
    bus.send = (message) => bench.note(`${message.destination} ${message.vector} ${message.levelTriggered}`);
    const device = new IoApic(bus);
    const entry = (value: number) => {
      device.registers.write(0, 4, 0x10 + (value % 48));
      device.registers.write(0x10, 4, value * 0x101);
    };
    return {
      device,
      blocks: [[device.registers, 0x50]],
      inputs: [entry, entry, (value) => bus.endOfInterrupt(value), ...lineInputs(device.inputs)],
    };
  },
  hpet: (bench) => {
    const device = new Hpet(bench.clock, lines(bench, 24));
    const enable = (value: number) => device.registers.write(0x10, 4, value & 3);
    const timer = (value: number) => {
      device.registers.write(0x100 + 0x20 * (value % 3), 4, value | ((value & 0xff) << 6));
      device.registers.write(0x108 + 0x20 * (value % 3), 4, value * 100);
    };
    const { pitInput, rtcInput } = device;
    return { device, blocks: [[device.registers, 0x180]], inputs: [enable, timer, timer, ...lineInputs([pitInput, rtcInput])] };
  },
  acpiPm: (bench) => {
    const device = new AcpiPm(bench.clock, bench.line('sci'), () => bench.note('off'));
    return {
      device,
      blocks: [
        [device.registers, 0x80],
        [device.apm, 2],
      ],
      inputs: [() => device.pressPowerButton()],
    };
  },
  resetControl: (bench) => {
    const device = new ResetControl(
      () => bench.note('reset'),
      (open) => bench.note(`a20 ${open}`),
    );
    return {
      device,
      blocks: [
        [device.cf9, 1],
        [device.port92, 1],
      ],
    };
  },
  a20Gate: (bench) => {
    const device = new A20Gate((open) => bench.note(`a20 ${open}`));
    return { device, blocks: [], inputs: [(value) => device.set((value & 1) !== 0)] };
  },
  i8042: (bench) => {
    const irq = [bench.line('irq1'), bench.line('irq12')];
    const device = new I8042(
      bench.clock,
      irq[0],
      irq[1],
      () => bench.note('reset'),
      (open) => bench.note(`a20 ${open}`),
    );
    const mouseByte = (value: number) => {
      device.command.write(0, 1, 0xd4);
      device.data.write(0, 1, 0xe6 + (value % 26));
    };
    return {
      device,
      blocks: [
        [device.data, 1],
        [device.command, 1],
      ],
      inputs: [
        (value) => device.keyEvent(value & 0x7f, (value & 0x80) !== 0),
        (value) => device.keyEvent(0xe000 | (value & 0x7f), (value & 0x80) !== 0),
        (value) => device.keyEvent(0xe11d, (value & 0x80) !== 0),
        (value) => device.mouseEvent(value - 128, 3 * value, (value % 5) - 2, value & 31),
        (value) => device.data.write(0, 1, 0xed + (value % 19)),
        mouseByte,
      ],
    };
  },
  vga: (bench) => {
    const device = new Vga(bench.clock);
    return {
      device,
      blocks: [
        [device.ports, 0x30],
        [device.memory, 0x20000],
      ],
      inputs: [() => device.screenText(), () => device.colours()],
    };
  },
  pvpanic: (bench) => {
    const device = new PvPanic((event) => bench.note(event));
    return { device, blocks: [[device.registers, 1]] };
  },
  debugPort: (bench) => {
    const device = new DebugPort((byte) => bench.note(`${byte}`));
    return { device, blocks: [[device.registers, 1]] };
  },
  debugExit: (bench) => {
    const device = new DebugExit((code) => bench.note(`${code}`));
    return { device, blocks: [[device.registers, 2]] };
  },
};

type Step =
  | { kind: 'read' | 'write'; block: number; offset: number; size: AccessSize; value: number }
  | { kind: 'input'; input: number; value: number }
  | { kind: 'time'; ns: number; at: 'once' | 'exactly' };

const value = fc.oneof(fc.integer({ min: 0, max: 0xff }), fc.integer({ min: 0, max: 0xffffffff }));
const place = { block: fc.nat(3), offset: fc.nat(0x1ffff), size: fc.constantFrom<AccessSize>(1, 2, 4), value };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant<'read'>('read'), ...place }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant<'write'>('write'), ...place }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant<'input'>('input'), input: fc.nat(20), value: fc.integer({ min: 0, max: 255 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant<'time'>('time'),
      ns: fc.oneof(fc.nat(2000), fc.nat(3_000_000), fc.nat(2_000_000_000)),
      at: fc.constantFrom<'once' | 'exactly'>('once', 'exactly'),
    }),
  },
);

class Run implements Bench {
  readonly clock = new VirtualClock();
  readonly log: string[] = [];
  readonly fixture: Fixture;
  private readonly wires: Wire[] = [];

  constructor(make: (bench: Bench) => Fixture) {
    this.fixture = make(this);
    this.fixture.device.reset();
  }

  line(name: string): IrqLine {
    const wire = new Wire((level) => this.note(`${name} ${level}`));
    this.wires.push(wire);
    return wire;
  }

  note(event: string): void {
    this.log.push(event);
  }

  levels(): boolean[] {
    return this.wires.map((wire) => wire.level);
  }

  take(steps: readonly Step[]): void {
    for (const each of steps) this.step(each);
  }

  private step(step: Step): void {
    if (step.kind === 'time') {
      // Some machines run past a deadline, some stop at each.
      if (step.at === 'once') this.clock.fire(this.clock.now() + step.ns);
      else {
        for (let events = 0; events < 50 && this.clock.nextDeadline() <= this.clock.now() + step.ns; events++) {
          this.clock.fire(Math.max(this.clock.nextDeadline(), this.clock.now()));
        }
      }
      return;
    }
    if (step.kind === 'input') {
      const inputs = this.fixture.inputs ?? [];
      if (inputs.length > 0) this.note(String(inputs[step.input % inputs.length](step.value)));
      return;
    }
    if (this.fixture.blocks.length === 0) return;
    const [block, length] = this.fixture.blocks[step.block % this.fixture.blocks.length];
    const offset = step.offset % length;
    if (step.kind === 'write') {
      block.write(offset, step.size, (step.size === 4 ? step.value : step.value & (2 ** (8 * step.size) - 1)) >>> 0);
      return;
    }
    const read = block.read(offset, step.size);
    if (!Number.isInteger(read)) throw new Error(`read ${read}`);
    // Buses mask to 32 bits; narrower reads must already fit.
    if (step.size < 4 && (read < 0 || read >= 2 ** (8 * step.size))) throw new Error(`read ${read} in ${step.size} bytes`);
    this.note(`read ${read >>> 0}`);
  }
}

/** Deep equality, fast on large memories. */
function same(a: StateValue, b: StateValue): boolean {
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return a === b;
  if (a instanceof Uint8Array || b instanceof Uint8Array || Array.isArray(a) || Array.isArray(b)) {
    const [x, y] = [a as Uint8Array, b as Uint8Array];
    if (x.length !== y.length) return false;
    for (let index = 0; index < x.length; index++) if (!same(x[index], y[index])) return false;
    return true;
  }
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => name in b && same(a[name], b[name]));
}

describe.each(Object.entries(fixtures))('%s', (_name, make) => {
  test('takes anything, and continues from a snapshot as if nothing had happened', () => {
    const steps = fc.array(step, { maxLength: 60, size: 'max' });
    fc.assert(
      fc.property(steps, steps, (before, after) => {
        const original = new Run(make);
        original.take(before);
        const state = original.fixture.device.save();
        const copy = new Run(make);
        copy.clock.setNow(original.clock.now());
        copy.fixture.device.load(state);
        expect(copy.levels()).toEqual(original.levels());
        expect(same(copy.fixture.device.save(), state)).toBe(true);
        original.log.length = copy.log.length = 0;
        original.take(after);
        copy.take(after);
        expect(copy.log).toEqual(original.log);
      }),
      { numRuns: 150 },
    );
  });

  test('refuses a snapshot of another version with one line', () => {
    const { fixture } = new Run(make);
    const state = { ...fixture.device.save(), version: 999 };
    expect(() => fixture.device.load(state)).toThrow(/^[a-z0-9-]+: snapshot version 999 is not 1$/);
  });
});
