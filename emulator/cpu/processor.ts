// SPDX-License-Identifier: MIT
/**
 * @fileoverview One virtual processor: runs code until an exact instruction count, delivers exceptions and interrupts between
 * instructions, and gives helpers their view of it (`Cpu`).
 *
 * `run(until)` alternates between an engine, which retires instructions in bulk, and what engines leave to it. An engine gets a
 * budget that leaves MAXIMUM_RUN instructions in reserve; the rest up to `until` runs from copies of records that end in a stop
 * record, so events happen at exact counts whatever the code.
 *
 * Whenever no engine runs, all state is in linear memory and RIP is valid. Order of events before an instruction (APM vol. 2,
 * 8.2.24, table 8-9): NMI, external interrupt, instruction; traps of the instruction before are delivered where it ends.
 */
import type { Tables } from '../decode/tables.ts';
import { FUSED, type RunMode, STACK_SEGMENT } from '../interp/records.ts';
import { RunCache, type RunHost } from '../interp/runs.ts';
import {
  ACCESS_KIND,
  EXIT,
  GPR,
  LEAVE_REASONS,
  MAXIMUM_RUN,
  ODD_REGISTERS,
  RECORD,
  SEG,
  SEGMENT,
  SLOT,
  STATE_SIZE,
  segmentSlot,
} from '../ir/state.ts';
import { allHelpers, type Cpu, GuestFault, type HelperArgs, type Platform } from '../isa/helper.ts';
import { DR6_BS, dataHit, debugException, executionHit, steppingBreakpoints, watchedPages } from '../isa/system/debug.ts';
import { deliverException, deliverInterrupt, deliverNmi, WITH_ERROR } from '../isa/system/interrupt.ts';
import { init as initState, reset as resetState, startup } from '../isa/system/reset.ts';
import { deriveAllBounds, linearAddress } from '../isa/system/segmentation.ts';
import type { Workshop } from '../jit/order.ts';
import { CompiledTier } from '../jit/tier.ts';
import type { CodeHolder, PhysicalMemory } from '../mmu/physical.ts';
import { Tlb } from '../mmu/tlb.ts';
import type { WalkEnvironment } from '../mmu/walk.ts';
import { CodePlaces, type CodeTranslation } from './codePlaces.ts';
import { InstructionPointer } from './instructionPointer.ts';
import { type AccessHost, MemoryAccess } from './memoryAccess.ts';
import { Modes, modeBits, withKind } from './modes.ts';
import { ScratchArguments } from './scratch.ts';
import { walkEnvironment } from './walkEnvironment.ts';

const CR0_AM = 1 << 18;
const CR4_SMAP = 1 << 21;
const EFER_LMA = 1 << 10;
const RFLAGS_TF = 1 << 8;
const RFLAGS_IF = 1 << 9;
const RFLAGS_RF = 1 << 16;
const RFLAGS_AC = 1 << 18;
const ATTRIBUTE_LONG = 1 << 9;
const ATTRIBUTE_BIG = 1 << 10;
/** The engine comes back at least this often, so that the host's compiler can replace the interpreter's code. */
const SLICE = 500_000;
const PAGE = 4096;
const FIGURES_END = SLOT.LEFT + 4 * LEAVE_REASONS.length;

/** How the processor reaches what is around it. */
export interface ProcessorPlatform extends Platform {
  portRead(port: number, bytes: 1 | 2 | 4): number;
  portWrite(port: number, bytes: 1 | 2 | 4, value: number): void;
  /** The vector to deliver, or -1 if the request has gone away. */
  acknowledgeInterrupt(): number;
  /** Nanoseconds of the virtual clock when this processor had retired nothing: it stands still but for what this one retires while it runs. */
  timeBase(): number;
  /** Brings the virtual clock to `instructions` retired by this processor. */
  synchronize(instructions: number): void;
}
/**
 * Which engine runs code: the interpreter; both, hot code being compiled; both, with everything compiled that is entered a second time.
 * The guest cannot tell.
 */
export type Tiering = 'interpreted' | 'mixed' | 'compiled';
export const TIERINGS: readonly Tiering[] = ['interpreted', 'mixed', 'compiled'];
/** Entries after which a run is compiled; 0: never. To compile an instruction costs as much as to interpret it some thousand times. */
const HOT_AFTER: Record<Tiering, number> = { interpreted: 0, mixed: 16_000, compiled: 1 };
export interface ProcessorOptions {
  index: number;
  physical: PhysicalMemory;
  tables: Tables;
  module: WebAssembly.Module;
  keys: readonly string[];
  /** Bytes of linear memory for decoded code. */
  pool: { start: number; end: number };
  platform: ProcessorPlatform;
  tiering?: Tiering;
  /** Where regions are compiled while the processor goes on; without, it waits for them. */
  workshop?: Workshop | undefined;
}
/** Thrown by `shutdown`: a triple fault. */
export class Shutdown extends Error {}

/** What guests can see of a processor and is neither in linear memory nor in the TLB. */
export interface HiddenState {
  /** DR6 bits of traps that MOV SS holds back. */
  trapsPending: number;
  /** All user translations were filled under alignment checking. */
  checkedFills: boolean;
  /** Translations that code was fetched through. */
  code: readonly CodeTranslation[];
}

type EngineRun = (ip: number, budget: number, tlb: number, base: number) => void;

export class Processor extends InstructionPointer implements Cpu, AccessHost, RunHost, CodeHolder {
  readonly index: number;
  readonly u8: Uint8Array;
  readonly physical: PhysicalMemory;
  readonly platform: ProcessorPlatform;
  readonly tlb: Tlb;
  readonly runs: RunCache;
  readonly poolStart: number;
  readonly poolEnd: number;
  readonly hotAfter: number;
  readonly compiled: CompiledTier | undefined;
  readonly args: HelperArgs;
  readonly walkEnvironment: WalkEnvironment;

  /** Instructions retired since power-on. */
  retired = 0;
  halted = false;
  /** Waiting for a start-up IPI. */
  parked = false;
  private stopRequested = false;
  /** Features that the guest wanted and that do not exist, with how often. */
  readonly missingFeatures = new Map<string, number>();
  /** Told once a feature. */
  onMissing: (feature: string, rip: bigint) => void = () => {};

  systemKind: number = ACCESS_KIND.supervisor;
  longMode = false;
  /** Bit 20 of physical addresses is held at 0. */
  a20Closed = false;
  alignmentCheck = false;
  /** The user's translations were all filled under alignment checking, so that none of them hides an access. */
  private checkedFills = false;
  alone = false;

  private readonly access: MemoryAccess;
  /** The interpreter's loops for 64-bit code and for other modes. */
  private longEngine!: EngineRun;
  private legacyEngine!: EngineRun;
  private engine!: EngineRun;
  private readonly module: WebAssembly.Module;
  private readonly modes = new Modes();
  private codeBaseLow = 0;
  /** What the jump cache of each access kind was filled under. */
  private readonly jumpModes: RunMode[] = [];
  private readonly jumpBases: number[] = [];
  private interruptLine = false;
  /** An NMI has arrived and not been delivered. */
  nmiWaiting = false;

  /** Vector of the fault that the engine left with and that is to be delivered, or -1; faults of helpers and fetches are thrown. */
  private faulted = -1;

  // Of the engine call or helper in progress.
  private given = 0;
  private currentBudget = 0;
  private leaving = false;
  /** Legacy code is about to run with registers that may have upper halves. */
  private registersToLookAt = false;
  /** Raised whenever records may have been dropped. */
  private generation = 0;
  /** Compiled code has left the instruction at RIP to the interpreter. */
  private interpretNext = false;
  private timeBase = 0;
  /** A record whose branch target is about to be looked up and may be linked, and the generation it belongs to. */
  private linkFrom = 0;
  private linkGeneration = 0;
  /** Data breakpoints: linear pages (number) under watch. */
  private watchedPages = new Set<number>();
  private executionBreakpoints = false;
  /** DR6 bits of traps to deliver after the instruction. */
  private trapsPending = 0;
  /** Within `step`, which looks for traps when the instruction is done. */
  private stepping = false;
  private readonly codePlaces = new CodePlaces();
  /** Whether the code found last lies in a global page, both of them if it crosses. */
  private codeIsGlobal = false;

  constructor(options: ProcessorOptions) {
    super(options.index, options.physical.view);
    this.index = options.index;
    this.physical = options.physical;
    this.u8 = options.physical.u8;
    this.platform = options.platform;
    this.poolStart = options.pool.start;
    this.poolEnd = options.pool.end;
    this.hotAfter = HOT_AFTER[options.tiering ?? 'interpreted'];
    this.tlb = new Tlb(options.physical.memory, options.index);
    this.runs = new RunCache(this, options.tables, options.keys);
    this.args = new ScratchArguments(this.view, this.base);
    this.access = new MemoryAccess(this);
    this.walkEnvironment = walkEnvironment(this);
    this.module = options.module;
    const table = this.instantiate();
    if (this.hotAfter > 0) this.compiled = this.makeTier(table, this.hotAfter === 1, options.workshop);
    options.physical.codeHolders.push(this);
    this.reset();
  }

  /** A new instance of the interpreter, whose table compiled code shares. */
  private instantiate(): WebAssembly.Table {
    const instance = new WebAssembly.Instance(this.module, {
      env: {
        memory: this.physical.memory,
        slow: (low: number, high: number, what: number, ip: number, budget: number) =>
          this.access.slow(low, high, what, ip, budget),
        flush: () => this.access.flush(),
        helper: (index: number, ip: number, budget: number) => this.callHelper(index, ip, budget),
      },
    });
    this.longEngine = instance.exports.run as EngineRun;
    this.legacyEngine = instance.exports.runLegacy as EngineRun;
    this.engine = this.codeSize === 64 ? this.longEngine : this.legacyEngine;
    return instance.exports.table as WebAssembly.Table;
  }
  private makeTier(table: WebAssembly.Table, atOnce: boolean, workshop: Workshop | undefined): CompiledTier {
    const host = {
      index: this.index,
      memory: this.physical.memory,
      view: this.view,
      base: this.base,
      runs: this.runs,
      atOnce,
      startOver: () => {
        this.runs.clear();
        return this.instantiate();
      },
      placeOfPage: (page: number) => this.physical.placeOfPage(page),
      modeNumber: (id: number) => this.modes.byNumber[id],
      tlbBlock: (kind: number) => this.tlb.block(kind),
      lookupJump: (kind: number, rip: bigint) =>
        this.tlb.lookupJump(kind, Number(BigInt.asIntN(32, rip >> 32n)), Number(BigInt.asIntN(32, rip))),
      near: (kind: number, rip: bigint, farthest: number) =>
        this.tlb
          .jumpsNear(kind, Number(BigInt.asIntN(32, rip >> 32n)), Number(BigInt.asIntN(32, rip)), farthest)
          .filter(({ record }) => this.runs.isHead(record))
          .map(({ offset, record }) => ({ offset, head: record })),
      u8: this.u8,
      hotAfter: this.hotAfter,
      model: this.platform.cpuModel.name,
      workshop,
      help: (helper: number, record: number, budget: number) => this.help(helper, record, budget),
    };
    return new CompiledTier(host, table);
  }

  // Modes.

  modeChanged(): void {
    const cr0 = this.read32(SLOT.CR0);
    const cr4 = this.read32(SLOT.CR4);
    this.longMode = (this.read32(SLOT.EFER) & EFER_LMA) !== 0;
    const cs = this.read16(segmentSlot(SEGMENT.cs) + SEG.attributes);
    const ss = this.read16(segmentSlot(SEGMENT.ss) + SEG.attributes);
    this.codeSize = this.longMode && cs & ATTRIBUTE_LONG ? 64 : cs & ATTRIBUTE_BIG ? 32 : 16;
    this.engine = this.codeSize === 64 ? this.longEngine : this.legacyEngine;
    const stack = this.codeSize === 64 ? 64 : ss & ATTRIBUTE_BIG ? 32 : 16;
    const smap = (cr4 & CR4_SMAP) !== 0;
    this.systemKind = smap ? ACCESS_KIND.supervisorSmap : ACCESS_KIND.supervisor;
    const relaxed = (this.read32(SLOT.RFLAGS) & RFLAGS_AC) !== 0;
    const kind = this.cpl === 3 ? ACCESS_KIND.user : relaxed ? ACCESS_KIND.supervisor : this.systemKind;
    this.alignmentCheck = this.cpl === 3 && relaxed && (cr0 & CR0_AM) !== 0;
    if (this.cpl === 3 && this.alignmentCheck !== this.checkedFills) {
      this.checkedFills = this.alignmentCheck;
      if (this.alignmentCheck) this.tlb.flush(false);
    }
    this.write32(SLOT.TLB, this.tlb.block(kind));
    this.codeBaseLow = this.codeSize === 64 ? 0 : this.read32(segmentSlot(SEGMENT.cs) + SEG.base);
    const bits = modeBits(this.codeSize, stack, cr0, cr4, kind);
    const before = this.jumpModes[kind];
    const mode = before?.bits === bits ? before : this.modes.of(this.codeSize, stack, cr0, cr4, kind);
    // A jump cache knows addresses only, not what code there means. There is one for each kind of access.
    if (this.jumpModes[kind] !== mode || this.jumpBases[kind] !== this.codeBaseLow) {
      this.tlb.flushJumpsOf(kind);
      this.jumpModes[kind] = mode;
      this.jumpBases[kind] = this.codeBaseLow;
    }
    this.writeBlocks(stack, cr0, cr4);
    this.registersToLookAt = this.codeSize !== 64;
    this.leaving = true;
  }
  /** Which kinds of access compiled code may change to: those whose jump cache was filled under the mode that it would have. */
  private writeBlocks(stack: 16 | 32 | 64, cr0: number, cr4: number): void {
    const easy = !this.alignmentCheck && !this.checkedFills;
    const bits = modeBits(this.codeSize, stack, cr0, cr4, 0);
    this.write32(SLOT.BLOCK_USER, this.blockOf(ACCESS_KIND.user, easy, bits));
    this.write32(SLOT.BLOCK_SYSTEM, this.blockOf(this.systemKind, easy, bits));
    this.write32(SLOT.BLOCK_RELAXED, this.blockOf(ACCESS_KIND.supervisor, easy, bits));
  }
  private blockOf(kind: number, easy: boolean, bits: number): number {
    const same = easy && this.jumpModes[kind]?.bits === withKind(bits, kind) && this.jumpBases[kind] === this.codeBaseLow;
    return same ? this.tlb.block(kind) : 0;
  }
  /** Notes for compiled code, which holds no upper halves of registers in legacy modes, whether there are any. */
  private lookAtRegisters(): void {
    this.registersToLookAt = false;
    let upper = 0;
    for (let n = 0; n < 8; n++) upper |= this.read32(GPR(n) + 4);
    const odd = this.read32(SLOT.ODD) & ~ODD_REGISTERS;
    this.write32(SLOT.ODD, upper === 0 ? odd : odd | ODD_REGISTERS);
  }
  /** ACCESS_KIND of the program's accesses. Compiled code changes it by itself. */
  get accessKind(): number {
    return this.tlb.kindOf(this.read32(SLOT.TLB));
  }
  private get mode(): RunMode {
    return this.jumpModes[this.accessKind];
  }
  flushTlb(keepGlobal: boolean): void {
    this.tlb.flush(keepGlobal);
    this.codePlaces.flush(keepGlobal);
    this.leaving = true;
  }
  flushPage(linear: bigint): void {
    const high = Number(BigInt.asIntN(32, linear >> 32n));
    const low = Number(BigInt.asIntN(32, linear));
    this.tlb.flushPage(high, low);
    // A page that no code was fetched from is in no jump cache either. A booting kernel invalidates its windows on memory thousands of times.
    if (this.codePlaces.holds(high, low)) {
      this.codePlaces.flush(false);
      this.tlb.flushJumps();
    }
    this.leaving = true;
  }
  setA20(open: boolean): void {
    if (open !== this.a20Closed) return;
    this.a20Closed = !open;
    this.flushTlb(false);
  }
  breakpointsChanged(): void {
    this.executionBreakpoints = steppingBreakpoints(this);
    this.watchedPages = new Set(watchedPages(this).map((page) => Number(page >> 12n)));
    this.flushTlb(false);
  }

  // AccessHost.

  beforeDevice(ip: number, budget: number): void {
    this.platform.synchronize(
      ip
        ? this.retiredAt(ip, budget)
        : this.currentRecord
          ? this.retiredAt(this.currentRecord, this.currentBudget)
          : this.retired,
    );
  }
  get stackOperand(): boolean {
    return this.currentRecord !== 0 && (this.view.getUint8(this.currentRecord + RECORD.length) & STACK_SEGMENT) !== 0;
  }
  breakpointPage(high: number, low: number): boolean {
    return this.watchedPages.size > 0 && this.watchedPages.has((high >>> 0) * 0x100000 + (low >>> 12));
  }
  breakpointAccess(high: number, low: number, size: number, write: boolean): void {
    const linear = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
    this.trapsPending |= dataHit(this, linear, size, write);
    if (this.trapsPending) this.leaving = true;
  }
  /** Instructions retired before the one of record `ip`. */
  private retiredAt(ip: number, budget: number): number {
    const own = this.view.getUint8(ip + RECORD.length) & FUSED ? 2 : 1;
    return this.retired + (this.given - budget) + Math.max(0, this.view.getUint16(ip + RECORD.count, true) - own);
  }

  // RunHost.

  codeAppeared(page: number): void {
    this.physical.codeAppeared(page);
  }
  pageForgotten(page: number): void {
    this.compiled?.pageForgotten(page);
  }
  runsDropped(isDropped?: (record: number) => boolean): void {
    this.generation++;
    if (isDropped) this.tlb.dropJumps(isDropped);
    else this.tlb.flushJumps();
    this.leaving = true;
  }

  poolCleared(): void {
    this.compiled?.cleared();
  }

  // CodeHolder.

  watchCode(page: number): void {
    this.tlb.watch(this.physical.placeOfPage(page), false);
  }
  codeWritten(page: number, offset: number, size: number): void {
    if (this.isCode(page, offset, size)) this.runs.invalidate(page);
  }
  isCode(page: number, offset: number, size: number): boolean {
    return this.runs.isWatched(page, offset, size);
  }
  holdsCode(page: number): boolean {
    return this.runs.isCode(page);
  }

  // Cpu, for helpers.

  raise(vector: number, error?: number): never {
    throw new GuestFault(vector, error);
  }
  leave(): void {
    this.leaving = true;
  }
  debugTrap(bits: number): void {
    this.trapsPending |= bits;
  }
  singleStep(trap: boolean): void {
    // Where TF was clear before, nobody waits for a trap behind the instruction.
    if (trap && !this.stepping) debugException(this, DR6_BS);
    else this.trapsPending = trap ? this.trapsPending | DR6_BS : this.trapsPending & ~DR6_BS;
    this.leaving = true;
  }
  halt(): void {
    this.halted = true;
    this.leaving = true;
  }
  shutdown(): never {
    throw new Shutdown('triple fault');
  }
  missing(feature: string): never {
    const n = this.missingFeatures.get(feature) ?? 0;
    this.missingFeatures.set(feature, n + 1);
    if (n === 0) this.onMissing(feature, this.instructionRip);
    throw new GuestFault(6);
  }
  load(linear: bigint, bytes: number): bigint {
    return this.access.load(linear, bytes, false);
  }
  store(linear: bigint, bytes: number, value: bigint): void {
    this.access.store(linear, bytes, value, false);
  }
  loadSystem(linear: bigint, bytes: number): bigint {
    return this.access.load(linear, bytes, true);
  }
  storeSystem(linear: bigint, bytes: number, value: bigint): void {
    this.access.store(linear, bytes, value, true);
  }
  loadHalves(linear: number, bytes: number, system: boolean): number {
    return this.access.read(Math.floor(linear / 2 ** 32), linear | 0, bytes, system);
  }
  storeHalves(linear: number, bytes: number, low: number, high: number, system: boolean): void {
    this.access.write(Math.floor(linear / 2 ** 32), linear | 0, bytes, low, high, system);
  }
  knownPlace(linear: number, bytes: number, write: boolean, system: boolean): number {
    return this.tlb.plain(system ? this.systemKind : this.accessKind, write, Math.floor(linear / 2 ** 32), linear | 0, bytes);
  }
  get upperHalf(): number {
    return this.access.upperHalf;
  }
  probe(linear: bigint, bytes: number, write: boolean): void {
    this.access.probe(linear, bytes, write);
  }
  place(linear: bigint, bytes: number, write: boolean): number {
    return this.access.place(linear, bytes, write);
  }
  linear(seg: number, offset: bigint, bytes: number, write: boolean): bigint {
    return linearAddress(this, seg, offset, bytes, write);
  }
  readPhysical64(address: number): bigint {
    return this.physical.read64(address);
  }
  portRead(port: number, bytes: 1 | 2 | 4): number {
    this.beforeDevice(0, 0);
    return this.platform.portRead(port, bytes);
  }
  portWrite(port: number, bytes: 1 | 2 | 4, value: number): void {
    this.beforeDevice(0, 0);
    this.platform.portWrite(port, bytes, value);
  }

  private callHelper(index: number, ip: number, budget: number): number {
    this.currentRecord = ip;
    this.currentBudget = budget;
    this.ripAssigned = false;
    allHelpers[index].run(this);
    // A throw leaves the record set: the exit needs it.
    const assigned = this.ripAssigned;
    this.currentRecord = 0;
    if (!assigned && !this.leaving) return 0;
    if (!assigned) this.ripToNext(ip);
    this.write32(SLOT.EXIT, EXIT.helper);
    return 1;
  }
  /**
   * For compiled code: calls the helper at the end of an instruction that has been charged already. 1: goes on at RIP; 0: leaves, EXIT being set.
   * Between 64-bit code and other the processor leaves, since that needs the other engine.
   */
  private help(index: number, record: number, budget: number): number {
    const long = this.codeSize === 64;
    this.currentRecord = record;
    this.currentBudget = budget + 1;
    this.ripAssigned = false;
    allHelpers[index].run(this);
    const assigned = this.ripAssigned;
    this.currentRecord = 0;
    if (!assigned) this.ripToNext(record);
    if (!this.leaving) return 1;
    if (long === (this.codeSize === 64) && !this.mustLeave()) {
      if (this.registersToLookAt) this.lookAtRegisters();
      this.endResume();
      this.leaving = false;
      return 1;
    }
    this.write32(SLOT.EXIT, EXIT.helper);
    return 0;
  }
  /** Whether anything is to be done before the next instruction. */
  private mustLeave(): boolean {
    return this.halted || this.parked || this.stopRequested || this.interruptLine || this.nmiWaiting || this.needsStepping();
  }
  /** Virtual time of a helper's instruction, in retired instructions. */
  get instructionsNow(): number {
    return this.currentRecord ? this.retiredAt(this.currentRecord, this.currentBudget) : this.retired;
  }

  // Interrupts.

  private eventsChanged(): void {
    this.write32(SLOT.EVENTS, this.interruptLine || this.nmiWaiting ? 1 : 0);
  }
  /** Whether the instruction before keeps interrupts out until the next one has been executed. */
  inShadow(): boolean {
    if (this.read32(SLOT.SHADOW) !== 0) return true;
    const shadow = this.platform.timeBase() + this.retired + 1;
    return this.read32(SLOT.STI_SHADOW) === (shadow | 0) && this.read32(SLOT.STI_SHADOW + 4) === Math.floor(shadow / 2 ** 32);
  }
  setInterruptLine(level: boolean): void {
    this.interruptLine = level;
    this.eventsChanged();
    if (level) this.leaving = true;
  }
  /** Whether a halted processor would go on. */
  hasWork(): boolean {
    if (this.parked) return false;
    if (!this.halted) return true;
    const interruptible = this.interruptLine && (this.read32(SLOT.RFLAGS) & RFLAGS_IF) !== 0;
    return interruptible || (this.nmiWaiting && !this.read32(SLOT.NMI_MASK));
  }
  /** `run` returns before the next instruction. */
  requestStop(): void {
    this.stopRequested = true;
    this.leaving = true;
  }
  raiseNmi(): void {
    this.nmiWaiting = true;
    this.eventsChanged();
    this.leaving = true;
  }

  // Running.

  /** Retires instructions until `until` of them are, the processor halts, or a stop is requested. */
  run(until: number): void {
    this.stopRequested = false;
    this.timeBase = this.platform.timeBase();
    while (this.retired < until && !this.stopRequested) {
      if (this.parked) return;
      try {
        if (!this.takeEvents()) return;
        if (this.needsStepping()) this.step();
        else {
          this.endResume();
          if (until - this.retired > MAXIMUM_RUN) this.runEngine(Math.min(until - this.retired, SLICE) - MAXIMUM_RUN);
          else this.runExactly(until - this.retired);
        }
      } catch (e) {
        if (!(e instanceof GuestFault)) throw e;
        this.deliver(e.vector, e.error);
      }
      const vector = this.faulted;
      if (vector < 0) continue;
      this.faulted = -1;
      this.deliver(vector, WITH_ERROR.has(vector) ? this.read32(SLOT.ERROR) : undefined);
    }
  }
  private deliver(vector: number, error: number | undefined): void {
    this.currentRecord = 0;
    deliverException(this, vector, error);
    // Delivery takes the time of an instruction: a handler whose first instruction faults for ever must not stop the clock.
    this.retired++;
  }
  /** False while halted. */
  private takeEvents(): boolean {
    if (!this.nmiWaiting && !this.interruptLine && !this.halted) return true;
    const shadow = this.inShadow();
    if (this.nmiWaiting && !shadow && !this.read32(SLOT.NMI_MASK)) {
      this.nmiWaiting = false;
      this.eventsChanged();
      this.halted = false;
      deliverNmi(this);
    } else if (this.interruptLine && !shadow && this.read32(SLOT.RFLAGS) & RFLAGS_IF) {
      const vector = this.platform.acknowledgeInterrupt();
      if (vector >= 0) {
        this.halted = false;
        deliverInterrupt(this, vector);
      }
    }
    return !this.halted;
  }
  /** Whether something may happen after the very next instruction. */
  private needsStepping(): boolean {
    return (
      this.executionBreakpoints ||
      this.watchedPages.size > 0 ||
      (this.read32(SLOT.RFLAGS) & RFLAGS_TF) !== 0 ||
      this.read32(SLOT.SHADOW) !== 0 ||
      ((this.interruptLine || this.nmiWaiting) && this.inShadow())
    );
  }
  /** RF covers the next instruction only, which begins now; while nothing can hit, that is all there is to it. */
  private endResume(): void {
    const flags = this.read32(SLOT.RFLAGS);
    if (flags & RFLAGS_RF) this.write32(SLOT.RFLAGS, flags & ~RFLAGS_RF);
  }
  /** One instruction, with what debugging adds to it. */
  private step(): void {
    const flags = this.read32(SLOT.RFLAGS);
    if (this.executionBreakpoints && !(flags & RFLAGS_RF)) {
      const hit = executionHit(this, this.linearRip());
      if (hit) {
        debugException(this, hit);
        return;
      }
    }
    const shadow = this.read32(SLOT.SHADOW);
    const before = this.retired;
    if (flags & RFLAGS_TF) this.trapsPending |= DR6_BS;
    // RF and the shadow cover one instruction: that which sets them is not covered by itself.
    if (shadow) this.write32(SLOT.SHADOW, 0);
    if (flags & RFLAGS_RF) this.write32(SLOT.RFLAGS, flags & ~RFLAGS_RF);
    const undone = (): void => {
      this.trapsPending = 0;
      if (flags & RFLAGS_RF) this.write32(SLOT.RFLAGS, this.read32(SLOT.RFLAGS) | RFLAGS_RF);
    };
    this.stepping = true;
    try {
      this.runExactly(1);
    } catch (e) {
      undone();
      throw e;
    } finally {
      this.stepping = false;
    }
    if (this.faulted >= 0) {
      undone();
      return;
    }
    if (this.retired === before || this.read32(SLOT.SHADOW) !== 0) return;
    const traps = this.trapsPending;
    this.trapsPending = 0;
    if (traps) debugException(this, traps);
  }
  private linearRip(): bigint {
    const rip = this.read64(SLOT.RIP);
    return this.codeSize === 64 ? rip : BigInt.asUintN(32, rip + BigInt(this.codeBaseLow));
  }

  private runEngine(budget: number): void {
    this.compiled?.tick(this.retired);
    this.call(this.enter(), budget);
  }
  /** The record for RIP; fetch faults are thrown. */
  private enter(): number {
    const low = this.read32(SLOT.RIP);
    const high = this.read32(SLOT.RIP + 4);
    const from = this.linkFrom;
    this.linkFrom = 0;
    let record = this.tlb.lookupJump(this.accessKind, high, low);
    const linear = this.codeSize === 64 ? low : (low + this.codeBaseLow) | 0;
    const offset = linear & (PAGE - 1);
    if (record === 0) {
      record = this.findCode(high, low, linear, offset);
      this.tlb.fillJump(this.accessKind, high, low, record, offset, this.codeIsGlobal);
    }
    // PAGE = RIP - offset. A link leaves it as it is, and asks nobody about other pages.
    const links = from !== 0 && this.read32(SLOT.PAGE) === ((low - offset) | 0) && !this.runs.isCrossing(record);
    this.write32(SLOT.PAGE, low - offset);
    this.write32(SLOT.PAGE + 4, low >>> 0 < offset ? high - 1 : high);
    if (this.interpretNext) {
      this.interpretNext = false;
      return this.runs.firstOf(record);
    }
    if (links && this.linkGeneration === this.generation) this.view.setInt32(from + RECORD.link, record, true);
    return record;
  }
  private findCode(high: number, ripLow: number, low: number, offset: number): number {
    const limit = this.read32(segmentSlot(SEGMENT.cs) + SEG.limit);
    if (this.codeSize !== 64 && (high !== 0 || ripLow >>> 0 > limit >>> 0)) this.raise(13, 0);
    const linearHigh = this.codeSize === 64 ? high : 0;
    this.codeIsGlobal = true;
    const place = this.codePlace(linearHigh, low);
    const page = this.physical.pageAt(place);
    // The page holds code behind the segment's limit, and a run would go on into it.
    if (this.codeSize !== 64 && limit >>> 0 < (ripLow >>> 0) - offset + PAGE - 1)
      return this.findAtLimit(limit, ripLow, page, offset, place);
    const known = this.runs.find(page, offset, this.mode);
    if (known) return known;
    const record = this.runs.build(page, offset, place, this.mode);
    if (record) return record;
    return this.findCrossing(linearHigh, low, page, offset, place);
  }
  /** A single instruction, so that the limit is asked again behind it; it must not reach beyond the limit itself (SDM, volume 3, 5.3). */
  private findAtLimit(limit: number, ripLow: number, page: number, offset: number, place: number): number {
    const length = this.runs.lengthAt(offset, place, this.mode);
    if ((ripLow >>> 0) + length - 1 > limit >>> 0) this.raise(13, 0);
    return this.runs.crossing(page, offset, this.mode, page, place, place);
  }
  private findCrossing(high: number, low: number, page: number, offset: number, place: number): number {
    const nextLow = ((low & ~(PAGE - 1)) + PAGE) | 0;
    const nextHigh = nextLow === 0 && this.codeSize === 64 ? (high + 1) | 0 : high;
    const second = this.codePlace(nextHigh, nextLow);
    return this.runs.crossing(page, offset, this.mode, this.physical.pageAt(second), place, second);
  }
  /** Place of a page of code. Code outside RAM is not executed: there is nothing there but ones. */
  private codePlace(high: number, low: number): number {
    const kind = this.accessKind;
    let code = this.codePlaces.find(kind, high, low);
    if (code === undefined) {
      code = this.access.fetch(high, low);
      if (code.place < 0) this.raise(6);
      this.codePlaces.remember(kind, high, low, code);
    }
    this.codeIsGlobal &&= code.global;
    return code.place;
  }

  /** Runs records from `record` and accounts for what they did. */
  private call(record: number, budget: number): void {
    this.given = budget;
    this.leaving = false;
    this.currentRecord = 0;
    if (this.registersToLookAt) this.lookAtRegisters();
    const end = this.timeBase + this.retired + budget;
    this.view.setUint32(this.base + SLOT.TIME_END, end, true);
    this.view.setUint32(this.base + SLOT.TIME_END + 4, end / 2 ** 32, true);
    try {
      this.engine(record, budget, this.read32(SLOT.TLB), this.base);
    } catch (e) {
      if (!(e instanceof GuestFault)) throw e;
      const ip = this.currentRecord;
      this.currentRecord = 0;
      this.write32(SLOT.IP, ip);
      this.write32(SLOT.BUDGET, this.currentBudget);
      this.beforeRecord(ip);
      throw e;
    }
    this.exited();
  }
  /** The instruction of `ip` has not been retired: RIP is its own. */
  private beforeRecord(ip: number): void {
    const own = this.view.getUint8(ip + RECORD.length) & FUSED ? 2 : 1;
    const count = this.view.getUint16(ip + RECORD.count, true);
    this.retired += this.given - this.read32(SLOT.BUDGET) + Math.max(0, count - own);
    this.setRipTo(this.startOffset(ip));
  }
  private exited(): void {
    const ip = this.read32(SLOT.IP);
    const used = this.given - this.read32(SLOT.BUDGET);
    const count = this.view.getUint16(ip + RECORD.count, true);
    switch (this.read32(SLOT.EXIT)) {
      case EXIT.lookup:
        this.retired += used;
        if (this.runs.isLinkable(ip)) {
          this.linkFrom = ip;
          this.linkGeneration = this.generation;
        }
        break;
      case EXIT.helper:
        this.retired += used + count;
        break;
      case EXIT.stop:
        this.retired += used + count;
        this.ripToNext(ip);
        break;
      case EXIT.repeat:
        this.retired += used + count - 1;
        this.setRipTo(this.startOffset(ip));
        break;
      case EXIT.hot:
        this.retired += used;
        this.setRipTo(this.startOffset(ip));
        this.compiled?.hot(ip, this.retired);
        break;
      case EXIT.interpret:
        this.retired += used;
        this.interpretNext = true;
        break;
      case EXIT.single:
        this.beforeRecord(ip);
        this.runAlone(ip);
        return;
      case EXIT.fault:
        this.beforeRecord(ip);
        this.faulted = this.read32(SLOT.FAULT);
        break;
      default:
        throw new Error(`the engine left with ${this.read32(SLOT.EXIT)}`);
    }
  }
  /** Executes the instruction of one record with device registers and code stores allowed. */
  private runAlone(record: number): void {
    this.runs.copyOne(record);
    this.alone = true;
    try {
      this.call(this.poolStart, 0);
    } finally {
      this.alone = false;
    }
  }
  /** Exactly `n` instructions, at most MAXIMUM_RUN, or fewer if something else comes first. */
  private runExactly(n: number): void {
    const record = this.enter();
    if (this.runs.copyExactly(record, n) === 0) this.decodeAlone();
    this.call(this.poolStart, 0);
  }
  /** The first of a fused pair by itself. */
  private decodeAlone(): void {
    const low = Number(BigInt.asIntN(32, this.linearRip()));
    const high = this.codeSize === 64 ? Number(BigInt.asIntN(32, this.linearRip() >> 32n)) : 0;
    this.runs.decodeOne(low & (PAGE - 1), this.codePlace(high, low), this.mode);
  }

  // Snapshots.

  get hidden(): HiddenState {
    const { trapsPending, checkedFills } = this;
    return { trapsPending, checkedFills, code: this.codePlaces.all() };
  }
  /** Registers in linear memory have been replaced, and RAM: what was made of them is made anew. The TLB is empty then. */
  stateReplaced({ trapsPending, checkedFills, code }: HiddenState): void {
    this.currentRecord = 0;
    this.linkFrom = 0;
    this.eventsChanged();
    this.write64(SLOT.STI_SHADOW, 0n);
    this.runs.clear();
    deriveAllBounds(this);
    this.breakpointsChanged();
    this.modeChanged();
    this.trapsPending = trapsPending;
    this.checkedFills = checkedFills;
    for (const { kind, high, low, place, global, size } of code)
      this.codePlaces.remember(kind, high, low, { place, global, size });
  }

  // Reset.

  /** Power-on or RESET#. */
  reset(): void {
    const figures = this.u8.slice(this.base + SLOT.COMPILED, this.base + FIGURES_END);
    this.u8.fill(0, this.base, this.base + STATE_SIZE);
    this.u8.set(figures, this.base + SLOT.COMPILED);
    const flat = this.base + segmentSlot(SEGMENT.flat);
    this.view.setUint32(flat + SEG.readHigh, 0xffffffff, true);
    this.view.setUint32(flat + SEG.writeHigh, 0xffffffff, true);
    resetState(this);
    this.parked = this.index !== 0;
    this.wakeClean();
  }
  /** INIT: waits for SIPI unless it is the bootstrap processor. */
  init(): void {
    initState(this);
    this.parked = this.index !== 0;
    this.wakeClean();
  }
  /** Starts a parked processor in real mode at `vector` * 4096. */
  startUp(vector: number): void {
    if (!this.parked) return;
    this.parked = false;
    startup(this, vector);
  }
  private wakeClean(): void {
    this.halted = false;
    this.nmiWaiting = false;
    this.eventsChanged();
    this.currentRecord = 0;
    this.linkFrom = 0;
  }
}
