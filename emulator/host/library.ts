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
import type { Tiering } from '../cpu/processor.ts';
import type { BlockBackend } from '../device/virtio/block.ts';
import type { ConsolePort } from '../device/virtio/console.ts';
import type { NetBackend } from '../device/virtio/net.ts';
import { peek } from '../machine/debugMemory.ts';
import type { MachineEnd } from '../machine/machine.ts';
import { FileDisk } from './fileDisk.ts';
import { readInput } from './files.ts';
import { makeNodeMachine, type NodeMachine } from './nodeMachine.ts';
import { disksOf, naming, nodeCodec, readSnapshot, sha256 } from './nodeSnapshot.ts';
import { ConsoleScript } from './script.ts';
import { decodeSnapshot, encodeSnapshot } from './snapshotFile.ts';

export type { BlockBackend } from '../device/virtio/block.ts';
export type { ConsolePort } from '../device/virtio/console.ts';
export { MemoryDisk } from '../device/virtio/memoryDisk.ts';
export type { NetBackend } from '../device/virtio/net.ts';
export { BootImageError } from '../firmware/bootError.ts';
export type { MachineEnd } from '../machine/machine.ts';
export { FileDisk } from './fileDisk.ts';
export { UsageError } from './usageError.ts';

export interface MachineOptions {
  /** Linux bzImage, or an ELF kernel with multiboot header or PVH note: its path or its bytes. */
  kernel: string | Uint8Array;
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

/** The state of a processor between two instructions. */
export interface ProcessorState {
  rip: bigint;
  rflags: bigint;
  /** Current privilege level. */
  cpl: number;
  halted: boolean;
  /** RAX RCX RDX RBX RSP RBP RSI RDI R8 … R15. */
  registers: readonly bigint[];
  /** All registers, and the code around RIP, in several lines. */
  description: string;
}

export interface MachineState {
  /** Instructions retired since power-on. */
  instructions: number;
  /** Nanoseconds of virtual time since power-on. */
  now: number;
  processors: readonly ProcessorState[];
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
const NANOSECONDS = 1e9;

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
  static boot(options: MachineOptions): Machine {
    const { kernel, initrd, append = '', memory = DEFAULT_MEMORY, cpu, smp = 1, tier, net, consolePorts } = options;
    const { disks, files } = openDisks(options.disks);
    const machine = makeNodeMachine({
      memory,
      cpu,
      smp,
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
    const { memory, cpu, cpus } = saved.configuration;
    const { disks, files } = openDisks(options.disks ?? disksOf(saved));
    const { net, consolePorts } = options;
    const machine = naming(path, () => makeNodeMachine({ memory, cpu, smp: cpus, disks, net, consolePorts, snapshot: saved }));
    return new Machine(machine, files);
  }

  /** The whole machine, for a file. It goes on as if nothing had happened. */
  snapshot(): Uint8Array {
    this.#mustStand();
    return Buffer.concat(encodeSnapshot(this.#machine.save(sha256), nodeCodec));
  }

  /**
   * A second machine in this one's state, with copies of its disks in memory; from here on they know nothing of each other. A machine with
   * disks in files of the host cannot be forked.
   */
  fork(connections: Connections = {}): Machine {
    this.#mustStand();
    return new Machine(this.#machine.fork(connections), []);
  }

  /** Calls `listener` once, when the machine has ended. */
  on(event: 'exit', listener: (end: MachineEnd) => void): this {
    if (event === 'exit') this.#exitListeners.push(listener);
    return this;
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

  /** What the machine looks like now. */
  inspect(): MachineState {
    const { instructions, now, processors } = this.#machine;
    const description = this.#machine.describeProcessors();
    return {
      instructions,
      now,
      processors: processors.map((cpu, index) => ({
        rip: BigInt.asUintN(64, cpu.rip),
        rflags: cpu.rflags,
        cpl: cpu.cpl,
        halted: cpu.halted,
        registers: Array.from({ length: 16 }, (_, register) => cpu.read64(register * 8)),
        description: description[index],
      })),
    };
  }

  /** Memory at a linear address, as the first processor maps it: as much as is mapped to RAM. Leaves no trace in the machine. */
  readMemory(linear: bigint, length: number): Uint8Array {
    return peek(this.#machine.processors[0], linear, length);
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

  #slice(until: number): MachineEnd | undefined {
    if (this.#end) return this.#end;
    this.#end = this.#machine.run(until);
    if (this.#end) for (const listener of this.#exitListeners) listener(this.#end);
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

  /** Made by the machine. */
  constructor(machine: NodeMachine, advance: Advance) {
    this.#machine = machine;
    this.#advance = advance;
    machine.onConsoleOutput((byte) => {
      for (const listener of this.#listeners) listener(byte);
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
    throw new UnmetExpectation(`${why} before /${expression.source}/ was met${end?.message ? `\n${end.message}` : ''}`, end);
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
