// SPDX-License-Identifier: MIT
/**
 * @fileoverview Diorama as a library: machines in programs and tests.
 *
 * ```ts
 * import { Machine } from 'diorama';
 *
 * const machine = Machine.boot({ kernel: 'vmlinuz', initrd: 'initrd.gz', append: 'console=ttyS0' });
 * await machine.console.expect(/# $/);
 * machine.console.send('uname -m');
 * await machine.console.expect(/^x86_64\r$/);
 * machine.console.send('poweroff -f');
 * console.log(await machine.run()); // { kind: 'power-off' }
 * ```
 *
 * A machine runs only while it is told to: by `expect`, `run` or `step`, one at a time. Between them it stands still, at a definite
 * instruction, so a program that types, waits and types again gets the same machine every time, however fast the host is. While it runs the
 * host's events are served between slices of some milliseconds.
 *
 * `snapshot` gives the whole machine as bytes for a file, from which `restore` makes another that goes on exactly so; `fork` does both at
 * once, within the process, so that many tests can begin at one booted machine.
 */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Tiering } from '../cpu/processor.ts';
import type { BlockBackend } from '../device/virtio/block.ts';
import type { ConsolePort } from '../device/virtio/console.ts';
import type { NetBackend } from '../device/virtio/net.ts';
import { type BreakpointHit, Debugger } from '../machine/debugger.ts';
import { peek } from '../machine/debugMemory.ts';
import type { CodeLine } from '../machine/describe.ts';
import { inspectCode, inspectDevices, inspectInterrupts, inspectMemory, inspectProcessor } from '../machine/inspect.ts';
import type { DeviceInspection, InterruptInspection, MemoryRegion, ProcessorInspection } from '../machine/inspection.ts';
import type { MachineEnd } from '../machine/machine.ts';
import { FileDisk } from './fileDisk.ts';
import { readInput } from './files.ts';
import { makeNodeMachine, type NodeMachine } from './nodeMachine.ts';
import { disksOf, naming, nodeCodec, readSnapshot, sha256 } from './nodeSnapshot.ts';
import { ConsoleScript } from './script.ts';
import { decodeSnapshot, encodeSnapshot } from './snapshotFile.ts';
import { TerminalScreen } from './terminalScreen.ts';
import { UsageError } from './usageError.ts';

export type { BlockBackend } from '../device/virtio/block.ts';
export type { ConsolePort } from '../device/virtio/console.ts';
export { MemoryDisk } from '../device/virtio/memoryDisk.ts';
export type { NetBackend } from '../device/virtio/net.ts';
export { BootImageError } from '../firmware/bootError.ts';
export type { BreakpointHit } from '../machine/debugger.ts';
export type { CodeLine } from '../machine/describe.ts';
export type { DeviceInspection, InterruptInspection, MemoryRegion, ProcessorInspection } from '../machine/inspection.ts';
export type { MachineEnd } from '../machine/machine.ts';
export { FileDisk } from './fileDisk.ts';
export { UsageError } from './usageError.ts';

export interface MachineOptions {
  /** Linux bzImage, or an ELF kernel with multiboot header or PVH note: its path or its bytes. Our own system unless given. */
  kernel?: string | Uint8Array;
  /** Initial RAM disk, or first module. */
  initrd?: string | Uint8Array;
  /** The kernel's command line. */
  append?: string;
  /** Bytes of RAM, a multiple of 4096; 512 MiB unless given. */
  memory?: number;
  /** Processor model by name. */
  cpu?: string;
  /** Number of processors; 1 unless given. */
  smp?: number;
  /** The machine's UUID in its SMBIOS tables, such as `550e8400-e29b-41d4-a716-446655440000`. Unless given it has none, which is all zeros. */
  uuid?: string;
  /** Which engines run code, as `--tier`; the guest cannot tell. Mixed unless given. */
  tier?: Tiering;
  /** virtio disks: path of a raw image, bytes of an empty disk in memory, or anything that reads and writes sectors. */
  disks?: readonly (string | { memory: number; serial?: string } | BlockBackend)[];
  /** A virtio network interface and where its cable leads. */
  net?: { backend: NetBackend; mac: readonly number[] };
  /** Ports of a virtio console. */
  consolePorts?: ConsolePort[];
}

/** What a restored or forked machine is connected to: the same as the first one was, but its own. */
export type Connections = Pick<MachineOptions, 'net' | 'consolePorts'>;

export interface ExpectOptions {
  /** Seconds of virtual time; for ever unless given. */
  within?: number;
}

export interface CodeOptions {
  processor?: number;
  /** What RIP would be. */
  address?: bigint;
  /** Instructions. */
  before?: number;
  after?: number;
}

/** A processor between two instructions. */
export interface ProcessorState extends ProcessorInspection {
  /** All registers, and the code around RIP, in several lines. */
  readonly description: string;
  /** The instruction that comes next, those ahead of it and those behind it, as far as they are mapped to RAM. */
  readonly code: readonly CodeLine[];
}

/** The machine as it is now; `machine/inspection.ts` says more of each part. */
export interface MachineState {
  /** Instructions retired since power-on. */
  readonly instructions: number;
  /** Nanoseconds of virtual time since power-on. */
  readonly now: number;
  readonly processors: readonly ProcessorState[];
  /** What answers where in the physical address space. */
  readonly memory: readonly MemoryRegion[];
  /** Registers of devices, and how often they were accessed. */
  readonly devices: readonly DeviceInspection[];
  readonly interrupts: InterruptInspection;
}

/** The machine ended, or time ran out, before an expectation was met. */
export class UnmetExpectation extends Error {
  override readonly name = 'UnmetExpectation';
  /** How the machine ended; undefined if it can still run. */
  readonly end: MachineEnd | undefined;
  constructor(message: string, end: MachineEnd | undefined) {
    super(message);
    this.end = end;
  }
}

/** Instructions between two looks at the host's events. */
const SLICE = 4_000_000;
const DEFAULT_MEMORY = 512 * 2 ** 20;
const CODE_BEFORE = 5;
const CODE_AFTER = 10;
/** The disk that our own system makes its pool on, as the command line gives it. */
const POOL_DISK = { memory: 4 * 2 ** 30, serial: 'pool' };
const NANOSECONDS = 1e9;

/** A machine that is about to execute its kernel's first instruction: `Machine.boot`, for those who `await boot(…)`. */
export const boot = (options: MachineOptions = {}): Machine => Machine.boot(options);

export class Machine {
  /** COM1. */
  readonly console: Console;
  readonly #machine: NodeMachine;
  readonly #files: readonly FileDisk[];
  readonly #exitListeners: ((end: MachineEnd) => void)[] = [];
  #end: MachineEnd | undefined;
  #busy = false;
  #closed = false;

  private constructor(machine: NodeMachine, files: readonly FileDisk[]) {
    this.#machine = machine;
    this.#files = files;
    this.console = new Console(this.#machine, (until, deadline) => this.#advance(until, deadline));
  }

  /** A machine that is about to execute its kernel's first instruction. Throws UsageError or BootImageError if there can be none. */
  static boot(given: MachineOptions = {}): Machine {
    const options = given.kernel === undefined ? { ...given, ...ownSystem(given) } : { ...given, kernel: given.kernel };
    const { kernel, initrd, append = '', memory = DEFAULT_MEMORY, cpu, smp = 1, uuid, tier, net, consolePorts } = options;
    const { disks, files } = openDisks(options.disks);
    const machine = makeNodeMachine({
      memory,
      cpu,
      smp,
      uuid,
      tiering: tier,
      kernel: contents('kernel', kernel),
      kernelName: typeof kernel === 'string' ? kernel : 'kernel',
      initrd: initrd === undefined ? undefined : contents('initrd', initrd),
      append,
      disks,
      net,
      consolePorts,
    });
    return new Machine(machine, files);
  }

  /**
   * The machine that a snapshot was taken of, from the snapshot's bytes or its file's path. Disks in memory are in the snapshot; if there
   * were others, all disks are given again, and host files must hold what they held then. Throws UsageError.
   */
  static restore(snapshot: string | Uint8Array, options: Connections & Pick<MachineOptions, 'disks'> = {}): Machine {
    const path = typeof snapshot === 'string' ? snapshot : 'given';
    const saved = typeof snapshot === 'string' ? readSnapshot(snapshot) : naming(path, () => decodeSnapshot(snapshot, nodeCodec));
    const { memory, cpu, cpus, uuid } = saved.configuration;
    const { disks, files } = openDisks(options.disks ?? disksOf(saved));
    const { net, consolePorts } = options;
    const machine = naming(path, () =>
      makeNodeMachine({ memory, cpu, smp: cpus, uuid, disks, net, consolePorts, snapshot: saved }),
    );
    return new Machine(machine, files);
  }

  /** The whole machine, for a file. It goes on as if nothing had happened. */
  snapshot(): Uint8Array {
    this.#mustStand();
    return Buffer.concat(encodeSnapshot(this.#machine.save(sha256), nodeCodec));
  }

  /**
   * A second machine in this one's state, with copies of its disks in memory; from here on they know nothing of each other. A machine with
   * disks in files of the host cannot be forked, since both would write to them: `MemoryDisk.of(name, image)` makes a disk in memory of one. Throws
   * UsageError.
   */
  fork(connections: Connections = {}): Machine {
    this.#mustStand();
    if (this.#files.length > 0) {
      const paths = this.#files.map(({ path }) => `'${path}'`).join(', ');
      throw new UsageError(
        `a machine that writes to ${paths} cannot be forked, since its fork would write there, too: give it the image as a disk in memory (MemoryDisk.of)`,
      );
    }
    return new Machine(this.#machine.fork(connections), []);
  }

  /**
   * Runs like `run(instructions)` one instruction at a time, and stops before any instruction at one of these linear addresses; undefined if none
   * was reached. The guest cannot notice. The instruction that the machine stands at is executed, unless it is to count as well: 'here'.
   */
  runTo(breakpoints: Iterable<bigint>, instructions: number, from: 'next' | 'here' = 'next'): BreakpointHit | undefined {
    this.#mustStand();
    const debug = new Debugger(this.#machine);
    for (const address of breakpoints) debug.breakpoints.add(address);
    if (from === 'next') debug.passHere();
    for (const until = this.#machine.instructions + instructions; this.#machine.instructions < until && !this.#end; ) {
      const { end, hit } = debug.run(until);
      if (hit) return hit;
      this.#ended(end);
    }
    return undefined;
  }

  /** The text on the machine's display; undefined in graphics modes. */
  get display(): string | undefined {
    const screen = this.#machine.board.vga.screenText();
    if (!screen) return undefined;
    const { columns, rows, characters } = screen;
    const line = (row: number): string =>
      Array.from(characters.subarray(row * columns, (row + 1) * columns), (code) =>
        code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : ' ',
      )
        .join('')
        .trimEnd();
    return Array.from({ length: rows }, (_, row) => line(row))
      .join('\n')
      .trimEnd();
  }

  /** How the machine ended; undefined while it can still run. */
  get end(): MachineEnd | undefined {
    return this.#end;
  }
  /** Resolves when the machine has ended. It runs only while it is told to. */
  get exit(): Promise<MachineEnd> {
    return this.#end ? Promise.resolve(this.#end) : new Promise((resolve) => this.on('exit', resolve));
  }

  /** Calls `listener` once, when the machine has ended. */
  on(event: 'exit', listener: (end: MachineEnd) => void): this {
    if (event === 'exit') this.#exitListeners.push(listener);
    return this;
  }

  /** Presses the power button. What comes of it is the guest's affair: ours goes to run level 5 and switches the machine off. */
  pressPowerButton(): void {
    this.#machine.pressPowerButton();
  }

  /** Runs until the machine ends. */
  async run(): Promise<MachineEnd> {
    await this.#advance(() => false, Number.POSITIVE_INFINITY);
    return this.#end!;
  }

  /**
   * Runs exactly `instructions` more, or until the machine ends; then its end is returned. A machine that idles for seconds of virtual time
   * comes back earlier.
   */
  step(instructions = 1): MachineEnd | undefined {
    this.#mustStand();
    return this.#slice(this.#machine.instructions + instructions);
  }

  /** Runs for so many nanoseconds of virtual time, or until the machine ends; then its end is returned. */
  runFor(nanoseconds: number): MachineEnd | undefined {
    this.#mustStand();
    const machine = this.#machine;
    const deadline = machine.now + nanoseconds;
    machine.waitsWhenIdle = true;
    try {
      // An instruction takes a nanosecond.
      while (machine.now < deadline && !this.#slice(machine.instructions + Math.ceil(deadline - machine.now))) {
        machine.passIdle(Math.min(machine.idleFor, Math.max(0, deadline - machine.now)));
      }
    } finally {
      machine.waitsWhenIdle = false;
    }
    return this.#end;
  }

  /** What the machine looks like now. */
  inspect(): MachineState {
    const machine = this.#machine;
    const { instructions, now, processors } = machine;
    const description = machine.describeProcessors();
    return {
      instructions,
      now,
      processors: processors.map((cpu, index) => ({
        ...inspectProcessor(cpu),
        description: description[index],
        code: inspectCode(cpu, CODE_BEFORE, CODE_AFTER),
      })),
      memory: inspectMemory(machine),
      devices: inspectDevices(machine),
      interrupts: inspectInterrupts(machine),
    };
  }

  /** Instructions retired since power-on. */
  get instructions(): number {
    return this.#machine.instructions;
  }
  /** Nanoseconds of virtual time since power-on. */
  get now(): number {
    return this.#machine.now;
  }

  /** Memory at a linear address, as a processor maps it: as much as is mapped to RAM. Leaves no trace in the machine. */
  readMemory(linear: bigint, length: number, processor = 0): Uint8Array {
    return peek(this.#machine.processors[processor], linear, length);
  }

  /**
   * Disassembles: the instruction at `address` (the next one of the processor unless given), up to `before` ahead of it and `after - 1` behind it, as
   * many as are mapped to RAM.
   */
  code({ processor = 0, address, before = CODE_BEFORE, after = CODE_AFTER }: CodeOptions = {}): CodeLine[] {
    return inspectCode(this.#machine.processors[processor], before, after, address);
  }

  /** SHA-256 of the machine's whole state, in hexadecimal. Equal inputs give equal states at every instruction. */
  stateHash(): string {
    return this.#machine.stateHash();
  }

  /** Bytes to a port of the virtio console. */
  sendToPort(port: number, bytes: Uint8Array): void {
    const device = this.#machine.board.virtioConsole;
    if (!device) throw new Error('the machine has no virtio console');
    device.input(port, bytes);
  }

  /** Closes the files behind disks, and lets go of the machine that this one was forked from. The machine cannot run any more. */
  close(): void {
    this.#closed = true;
    this.#machine.physical.forgetSource();
    for (const file of this.#files) file.close();
  }

  /** Runs until `done`, the machine's end, or the virtual time `deadline` in nanoseconds. */
  async #advance(done: () => boolean, deadline: number): Promise<MachineEnd | undefined> {
    this.#mustStand();
    this.#busy = true;
    try {
      while (!done() && !this.#end && this.#machine.now < deadline) {
        this.#slice(this.#machine.instructions + SLICE);
        if (!done() && !this.#end) await new Promise((resolve) => setImmediate(resolve));
      }
      return this.#end;
    } finally {
      this.#busy = false;
    }
  }

  #mustStand(): void {
    if (this.#busy) throw new Error('the machine is running');
    if (this.#closed) throw new Error('the machine is closed');
  }

  #ended(end: MachineEnd | undefined): void {
    if (!end || this.#end) return;
    this.#end = end;
    for (const listener of this.#exitListeners) listener(end);
  }

  #slice(until: number): MachineEnd | undefined {
    if (this.#end) return this.#end;
    this.#ended(this.#machine.run(until));
    return this.#end;
  }
}

type Advance = (done: () => boolean, deadline: number) => Promise<MachineEnd | undefined>;

/** The serial console: what the guest writes to COM1, and what is typed there. */
export class Console {
  readonly #machine: NodeMachine;
  readonly #advance: Advance;
  readonly #script = new ConsoleScript([]);
  readonly #listeners: ((byte: number) => void)[] = [];
  readonly #screen = new TerminalScreen();

  /** Made by the machine. */
  constructor(machine: NodeMachine, advance: Advance) {
    this.#machine = machine;
    this.#advance = advance;
    machine.onConsoleOutput((byte) => {
      for (const listener of this.#listeners) listener(byte);
      this.#screen.write(Uint8Array.of(byte));
      const waiting = !this.#script.finished;
      this.#script.feed(Uint8Array.of(byte));
      // No further instruction: what is sent next enters here.
      if (waiting && this.#script.finished) machine.stop();
    });
  }

  /**
   * Runs the machine until its output since the last match matches; `$` and `^` match at line ends. The machine then stands at the instruction that
   * wrote the last byte of the match. Rejects with UnmetExpectation.
   */
  async expect(expression: RegExp, { within = Number.POSITIVE_INFINITY }: ExpectOptions = {}): Promise<RegExpExecArray> {
    const flags = [...new Set(`${expression.flags.replace('y', '')}gm`)].join('');
    this.#script.append({ expect: new RegExp(expression.source, flags) });
    const end = await this.#advance(() => this.#script.finished, this.#machine.now + within * NANOSECONDS);
    if (this.#script.finished) return this.#script.lastMatch!;
    this.#script.abandon();
    const why = end ? `the machine ended (${end.kind})` : `${within} s of virtual time passed`;
    const details = end?.message ? `\n${end.message}` : '';
    throw new UnmetExpectation(`${why} before /${expression.source}/ was met${details}\n${this.#lastScreen()}`, end);
  }

  /** What a terminal of 80 columns and 24 rows shows now: lines without trailing blanks. */
  get screen(): string {
    return this.#screen.text;
  }
  #lastScreen(): string {
    const text = this.screen;
    if (text === '') return 'The console has shown nothing.';
    return `The console shows:\n${text.replaceAll(/^/gm, '  | ')}`;
  }

  /** Types a line and Enter. It arrives as the machine runs, at the line's speed. */
  send(line: string): void {
    this.type(`${line}\r`);
  }

  /** Types just this. */
  type(keys: string | Uint8Array): void {
    this.#machine.typeOnConsole(typeof keys === 'string' ? new TextEncoder().encode(keys) : keys);
  }

  /** Hears every byte of output, at the instruction that writes it. */
  onOutput(listener: (byte: number) => void): void {
    this.#listeners.push(listener);
  }
}

/** Our own system, where the build or the package has put it. */
function ownSystem({ append = 'console=ttya', disks = [] }: MachineOptions) {
  const home = ['../platform/', '../../dist/platform/']
    .map((path) => new URL(path, import.meta.url))
    .find((url) => existsSync(url));
  if (!home) throw new UsageError('nothing to boot: give a kernel');
  const image = (path: string): string => fileURLToPath(new URL(`i86pc/${path}`, home));
  return { kernel: image('kernel/amd64/unix'), initrd: image('amd64/boot_archive'), append, disks: [...disks, POOL_DISK] };
}

function openDisks(given: MachineOptions['disks'] = []) {
  const files: FileDisk[] = [];
  const disks = given.map((disk) => {
    if (typeof disk !== 'string') return disk;
    const file = new FileDisk(disk);
    files.push(file);
    return file;
  });
  return { disks, files };
}

function contents(what: string, given: string | Uint8Array): Uint8Array {
  return typeof given === 'string' ? readInput(what, given) : given;
}
