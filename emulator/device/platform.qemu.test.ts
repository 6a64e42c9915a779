// SPDX-License-Identifier: MIT
/**
 * @fileoverview The same random accesses to our platform devices and to QEMU's, through its qtest protocol: what a guest can read must agree.
 * Needs qemu-system-x86_64; skipped where it is not installed.
 *
 * QEMU's CPU is stopped, and so is its time: this compares registers and logic, not what time does to them. Where we follow the data sheets
 * and QEMU does not, the programs below stay away, and say so.
 */
import { spawn, spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AccessSize, RegisterBlock } from '../bus/device.ts';
import { noIrq } from '../bus/irq.ts';
import { VirtualClock } from '../bus/timers.ts';
import { Hpet } from './hpet.ts';
import { I8042 } from './i8042.ts';
import { InterruptBus } from './interruptBus.ts';
import { IoApic } from './ioapic.ts';
import { Pic8259 } from './pic8259.ts';
import { Rtc } from './rtc.ts';
import { Uart16550 } from './uart16550.ts';
import { Vga } from './vga.ts';

const installed = spawnSync('qemu-system-x86_64', ['--version']).status === 0;

/** An access by port or address, or a level at an input of the two interrupt controllers. */
type Step =
  | { kind: 'in' | 'out' | 'load' | 'store'; at: number; size: AccessSize; value: number }
  | { kind: 'irq'; chip: 'pic' | 'ioapic'; input: number; level: boolean };

const outb = (at: number, value: number): Step => ({ kind: 'out', at, size: 1, value });
const inb = (at: number): Step => ({ kind: 'in', at, size: 1, value: 0 });
const storel = (at: number, value: number): Step => ({ kind: 'store', at, size: 4, value });
const loadl = (at: number): Step => ({ kind: 'load', at, size: 4, value: 0 });
const indexed = (port: number, index: number, value: number) => [outb(port, index), outb(port + 1, value)];

const SUFFIX = { 1: 'b', 2: 'w', 4: 'l' } as const;

function command(step: Step): string {
  switch (step.kind) {
    case 'in':
      return `in${SUFFIX[step.size]} ${step.at}`;
    case 'out':
      return `out${SUFFIX[step.size]} ${step.at} ${step.value}`;
    case 'load':
      return `read${SUFFIX[step.size]} ${step.at}`;
    case 'store':
      return `write${SUFFIX[step.size]} ${step.at} ${step.value}`;
    default: {
      // Where QEMU's q35 keeps the two 8259s: master first.
      const path = step.chip === 'ioapic' ? '/machine/q35/ioapic' : `/machine/unattached/device[${5 + (step.input >> 3)}]`;
      return `set_irq_in ${path} unnamed-gpio-in ${step.chip === 'pic' ? step.input & 7 : step.input} ${step.level ? 1 : 0}`;
    }
  }
}

/** What QEMU answers: a number for each read. */
function onQemu(steps: readonly Step[]): Promise<number[]> {
  const options =
    '-M q35 -accel tcg -S -m 512 -display none -nodefaults -vga none -device isa-vga -serial null ' +
    '-rtc base=2026-11-23T06:57:19,clock=vm -qtest stdio -qtest-log /dev/null';
  const qemu = spawn('qemu-system-x86_64', options.split(' '));
  return new Promise((resolve, reject) => {
    let answers = '';
    let errors = '';
    qemu.stderr.on('data', (data) => {
      errors += data;
    });
    qemu.on('exit', () => reject(new Error(`QEMU ended: ${errors}`)));
    qemu.stdout.on('data', (data) => {
      answers += data;
      const lines = answers.split('\n').slice(0, -1);
      if (lines.length < steps.length) return;
      qemu.removeAllListeners('exit');
      qemu.kill();
      const wrong = lines.findIndex((line) => !line.startsWith('OK'));
      if (wrong >= 0) reject(new Error(`${command(steps[wrong])}: ${lines[wrong]}`));
      resolve(steps.flatMap((step, index) => (isRead(step) ? [Number(lines[index].slice(3))] : [])));
    });
    qemu.stdin.write(steps.map((step) => `${command(step)}\n`).join(''));
  });
}

const isRead = (step: Step) => step.kind === 'in' || step.kind === 'load';

interface Ours {
  /** Register blocks and where they sit in QEMU. */
  readonly ports?: readonly (readonly [number, number, RegisterBlock])[];
  readonly memory?: readonly (readonly [number, number, RegisterBlock])[];
  readonly irq?: (input: number, level: boolean) => void;
}

function onOurs(ours: Ours, steps: readonly Step[]): number[] {
  const reads: number[] = [];
  for (const step of steps) {
    if (step.kind === 'irq') {
      ours.irq?.(step.input, step.level);
      continue;
    }
    const map = (step.kind === 'in' || step.kind === 'out' ? ours.ports : ours.memory) ?? [];
    const found = map.find(([base, length]) => step.at >= base && step.at < base + length);
    if (!found) throw new Error(`nothing at ${step.at.toString(16)}`);
    if (isRead(step)) reads.push(found[2].read(step.at - found[0], step.size) >>> 0);
    else found[2].write(step.at - found[0], step.size, step.value);
  }
  return reads;
}

/** QEMU starts once for each; more find more. */
const RUNS = 8;

/** Runs random programs, each in a fresh QEMU and a fresh device. */
async function agree(
  program: fc.Arbitrary<Step[][]>,
  make: () => Ours,
  compared: (step: Step, value: number) => number = (_, value) => value,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(program, async (pieces) => {
      const steps = pieces.flat();
      if (steps.length === 0) return;
      const [ours, qemus] = [onOurs(make(), steps), await onQemu(steps)];
      let read = 0;
      steps.forEach((step, index) => {
        if (!isRead(step)) return;
        const [our, qemu] = [compared(step, ours[read]), compared(step, qemus[read])];
        read++;
        if (our === qemu) return;
        const before = steps.slice(Math.max(0, index - 12), index + 1).map(command);
        expect.fail(`${before.join('; ')}: ${our.toString(16)}, QEMU ${qemu.toString(16)}`);
      });
    }),
    { numRuns: RUNS, interruptAfterTimeLimit: 50_000 },
  );
}

const byte = fc.integer({ min: 0, max: 255 });
const dword = fc.integer({ min: 0, max: 0xffffffff });
const programOf = (...pieces: fc.Arbitrary<Step[]>[]) =>
  fc.array(fc.oneof(...pieces), { minLength: 1, maxLength: 400, size: 'max' });

describe.skipIf(!installed)('QEMU agrees on', () => {
  test('the 8259 pair: initialisation, masks, EOIs, rotation, polling, ELCR', async () => {
    const chip = fc.constantFrom(0x20, 0xa0);
    // Without LTIM, which QEMU ignores; both chips, since QEMU's slave repeats a request that its master has forgotten. The slave without
    // automatic EOI: of two requests that it has, the second must reach the master as another edge, and QEMU's never does.
    const initialise = fc.record({
      icw1: fc.constantFrom(0x11, 0x10),
      base: byte,
      icw4: fc.tuple(fc.constantFrom(1, 3, 0x11), fc.constantFrom(1, 0x11)),
    });
    const program = programOf(
      initialise.map(({ icw1, base, icw4 }) =>
        [0x20, 0xa0].flatMap((at, which) => [
          outb(at, icw1),
          outb(at + 1, base),
          outb(at + 1, 4),
          ...(icw1 & 1 ? [outb(at + 1, icw4[which])] : []),
        ]),
      ),
      fc.record({ chip, value: byte }).map(({ chip: at, value }) => [outb(at + 1, value)]),
      fc.record({ chip, value: byte }).map(({ chip: at, value }) => [outb(at, value & ~0x10)]),
      fc
        .record({ chip, value: fc.constantFrom(0x0a, 0x0b, 0x0c, 0x20) })
        .map(({ chip: at, value }) => [outb(at, value), inb(at)]),
      chip.map((at) => [inb(at), inb(at + 1)]),
      // A pulse: where a line stays high over ICW1, QEMU forgets its level.
      fc
        .record({ input: fc.nat(15).filter((input) => input !== 2) })
        .map(({ input }) => [
          { kind: 'irq', chip: 'pic', input, level: true },
          inb(0x20),
          inb(0xa0),
          { kind: 'irq', chip: 'pic', input, level: false },
        ]),
    );
    // ELCR first: QEMU's requests do not follow when it changes.
    const elcr = fc.tuple(byte, byte).map(([low, high]) => [outb(0x4d0, low), outb(0x4d1, high), inb(0x4d0), inb(0x4d1)]);
    const whole = fc.tuple(elcr, program).map(([first, pieces]) => [first, ...pieces]);
    await agree(whole, () => {
      const pic = new Pic8259(noIrq);
      return {
        ports: [
          [0x20, 2, pic.master],
          [0xa0, 2, pic.slave],
          [0x4d0, 2, pic.elcr],
        ],
        irq: (input, level) => pic.inputs[input].set(level),
      };
    });
  });

  test('the I/O APIC: registers, Remote IRR, EOI', async () => {
    const base = 0xfec00000;
    const register = fc.integer({ min: 0, max: 0x45 });
    const program = programOf(
      // Not the reserved bits, which QEMU keeps.
      fc
        .record({ register, value: dword })
        .map(({ register: at, value }) => [
          storel(base, at),
          storel(base + 0x10, at < 0x10 ? value : at % 2 === 0 ? (value & 0x1ffff) | 0x8000 : (value & 0xff000000) >>> 0),
        ]),
      register.map((at) => [storel(base, at), loadl(base + 0x10), loadl(base)]),
      // A fixed, level-triggered entry with few vectors, so that EOIs meet it.
      fc
        .record({ pin: fc.nat(23), vector: fc.integer({ min: 0x40, max: 0x47 }) })
        .map(({ pin, vector }) => [storel(base, 0x10 + 2 * pin), storel(base + 0x10, 0x8000 | vector), loadl(base + 0x10)]),
      fc.integer({ min: 0x40, max: 0x47 }).map((vector) => [storel(base + 0x40, vector)]),
      fc
        .record({ input: fc.nat(23), level: fc.boolean() })
        .map(({ input, level }) => [
          { kind: 'irq', chip: 'ioapic', input: input === 0 ? 1 : input, level },
          storel(base, 0x10 + 2 * input),
          loadl(base + 0x10),
        ]),
    );
    // All inputs level-triggered: QEMU forgets a line that rose before its entry became so.
    const levels = Array.from({ length: 24 }, (_, pin) => [storel(base, 0x10 + 2 * pin), storel(base + 0x10, 0x18000)]);
    await agree(
      program.map((pieces) => [...levels, ...pieces]),
      () => {
        const ioapic = new IoApic(new InterruptBus());
        return { memory: [[base, 0x1000, ioapic.registers]], irq: (input, level) => ioapic.inputs[input].set(level) };
      },
    );
  });

  test('the 16550A: registers, loopback with and without FIFOs, interrupt identification', async () => {
    const port = 0x3f8;
    const program = programOf(
      fc.record({ at: fc.constantFrom(0, 1, 3, 4, 7), value: byte }).map(({ at, value }) => {
        // No modem status interrupt: QEMU sees no change of modem lines in loopback.
        if (at === 1) return [outb(port + 1, value & 0x07)];
        if (at === 4) return [outb(port + 4, (value & 0x0f) | 0x10)];
        return [outb(port + at, at === 3 ? value & 0x1f : value)];
      }),
      // With FIFOs off the rest of FCR does nothing, but QEMU clears them still.
      byte.map((value) => [outb(port + 2, value & 1 ? value & ~0x08 : 0)]),
      byte.map((value) => [outb(port + 3, 0x80), outb(port, value), inb(port), inb(port + 1), outb(port + 3, 0x03)]),
      fc
        .integer({ min: 0, max: 7 })
        .filter((at) => at !== 6)
        .map((at) => [inb(port + at)]),
      fc
        .array(byte, { maxLength: 20 })
        .map((bytes) => bytes.flatMap((value) => [outb(port, value), inb(port + 5), inb(port + 2)])),
    );
    const start = [[outb(port + 4, 0x10)]];
    await agree(
      program.map((pieces) => [...start, ...pieces]),
      () => {
        const uart = new Uart16550('serial0', new VirtualClock(), noIrq, () => {});
        return { ports: [[port, 8, uart.registers]] };
      },
    );
  });

  test('the clock and CMOS RAM: formats, setting, registers', async () => {
    const cmos = (index: number) => [outb(0x70, index), inb(0x71)];
    const time = [0, 2, 4, 6, 7, 8, 9, 0x32].flatMap(cmos);
    const bcd = (most: number) => fc.integer({ min: 1, max: most }).map((value) => (Math.floor(value / 10) << 4) | (value % 10));
    const setting = fc.record({ second: bcd(59), minute: bcd(59), hour: bcd(23), day: bcd(28), month: bcd(12), year: bcd(99) });
    const program = programOf(
      fc.constant(time),
      fc.constantFrom(0x00, 0x02, 0x04, 0x06).map((format) => [...indexed(0x70, 0x0b, format), ...time]),
      // Set in BCD and 24 hours, the format the values are in.
      setting.map(({ second, minute, hour, day, month, year }) => [
        ...indexed(0x70, 0x0b, 0x82),
        ...[second, 0, minute, 0, hour, 0, 1, day, month, year].flatMap((value, index) =>
          [0, 2, 4, 7, 8, 9].includes(index) ? indexed(0x70, index, value) : [],
        ),
        ...indexed(0x70, 0x32, 0x20),
        ...indexed(0x70, 0x0b, 0x02),
        ...time,
      ]),
      fc
        .record({ index: fc.integer({ min: 0x0e, max: 0x7f }).filter((index) => index !== 0x32 && index !== 0x37), value: byte })
        .map(({ index, value }) => [...indexed(0x70, index, value), ...cmos(index)]),
      fc.constant([0x0b, 0x0d, 0x37].flatMap(cmos)),
    );
    await agree(program, () => {
      const epochSeconds = Date.UTC(2026, 10, 23, 6, 57, 19) / 1000;
      const rtc = new Rtc(new VirtualClock(), noIrq, { epochSeconds, memoryBelow4G: 2 ** 29, memoryAbove4G: 0, cpus: 1 });
      return { ports: [[0x70, 2, rtc.registers]] };
    });
  });

  test('the HPET: registers with the counter stopped', async () => {
    const base = 0xfed00000;
    const timer = fc.integer({ min: 0, max: 2 }).map((index) => base + 0x100 + 0x20 * index);
    const program = programOf(
      fc.constantFrom(0, 4, 0x10, 0x20, 0xf0, 0xf4).map((at) => [loadl(base + at)]),
      fc.record({ at: fc.constantFrom(0xf0, 0xf4, 0x20), value: dword }).map(({ at, value }) => [storel(base + at, value)]),
      // Not FSB delivery, whose enable bit QEMU keeps though it does not offer it.
      fc.record({ timer, value: dword }).map(({ timer: at, value }) => [storel(at, value & ~0x4000), loadl(at), loadl(at + 4)]),
      // One-shot comparators; QEMU ends value-set with either half of a periodic one.
      fc
        .record({ timer, low: dword, high: dword })
        .map(({ timer: at, low, high }) => [
          storel(at, 0),
          storel(at + 8, low),
          storel(at + 12, high),
          loadl(at + 8),
          loadl(at + 12),
        ]),
      timer.map((at) => [storel(at, 0x148), storel(at + 8, 0x1000), storel(at + 8, 0x20), loadl(at + 8), loadl(at)]),
    );
    await agree(program, () => {
      const hpet = new Hpet(new VirtualClock(), []);
      return { memory: [[base, 0x400, hpet.registers]] };
    });
  });

  test('the 8042, its keyboard and its mouse: commands and replies', async () => {
    const drain = Array.from({ length: 6 }, () => [inb(0x64), inb(0x60)]).flat();
    // A reply is read before the next byte is sent: QEMU forgets it otherwise.
    const keyboard = (...bytes: number[]) => bytes.flatMap((value) => [outb(0x60, value), ...drain]);
    const mouse = (...bytes: number[]) => bytes.flatMap((value) => [outb(0x64, 0xd4), outb(0x60, value), ...drain]);
    const program = programOf(
      fc
        .constantFrom([0x20], [0xaa], [0xab], [0xa9], [0xc0], [0xd0], [0xd2, 0x41], [0xd3, 0x5a])
        .map(([first, parameter]) => [outb(0x64, first), ...(parameter === undefined ? [] : [outb(0x60, parameter)]), ...drain]),
      // Bit 2, the system flag, shows in our status register, as on real controllers; QEMU's follows the self-test alone.
      fc.constantFrom(0x47, 0x44, 0x07, 0x04).map((mode) => [outb(0x64, 0x60), outb(0x60, mode), outb(0x64, 0x20), ...drain]),
      fc
        .constantFrom([0xf2], [0xff], [0xee], [0xf4], [0xf5], [0xf6], [0xed, 3], [0xf3, 0x20], [0xf0, 2])
        .map((each) => keyboard(...each)),
      fc
        .constantFrom([0xff], [0xf2], [0xe9], [0xf4], [0xf5], [0xf6], [0xe6], [0xe7], [0xea], [0xf0], [0xe8, 3])
        .map((each) => mouse(...each)),
      fc
        .constantFrom([200, 100, 80], [200, 200, 80], [40], [60, 100])
        .map((rates) => mouse(...rates.flatMap((rate) => [0xf3, rate]), 0xf2)),
      fc.constant(mouse(0xee, 0x55, 0xec)),
    );
    // QEMU's mouse shows its defaults only once it has been reset.
    const start = [[outb(0x64, 0xaa), ...drain], mouse(0xff)];
    await agree(
      program.map((pieces) => [...start, ...pieces]),
      () => {
        const controller = new I8042(
          new VirtualClock(),
          noIrq,
          noIrq,
          () => {},
          () => {},
        );
        return {
          ports: [
            [0x60, 1, controller.data],
            [0x64, 1, controller.command],
          ],
        };
      },
      // Status bit 3 tells a command from data here; QEMU's is always one.
      (step, value) => (step.kind === 'in' && step.at === 0x64 ? value & ~0x08 : value),
    );
  });

  test('the VGA: registers, palette, memory in all its modes', async () => {
    const colour = [[outb(0x3c2, 0x67)]];
    const address = fc.oneof(
      fc.integer({ min: 0xa0000, max: 0xa000f }),
      fc.integer({ min: 0xb8000, max: 0xb800f }),
      fc.integer({ min: 0xa0000, max: 0xbfffb }),
    );
    const port = fc.constantFrom(0x3c4, 0x3ce, 0x3d4);
    const program = programOf(
      fc.record({ port, index: byte, value: byte }).map(({ port: at, index, value }) => {
        // Past what exists, QEMU's register files are larger than ours.
        const inside = index % { 964: 5, 974: 9, 980: 0x19 }[at as 0x3c4];
        return [...indexed(at, inside, value), inb(at), inb(at + 1)];
      }),
      // The registers that decide how memory looks, more often.
      fc
        .constantFrom([0x3c4, 2], [0x3c4, 4], [0x3ce, 3], [0x3ce, 5], [0x3ce, 6], [0x3ce, 8])
        .chain(([at, index]) => byte.map((value) => indexed(at, index, value))),
      fc
        .record({ index: fc.integer({ min: 0, max: 0x14 }), value: byte })
        .map(({ index, value }) => [inb(0x3da), outb(0x3c0, index), outb(0x3c0, value), outb(0x3c0, index), inb(0x3c0 + 1)]),
      fc.record({ index: byte, values: fc.array(byte, { maxLength: 7 }) }).map(({ index, values }) => [
        outb(0x3c8, index),
        // Eight-bit palettes are one of QEMU's extensions; six bits are what a VGA has.
        ...values.map((value) => outb(0x3c9, value & 0x3f)),
        outb(0x3c7, index),
        inb(0x3c7),
        inb(0x3c9),
        inb(0x3c9),
        inb(0x3c8),
      ]),
      fc
        .record({ at: address, size: fc.constantFrom<AccessSize>(1, 2, 4), value: dword })
        .map(({ at, size, value }) => [
          { kind: 'store', at, size, value: (value & (size === 4 ? 0xffffffff : (1 << (8 * size)) - 1)) >>> 0 },
        ]),
      fc
        .record({ at: address, size: fc.constantFrom<AccessSize>(1, 2, 4) })
        .map(({ at, size }) => [{ kind: 'load', at, size, value: 0 }]),
    );
    await agree(
      program.map((pieces) => [...colour, ...pieces]),
      () => {
        const vga = new Vga(new VirtualClock());
        return { ports: [[0x3b0, 0x30, vga.ports]], memory: [[0xa0000, 0x20000, vga.memory]] };
      },
      // QEMU's retrace bits toggle with each read.
      (step, value) => (step.kind === 'in' && step.at === 0x3da ? 0 : value),
    );
  });
});
