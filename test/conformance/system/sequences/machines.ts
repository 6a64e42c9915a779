// SPDX-License-Identifier: MIT
/**
 * @fileoverview Runs sequences on QEMU's TCG and on our processor. Both get the same RAM with driver and sequences in it; QEMU's is a file, which is
 * read when it is done. Its firmware is a jump to the driver.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Wire } from '../../../../emulator/bus/irq.ts';
import { VirtualClock } from '../../../../emulator/bus/timers.ts';
import { Shutdown } from '../../../../emulator/cpu/processor.ts';
import { enterRealMode, type TestProcessor, testProcessor } from '../../../../emulator/cpu/testProcessor.ts';
import { Pic8259 } from '../../../../emulator/device/pic8259.ts';
import { Uart16550 } from '../../../../emulator/device/uart16550.ts';
import { SLOT } from '../../../../emulator/ir/state.ts';
import {
  CASE_SIZE,
  CASES,
  DRIVER,
  EVENT_SIZE,
  HASHED,
  MOST_EVENTS,
  type Paging,
  RAM_SIZE,
  RESULT_EVENTS,
  RESULT_SIZE,
  RESULTS,
  TEMPLATE_OF,
  TEMPLATE_SIZE,
  TEMPLATES,
  VARIABLES,
} from './layout.ts';
import { type Sequence, serialize } from './sequence.ts';
import { template } from './templates.ts';

export interface Outcome {
  /** It did not end, or has written where other sequences lie; nothing else is known. */
  wild: boolean;
  /** Ended by the driver, not by a triple fault of its own. */
  ended: boolean;
  hashes: readonly number[];
  events: readonly Uint8Array[];
  /** There was another event, which ended it and was not recorded. */
  full: boolean;
}

interface Piece {
  address: number;
  bytes: Uint8Array;
}
let assembled: Uint8Array | undefined;
function driver(): Uint8Array {
  if (assembled) return assembled;
  const scratch = mkdtempSync(join(tmpdir(), 'sequences-'));
  try {
    const out = join(scratch, 'driver');
    execFileSync('nasm', ['-f', 'bin', '-o', out, new URL('driver.asm', import.meta.url).pathname]);
    assembled = new Uint8Array(readFileSync(out));
    return assembled;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
/** The driver, and the templates one after the other, for templates at `base`. */
function fixed(base: number): { image: Uint8Array; templates: Uint8Array } {
  const image = driver().slice();
  new DataView(image.buffer).setUint32(image.length - 24, base, true);
  const templates = new Uint8Array(4 * TEMPLATE_SIZE);
  for (const [paging, n] of Object.entries(TEMPLATE_OF)) templates.set(template(paging as Paging, image), n * TEMPLATE_SIZE);
  return { image, templates };
}
/** What sequences are made of. */
function pieces(sequences: readonly Sequence[]): Piece[] {
  const cases = new Uint8Array(sequences.length * CASE_SIZE);
  sequences.forEach((q, i) => {
    cases.set(serialize(q), i * CASE_SIZE);
  });
  const variables = new Uint8Array(new Uint32Array([0xffffffff, sequences.length]).buffer);
  return [
    { address: CASES, bytes: cases },
    { address: VARIABLES, bytes: variables },
  ];
}
function outcome(result: Uint8Array): Outcome {
  const v = new DataView(result.buffer, result.byteOffset);
  const count = v.getUint32(0, true);
  return {
    wild: false,
    full: count === MOST_EVENTS,
    ended: v.getUint32(4, true) === 1,
    hashes: HASHED.map((_, i) => v.getUint32(8 + i * 4, true)),
    events: Array.from({ length: count }, (_, i) =>
      result.slice(RESULT_EVENTS + i * EVENT_SIZE, RESULT_EVENTS + (i + 1) * EVENT_SIZE),
    ),
  };
}

const ROM_SIZE = 0x90000;
const LAST_64K = ROM_SIZE - 0x10000;
const RESET_VECTOR = 0xfff0;
const COPY = 0xff00;
/** What ends at 4 GiB: the templates, and 64 KiB that bring the driver to its place, should a sequence have spoilt it, and jump to it. */
function firmware(): Uint8Array {
  const rom = new Uint8Array(ROM_SIZE);
  const { image, templates } = fixed(TEMPLATES.qemu);
  rom.set(templates);
  rom.set(image, LAST_64K + DRIVER);
  rom.set([0xea, COPY & 0xff, COPY >> 8, 0x00, 0xf0], LAST_64K + RESET_VECTOR);
  const word = (value: number): number[] => [value & 0xff, value >> 8];
  // mov si, DRIVER; mov di, si; mov cx, length
  const arguments_ = [0xbe, ...word(DRIVER), 0x89, 0xf7, 0xb9, ...word(image.length)];
  // mov ax, cs; mov ds, ax; xor ax, ax; mov es, ax; cld; …; repe cmpsb; je over …; rep movsb; jmp 0:DRIVER
  const code = [0x8c, 0xc8, 0x8e, 0xd8, 0x31, 0xc0, 0x8e, 0xc0, 0xfc, ...arguments_, 0xf3, 0xa6, 0x74, arguments_.length + 2];
  rom.set([...code, ...arguments_, 0xf3, 0xa4, 0xea, ...word(DRIVER), 0, 0], LAST_64K + COPY);
  return rom;
}

const WILD: Outcome = { wild: true, ended: false, hashes: [], events: [], full: false };
/** Runs all that end by themselves: when one turns out not to, the rest once more. */
function withoutWild(sequences: readonly Sequence[], run: (some: readonly Sequence[]) => Outcome[] | number): Outcome[] {
  const wild = new Set<Sequence>();
  for (;;) {
    const some = sequences.filter((q) => !wild.has(q));
    const result = run(some);
    if (typeof result === 'number') {
      wild.add(some[result]);
      continue;
    }
    return sequences.map((q) => (wild.has(q) ? WILD : result[some.indexOf(q)]));
  }
}

/** Milliseconds after which a sequence is taken to have hung: a batch of them takes a few seconds on a busy machine. */
const PATIENCE = 15_000;
export const onQemu = (sequences: readonly Sequence[]): Outcome[] => withoutWild(sequences, runOnQemu);
function runOnQemu(sequences: readonly Sequence[]): Outcome[] | number {
  const scratch = mkdtempSync(join(tmpdir(), 'sequences-'));
  const ram = join(scratch, 'ram');
  const rom = join(scratch, 'rom');
  const file = openSync(ram, 'w+');
  try {
    writeFileSync(rom, firmware());
    ftruncateSync(file, RAM_SIZE);
    for (const { address, bytes } of pieces(sequences)) writeSync(file, bytes, 0, bytes.length, address);
    const run = spawnSync(
      'qemu-system-x86_64',
      [
        ...['-accel', 'tcg', '-M', 'pc,memory-backend=ram', '-m', `${RAM_SIZE >> 20}M`, '-cpu', 'max', '-nodefaults'],
        ...['-object', `memory-backend-file,id=ram,size=${RAM_SIZE},mem-path=${ram},share=on`],
        ...['-display', 'none', '-serial', 'null', '-bios', rom, '-device', 'isa-debug-exit,iobase=0xf4'],
      ],
      { timeout: PATIENCE, killSignal: 'SIGKILL' },
    );
    if (run.signal === 'SIGKILL') {
      const current = new Uint8Array(4);
      readSync(file, current, 0, 4, VARIABLES);
      return new DataView(current.buffer).getInt32(0, true);
    }
    if (run.status !== 1) throw new Error(`QEMU ended with ${run.status ?? run.signal}: ${run.stderr}`);
    const result = new Uint8Array(RESULT_SIZE);
    return sequences.map((_, i) => {
      readSync(file, result, 0, RESULT_SIZE, RESULTS + i * RESULT_SIZE);
      return outcome(result);
    });
  } finally {
    closeSync(file);
    rmSync(scratch, { recursive: true });
  }
}

/** Instructions after which a sequence is taken to have hung: many times what the driver needs between two of them. */
const BUDGET = 1_000_000;
const SLICE = 20_000;
/** Writes what is not there already: code that stays keeps its translation. */
function put({ cpu, ram }: TestProcessor, { address, bytes }: Piece): void {
  if (Buffer.compare(ram.subarray(address, address + bytes.length), bytes) !== 0) cpu.physical.writeBytes(address, bytes);
}
let ours: { t: TestProcessor; restart: () => void; ended: () => boolean } | undefined;
/** A processor with an interrupt controller and a UART. */
function processor() {
  if (ours) return ours;
  let done = false;
  const { image, templates } = fixed(TEMPLATES.ours);
  const clock = new VirtualClock();
  const intr = new Wire((level) => t.cpu.setInterruptLine(level));
  const pic = new Pic8259(intr);
  const uart = new Uart16550('com1', clock, { set: (level) => pic.inputs[4].set(level) }, () => {});
  const apic = {
    taskPriority: 0,
    readRegister: () => undefined,
    writeRegister: () => false,
    tscDeadline: 0n,
    baseChanged() {},
    tscChanged() {},
  };
  const block = (port: number) => {
    if (port === 0x20 || port === 0x21) return { registers: pic.master, at: port - 0x20 };
    if (port >= 0x3f8 && port < 0x400) return { registers: uart.registers, at: port - 0x3f8 };
    return undefined;
  };
  const t: TestProcessor = testProcessor(RAM_SIZE, undefined, {
    apic,
    portRead(port, bytes) {
      const found = block(port);
      return found ? found.registers.read(found.at, bytes) : 2 ** (8 * bytes) - 1;
    },
    portWrite(port, bytes, value) {
      if (port === 0xf4) {
        done = true;
        t.cpu.requestStop();
      }
      const found = block(port);
      found?.registers.write(found.at, bytes, value);
    },
    acknowledgeInterrupt: () => pic.acknowledge(),
    // As in QEMU.
    emptyMemory: 0,
  });
  ours = {
    t,
    restart() {
      done = false;
      pic.reset();
      uart.reset();
      apic.taskPriority = 0;
      t.cpu.reset();
      // As the firmware does.
      put(t, { address: DRIVER, bytes: image });
      put(t, { address: TEMPLATES.ours, bytes: templates });
      enterRealMode(t);
      t.cpu.write64(SLOT.CR4, 0n);
      t.cpu.write64(SLOT.RIP, BigInt(DRIVER));
      t.cpu.modeChanged();
    },
    ended: () => done,
  };
  return ours;
}
export const onOurs = (sequences: readonly Sequence[]): Outcome[] => withoutWild(sequences, runOnOurs);
function runOnOurs(sequences: readonly Sequence[]): Outcome[] | number {
  const { t, restart, ended } = processor();
  const { cpu, ram } = t;
  // As QEMU's is.
  cpu.physical.writeBytes(0, new Uint8Array(0x100000));
  cpu.physical.writeBytes(RESULTS, new Uint8Array(sequences.length * RESULT_SIZE));
  const [cases, variables] = pieces(sequences);
  put(t, cases);
  put(t, variables);
  const current = new DataView(ram.buffer, ram.byteOffset + VARIABLES, 4);
  restart();
  let since = cpu.retired;
  let n = -1;
  while (!ended()) {
    try {
      cpu.run(cpu.retired + SLICE);
      if (ended()) break;
      if (cpu.retired - since > BUDGET || (cpu.halted && !cpu.hasWork())) return n;
      n = current.getInt32(0, true);
      continue;
    } catch (e) {
      if (!(e instanceof Shutdown)) throw e;
    }
    n = current.getInt32(0, true);
    if (Buffer.compare(ram.subarray(CASES, CASES + cases.bytes.length), cases.bytes) !== 0) return n;
    restart();
    since = cpu.retired;
  }
  return sequences.map((_, i) => outcome(ram.slice(RESULTS + i * RESULT_SIZE, RESULTS + (i + 1) * RESULT_SIZE)));
}
