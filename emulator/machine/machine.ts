// SPDX-License-Identifier: MIT
/**
 * @fileoverview A whole machine: processors, RAM, board; the run loop and the virtual clock.
 *
 * Time: one retired instruction is one nanosecond. While every processor is halted the clock jumps to the next timer, so idling
 * costs nothing. Nothing else moves time, so the same image and inputs give the same state at every instruction count.
 *
 * Interactive machines (`waitsWhenIdle`) do not jump: `run` returns while all processors are halted, and the host, who sleeps meanwhile,
 * says with `passIdle` how long that was. That is an input like a key: it enters at an instruction count and can be recorded.
 *
 * Typical sequence: `new Machine(options)`, `loadKernel` or let it start at the reset vector, `run(n)` again and again until it
 * returns an end. Inputs (`typeOnConsole`, keys, packets) enter between or during runs, at the instruction count then reached.
 *
 * Several processors take turns of QUANTUM instructions; time is what they have retired together. A turn ends early where its processor
 * halts or interrupts another, which is probably waited for.
 */
import type { Device, DeviceState } from '../bus/device.ts';
import type { Mapping } from '../bus/range.ts';
import { Processor, type ProcessorPlatform, Shutdown, type Tiering } from '../cpu/processor.ts';
import { Lapic } from '../device/lapic.ts';
import { setVgaTextMode } from '../device/vgaTextMode.ts';
import type { BlockBackend } from '../device/virtio/block.ts';
import type { ConsolePort } from '../device/virtio/console.ts';
import { MemoryDisk } from '../device/virtio/memoryDisk.ts';
import type { NetBackend } from '../device/virtio/net.ts';
import { BootImageError } from '../firmware/bootError.ts';
import { type BootOptions, loadBootImage } from '../firmware/bootImage.ts';
import { prepareMachine } from '../firmware/firmware.ts';
import { memoryLayout } from '../firmware/memoryMap.ts';
import { isUuid } from '../firmware/smbios.ts';
import type { Interpreter } from '../interp/generate.ts';
import { LAYOUT_END, MAXIMUM_PROCESSORS, SLOT } from '../ir/state.ts';
import { RFLAGS_IF } from '../isa/system/bits.ts';
import { cpuModel, DEFAULT_MODEL, MODELS } from '../isa/system/models.ts';
import type { Workshop } from '../jit/order.ts';
import { PhysicalMemory } from '../mmu/physical.ts';
import { Board } from './board.ts';
import type { Hash } from './chunks.ts';
import { describeProcessor } from './describe.ts';
import { enter } from './entry.ts';
import { type Boot, copyMachine, loadMachine, ownFields, SNAPSHOT_VERSION, type Snapshot, saveMachine } from './snapshot.ts';
import { tablesOf } from './tables.ts';

export interface MachineOptions {
  /** Bytes, a multiple of 4 KiB. */
  memory: number;
  cpu?: string;
  cpus?: number;
  disks?: readonly BlockBackend[];
  net?: { backend: NetBackend; mac: readonly number[] };
  consolePorts?: ConsolePort[];
  /** Seconds since 1970 at power-on; a fixed date unless given, so that runs repeat. */
  epoch?: number;
  seed?: string;
  /** What the firmware says the machine's UUID is; unless given it has none, which is all zeros. */
  uuid?: string;
  /** Which engines run code; the guest cannot tell. */
  tiering?: Tiering;
  /** What `tools/build.js` has generated; made here otherwise. */
  interpreter: Interpreter;
  /** Where hot code is compiled while the machine goes on; without, the machine waits for it. */
  workshop?: Workshop | undefined;
}
/** Options with nothing left to default, but the interpreter. */
export type FullMachineOptions = Required<Omit<MachineOptions, 'net' | 'seed' | 'uuid' | 'interpreter' | 'workshop'>> &
  Pick<MachineOptions, 'net' | 'uuid'>;
/** What a forked machine is connected to; it needs what the first one has. */
export type ForkOptions = Pick<MachineOptions, 'net' | 'consolePorts'>;

const END_KINDS = ['power-off', 'panic', 'triple-fault', 'halted'] as const;
export type EndKind = (typeof END_KINDS)[number];
export interface MachineEnd {
  kind: EndKind;
  message?: string;
}
/** The machine cannot exist: too much memory, an unknown processor. The message is one clear line. */
export class MachineError extends Error {}

const POOL_BYTES = 32 << 20;
const PAGE_64K = 65536;
/** Instructions that one of several processors runs before the next has its turn. */
const QUANTUM = 100_000;
/** Nanoseconds of idle time in one call of `run`. */
const IDLE_LIMIT = 1e9;
/** 2026-01-01 00:00:00 UTC. */
const EPOCH = 1_767_225_600;
const LAPIC_PAGE = 4096;
const MSR_APIC_BASE = 0x1b;
const MSR_TSC_DEADLINE = 0x6e0;

export class Machine {
  readonly physical: PhysicalMemory;
  readonly board: Board;
  readonly processors: Processor[];
  readonly ramSize: number;
  private readonly lapics: Lapic[];
  private readonly lapicPage: Mapping;
  /** How often each processor was interrupted through each vector since the machine was made; no part of its state. */
  readonly interrupted: Float64Array[] = [];
  readonly configuration: FullMachineOptions;
  /** Disks whose contents are part of the machine, as opposed to files of the host. */
  readonly savedDisks: (BlockBackend & Device)[];
  /** What a reset boots; undefined: the reset vector. */
  boot: Boot | undefined;
  private readonly interpreter: Interpreter;
  private readonly workshop: Workshop | undefined;
  /** Nanoseconds that passed while all processors were halted. */
  private idle = 0;
  /** Instructions retired by all processors up to the start of the current turn, and the processor whose turn it is. */
  private retiredBefore = 0;
  private current: Processor;
  private end: MachineEnd | undefined;
  private stopping = false;
  private resetRequested = false;
  private readonly consoleListeners: ((byte: number) => void)[] = [];
  private readonly debugListeners: ((byte: number) => void)[] = [];
  private readonly serial1Listeners: ((byte: number) => void)[] = [];
  private running = false;
  /** Nothing has been loaded or run: RAM is all zeros, unless the host has written to it behind the machine's back. */
  private isFresh = true;
  /** What is due at the current time has happened. */
  private settled = false;
  /** Whether idle time is the host's to pass (`passIdle`), instead of jumping to the next timer. */
  waitsWhenIdle = false;

  constructor(options: MachineOptions) {
    const cpus = options.cpus ?? 1;
    if (!(Number.isInteger(cpus) && cpus >= 1 && cpus <= MAXIMUM_PROCESSORS)) {
      throw new MachineError(`${cpus} processors: the machine takes 1 to ${MAXIMUM_PROCESSORS}`);
    }
    const model = cpuModel(options.cpu ?? DEFAULT_MODEL);
    if (!model)
      throw new MachineError(`there is no CPU model ${options.cpu}; there are ${MODELS.map(({ name }) => name).join(', ')}`);
    if (options.uuid !== undefined && !isUuid(options.uuid)) throw new MachineError(`'${options.uuid}' is no UUID`);
    const uuid = options.uuid?.toLowerCase();
    const {
      memory: bytes,
      net,
      disks = [],
      consolePorts = [],
      epoch = EPOCH,
      tiering = 'mixed',
      interpreter,
      workshop,
    } = options;
    this.configuration = {
      memory: bytes,
      cpu: options.cpu ?? DEFAULT_MODEL,
      cpus,
      disks,
      net,
      consolePorts,
      epoch,
      tiering,
      uuid,
    };
    this.interpreter = interpreter;
    this.workshop = workshop;
    this.ramSize = options.memory;
    this.savedDisks = disks.filter((disk): disk is BlockBackend & Device => 'save' in disk);
    const poolStart = Math.ceil(LAYOUT_END / PAGE_64K) * PAGE_64K;
    const ramStart = poolStart + POOL_BYTES * cpus;
    const layout = layoutOf(options.memory);
    const pages = Math.ceil((ramStart + options.memory) / PAGE_64K);
    if (pages > PAGE_64K)
      throw new MachineError(`memory: ${Math.round(options.memory / 2 ** 20)} MiB do not fit a 4 GiB linear memory`);
    const memory = allocate(pages);
    const registers = {
      read: (address: number, size: 1 | 2 | 4) => this.board.mmio.read(address, size),
      write: (address: number, size: 1 | 2 | 4, value: number) => this.board.mmio.write(address, size, value),
    };
    this.physical = new PhysicalMemory(memory, ramStart, options.memory, layout.lowTop, registers);
    this.board = new Board(
      {
        ramSize: options.memory,
        cpus,
        epoch,
        seed: options.seed ?? 'diorama',
        disks,
        net,
        consolePorts,
      },
      this.physical,
      {
        serial: (port, byte) => {
          for (const listener of port === 0 ? this.consoleListeners : this.serial1Listeners) listener(byte);
        },
        debug: (byte) => {
          for (const listener of this.debugListeners) listener(byte);
        },
        powerOff: () => this.finish({ kind: 'power-off' }),
        panic: () => this.finish({ kind: 'panic', message: 'the guest reported a panic' }),
        reset: () => {
          this.resetRequested = true;
          this.stopAll();
        },
        a20: (open) => {
          for (const processor of this.processors ?? []) processor.setA20(open);
        },
        interrupt: (level) => {
          for (const lapic of this.lapics ?? []) lapic.lint0.set(level);
        },
      },
    );
    const tables = tablesOf(model);
    const module = moduleOf(interpreter);
    this.lapics = [];
    this.processors = [];
    for (let index = 0; index < cpus; index++) {
      const start = poolStart + index * POOL_BYTES;
      this.processors.push(
        new Processor({
          index,
          physical: this.physical,
          tables,
          module,
          keys: interpreter.keys,
          pool: { start, end: start + POOL_BYTES },
          platform: this.platform(index, cpus, model),
          tiering,
          // What compiles everything at its first entry waits for it.
          workshop: tiering === 'mixed' ? workshop : undefined,
        }),
      );
      this.lapics.push(this.localApic(index));
    }
    this.current = this.processors[0];
    // Each processor sees its own registers at the address in its APIC_BASE. Guests keep them at one address; the first decides it.
    this.lapicPage = this.board.mmio.map(0xfee00000, LAPIC_PAGE, 'lapic', {
      read: (offset, size) => this.lapics[this.current.index].registers.read(offset, size),
      write: (offset, size, value) => this.lapics[this.current.index].registers.write(offset, size, value),
    });
    for (const lapic of this.lapics) lapic.reset();
    // A timer armed before the end of the current turn ends it.
    this.board.clock.onEarlierDeadline = () => this.current.requestStop();
  }

  /** Boots a kernel image instead of starting at the reset vector; a reset of the machine boots it again. */
  loadKernel(image: Uint8Array, options: BootOptions = {}): void {
    const boot = { image, options };
    this.startKernel(boot);
    this.boot = boot;
  }
  private startKernel({ image, options }: Boot): void {
    this.isFresh = false;
    const ram = {
      size: this.ramSize,
      read: (address: number, length: number): Uint8Array => {
        const bytes = new Uint8Array(length);
        this.physical.readBytes(address, bytes);
        return bytes;
      },
      write: (address: number, bytes: Uint8Array): void => this.physical.writeBytes(address, bytes),
    };
    const ports = {
      in: (port: number, size: 1 | 2 | 4) => this.board.ports.read(port, size),
      out: (port: number, size: 1 | 2 | 4, value: number) => this.board.ports.write(port, size, value),
    };
    setVgaTextMode({
      in: (port) => this.board.ports.read(port, 1),
      out: (port, value) => this.board.ports.write(port, 1, value),
      write16: (address, value) => this.board.mmio.write(address, 2, value),
    });
    const cpu = this.processors[0];
    const [eax, , , edx] = cpu.platform.cpuModel.cpuid(1, 0, cpu);
    const { rsdp } = prepareMachine(ram, ports, {
      ramSize: this.ramSize,
      cpus: this.processors.length,
      serialPorts: 2,
      pvpanic: true,
      fwCfg: true,
      cpuSignature: eax >>> 0,
      cpuFeatures: edx >>> 0,
      uuid: this.configuration.uuid,
    });
    enter(cpu, loadBootImage(ram, image, { ...options, rsdp }).entry);
  }

  /** Instructions retired since power-on, by all processors. */
  get instructions(): number {
    return this.processors.reduce((sum, p) => sum + p.retired, 0);
  }
  /** Nanoseconds of virtual time since power-on. */
  get now(): number {
    return this.instructions + this.idle;
  }

  /** Everything that has a state besides processors and RAM; the order is that of snapshots. */
  get devices(): Device[] {
    return [...this.board.devices, ...this.lapics, ...this.savedDisks];
  }

  /** The machine as it is now; it goes on as if nothing had happened. Not to be called by listeners during `run`. */
  save(hash: Hash): Snapshot {
    this.mustStand();
    return saveMachine(this, hash);
  }
  /**
   * Makes this machine the one that was saved; it must have been made with the same options. Throws SnapshotError, after which the machine
   * is to be discarded. `lazily`: chunks of RAM are read when the machine first touches them, and what `get` then throws `run` throws.
   */
  load(snapshot: Snapshot, hash: Hash, lazily = false): void {
    this.mustStand();
    const { isFresh } = this;
    this.isFresh = false;
    loadMachine(this, snapshot, hash, isFresh, lazily && isFresh);
  }
  /** A second machine in the same state. Disks in memory are copied; of whatever else this one is connected to it needs its own. */
  fork(options: ForkOptions = {}): this {
    this.mustStand();
    const { disks, net, consolePorts } = this.configuration;
    if (net && !options.net) throw new MachineError('a fork of this machine needs a network of its own');
    if (consolePorts.length !== (options.consolePorts?.length ?? 0)) {
      throw new MachineError(`a fork of this machine needs ${consolePorts.length} console ports of its own`);
    }
    const copies = disks.map((disk, index) => {
      if (disk instanceof MemoryDisk) return disk.fork();
      throw new MachineError(`a fork of this machine needs a disk ${index} of its own`);
    });
    const make = this.constructor as new (options: MachineOptions) => this;
    const fork = new make({
      ...this.configuration,
      ...options,
      disks: copies,
      interpreter: this.interpreter,
      workshop: this.workshop,
    });
    copyMachine(this, fork);
    return fork;
  }
  private mustStand(): void {
    if (this.running) throw new Error('the machine is running: it can be saved, loaded and forked between two runs');
  }
  /** What belongs to no processor and no device. */
  saveOwn(): DeviceState {
    const { idle, retiredBefore, resetRequested, end } = this;
    const current = this.current.index;
    return {
      version: SNAPSHOT_VERSION,
      idle,
      retiredBefore,
      current,
      resetRequested,
      end: end?.kind ?? '',
      endMessage: end?.message ?? '',
    };
  }
  loadOwn(state: DeviceState): void {
    const { idle, retiredBefore, current, resetRequested, end, endMessage } = ownFields(state);
    const kind = END_KINDS.find((known) => known === end);
    this.idle = idle;
    this.retiredBefore = retiredBefore;
    this.current = this.processors[current] ?? this.processors[0];
    this.resetRequested = resetRequested;
    this.settled = true;
    this.end = kind && { kind, message: endMessage === '' ? undefined : endMessage };
  }

  /** Whether counts and clock, loaded each for itself, tell of one instant. */
  get timeAgrees(): boolean {
    return this.retiredBefore + this.current.retired === this.instructions && this.board.clock.now() <= this.now;
  }

  onConsoleOutput(listener: (byte: number) => void): void {
    this.consoleListeners.push(listener);
  }
  /** COM2. */
  onSecondSerialOutput(listener: (byte: number) => void): void {
    this.serial1Listeners.push(listener);
  }
  onDebugOutput(listener: (byte: number) => void): void {
    this.debugListeners.push(listener);
  }
  typeOnConsole(bytes: Uint8Array): void {
    this.board.serial[0].receive(bytes);
  }
  /** The power button. */
  pressPowerButton(): void {
    this.board.power.pressPowerButton();
  }
  /** The reset button. */
  pressResetButton(): void {
    this.resetRequested = true;
    this.stopAll();
  }
  /** No further instruction retires in the current `run`. */
  stop(): void {
    this.stopping = true;
    this.stopAll();
  }

  /**
   * Nanoseconds until the next timer if all processors are halted and nothing has woken one: Infinity if only an input can. 0 while
   * there is something to run.
   */
  get idleFor(): number {
    if (this.end || this.resetRequested || this.processors.some((p) => p.hasWork())) return 0;
    return Math.max(0, this.board.clock.nextDeadline() - this.now);
  }
  /** Lets idle time pass, at most up to the next timer; returns how much did. */
  passIdle(nanoseconds: number): number {
    const passed = Math.floor(Math.max(0, Math.min(nanoseconds, this.idleFor)));
    this.idle += passed;
    this.board.clock.setNow(this.now);
    if (passed > 0) this.settled = false;
    return passed;
  }

  /**
   * Runs until that many instructions have retired, `stop` was called, or the machine has ended; undefined unless it has ended. It may
   * return earlier while the machine is idle: at once with `waitsWhenIdle`, else every IDLE_LIMIT, lest a guest that halted for good
   * keep the host in here.
   */
  run(until: number): MachineEnd | undefined {
    this.isFresh = false;
    this.running = true;
    try {
      return this.runUntil(until);
    } finally {
      this.running = false;
      // Devices work out their state from the time: between runs it is that of the last instruction, wherever runs begin and end.
      this.board.clock.setNow(this.now);
      this.settled = false;
    }
  }
  /** Lets timers go off that are due now, instead of at the beginning of the next run: only then do devices agree with each other. */
  settle(): void {
    if (this.settled || this.end || this.running) return;
    this.board.clock.fire(this.now);
    this.settled = true;
  }
  private runUntil(until: number): MachineEnd | undefined {
    this.stopping = false;
    const idleUntil = this.idle + IDLE_LIMIT;
    while (!this.end && !this.stopping && this.instructions < until && this.idle < idleUntil) {
      if (!this.settled) this.board.clock.fire(this.now);
      this.settled = false;
      if (this.resetRequested) this.restart();
      if (this.waitsWhenIdle && this.idleFor > 0 && this.canWake()) return undefined;
      if (this.processors.every((p) => p.halted || p.parked) && !this.wake()) continue;
      this.turn(until);
    }
    return this.end;
  }
  /** All processors are halted with interrupts disabled: nothing but an NMI or a reset gets them on. */
  get isDeaf(): boolean {
    return this.processors.every((p) => p.parked || (p.halted && !p.nmiWaiting && (p.rflags & BigInt(RFLAGS_IF)) === 0n));
  }
  /** Whether a halted processor takes interrupts, or a timer is armed: otherwise nothing will ever happen again. */
  private canWake(): boolean {
    if (this.board.clock.nextDeadline() !== Number.POSITIVE_INFINITY) return true;
    return this.processors.some((p) => p.halted && (p.rflags & BigInt(RFLAGS_IF)) !== 0n);
  }
  /** All are idle: lets the clock jump to the next timer. False if nothing happened that a processor could wake for. */
  private wake(): boolean {
    if (this.processors.some((p) => p.hasWork())) return true;
    const next = this.board.clock.nextDeadline();
    if (next === Number.POSITIVE_INFINITY) {
      this.finish({ kind: 'halted' });
      return false;
    }
    if (next > this.now) this.idle += next - this.now;
    return false;
  }
  /** Each processor runs up to the next timer, or for its share. */
  private turn(until: number): void {
    for (const p of this.processors) {
      if (this.end || this.stopping || this.resetRequested) return;
      const total = this.instructions;
      const toTimer = Math.max(1, this.board.clock.nextDeadline() - this.now);
      let share = Math.min(until - total, toTimer);
      if (this.processors.length > 1) share = Math.min(share, QUANTUM);
      if (share <= 0) return;
      this.current = p;
      this.retiredBefore = total - p.retired;
      try {
        p.run(p.retired + share);
      } catch (e) {
        if (!(e instanceof Shutdown)) throw e;
        this.finish({ kind: 'triple-fault', message: `triple fault\n${describeProcessor(p)}` });
      }
    }
  }
  /** Another processor than the one whose turn it is has been called: it need not wait for its turn as long as that lasts. */
  private wakeOther(cpu: Processor): void {
    if (cpu !== this.current) this.current.requestStop();
  }
  private restart(): void {
    this.resetRequested = false;
    for (const p of this.processors) p.reset();
    for (const lapic of this.lapics) lapic.reset();
    for (const device of this.board.devices) device.reset();
    if (this.boot) this.startKernel(this.boot);
  }
  private finish(end: MachineEnd): void {
    this.end ??= end;
    this.stopAll();
  }
  private stopAll(): void {
    for (const p of this.processors ?? []) p.requestStop();
  }

  private platform(index: number, processors: number, cpuModelOf: ProcessorPlatform['cpuModel']): ProcessorPlatform {
    const lapic = (): Lapic => this.lapics[index];
    const { board } = this;
    const interrupted = new Float64Array(256);
    this.interrupted.push(interrupted);
    return {
      index,
      processors,
      cpuModel: cpuModelOf,
      entropy: board.entropy,
      tsc: () => BigInt(this.retiredBefore + this.current.instructionsNow + this.idle),
      apic: {
        get taskPriority() {
          return lapic().cr8 << 4;
        },
        set taskPriority(value: number) {
          lapic().cr8 = value >> 4;
        },
        readRegister: (msr) => lapic().readMsr(msr),
        writeRegister: (msr, value) => lapic().writeMsr(msr, value),
        get tscDeadline() {
          return lapic().readMsr(MSR_TSC_DEADLINE) ?? 0n;
        },
        set tscDeadline(value: bigint) {
          lapic().writeMsr(MSR_TSC_DEADLINE, value);
        },
        baseChanged: () => {
          const cpu = this.processors?.[index];
          if (cpu && lapic()) lapic().writeMsr(MSR_APIC_BASE, cpu.read64(SLOT.APIC_BASE));
        },
        tscChanged: () => lapic()?.tscChanged(),
      },
      portRead: (port, bytes) => board.ports.read(port, bytes),
      portWrite: (port, bytes, value) => board.ports.write(port, bytes, value),
      acknowledgeInterrupt: () => {
        const vector = lapic().acknowledge();
        if (vector >= 0) interrupted[vector]++;
        return vector;
      },
      timeBase: () => this.retiredBefore + this.idle,
      synchronize: (instructions) => board.clock.setNow(this.retiredBefore + instructions + this.idle),
    };
  }
  private localApic(index: number): Lapic {
    const { board } = this;
    const cpu = this.processors[index];
    const guestTsc = (): bigint => cpu.platform.tsc() + cpu.read64(SLOT.TSC_OFFSET);
    return new Lapic(
      index,
      board.clock,
      board.interrupts,
      {
        intr: (level) => {
          cpu.setInterruptLine(level);
          if (level) this.wakeOther(cpu);
        },
        nmi: () => {
          cpu.raiseNmi();
          this.wakeOther(cpu);
        },
        init: () => cpu.init(),
        sipi: (vector) => {
          cpu.startUp(vector);
          this.wakeOther(cpu);
        },
        apicBaseChanged: (address) => {
          if (index !== 0) return;
          if (address === undefined) this.lapicPage.unmap();
          else this.lapicPage.move(address);
        },
      },
      {
        read: () => BigInt.asUintN(64, guestTsc()),
        timeOf: (value) => Number(BigInt.asUintN(64, value - cpu.read64(SLOT.TSC_OFFSET))),
      },
      () => board.pic.acknowledge(),
    );
  }
}

const modules = new WeakMap<Interpreter, WebAssembly.Module>();
/** Compiled once a process, however many machines there are; whoever wants the first one to be made quickly asks for it before. */
export function moduleOf(interpreter: Interpreter): WebAssembly.Module {
  let module = modules.get(interpreter);
  if (!module) {
    module = new WebAssembly.Module(interpreter.wasm);
    modules.set(interpreter, module);
  }
  return module;
}
function layoutOf(memory: number): ReturnType<typeof memoryLayout> {
  try {
    return memoryLayout(memory);
  } catch (e) {
    throw e instanceof BootImageError ? new MachineError(e.message) : e;
  }
}
function allocate(pages: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: PAGE_64K });
  } catch {
    throw new MachineError(`memory: the host cannot give ${Math.ceil(pages / 16)} MiB`);
  }
}
