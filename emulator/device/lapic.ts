// SPDX-License-Identifier: MIT
/**
 * @fileoverview The local APIC of one CPU: xAPIC registers in memory and x2APIC registers as MSRs (Intel SDM vol. 3, chapter 11).
 *
 * Interrupts arrive as messages from the interrupt bus (`deliver`), from the two local pins, and from the timer. Fixed ones are latched
 * in IRR; the highest whose priority class beats PPR is `pendingVector()`. `intrOutput` tells the CPU whether anything waits, and
 * the CPU, when it takes an interrupt, calls `acknowledge()`. ExtINT (LINT0 in virtual wire mode, or the APIC globally disabled) passes
 * the 8259 pair through: the vector then comes from its INTA cycle. NMI, INIT and SIPI go to the CPU's own methods.
 *
 * Invariants: TMR bit v says how v was triggered when IRR bit v was set; EOI of a level-triggered vector is broadcast to the I/O APICs.
 * APIC_BASE moves only along the SDM's state diagram (figure 11-27); leaving x2APIC mode for anything but disabled is #GP.
 *
 * The registers are in `lapicRegisters.ts`, the timer is `lapicTimer.ts`.
 *
 * Left out, as in QEMU: EOI broadcast suppression, the CMCI entry (no machine checks), SMI delivery, focus processors. Lowest-priority
 * arbitration is the interrupt bus's.
 */
import type { AccessSize, Clock, Device, DeviceState, IrqLine, RegisterBlock } from '../bus/device.ts';
import { Wire } from '../bus/irq.ts';
import { loadFields, saveFields } from '../bus/state.ts';
import type { InterruptBus, InterruptMessage, InterruptTarget } from './interruptBus.ts';
import {
  APR,
  CURRENT_COUNT,
  DFR,
  DIVIDE,
  EOI,
  ESR,
  ICR_HIGH,
  ICR_LOW,
  ID,
  INITIAL_COUNT,
  IRR,
  ISR,
  isReadableMsr,
  isWritableIcr,
  isWritableMsr,
  LDR,
  LVT_ERROR,
  LVT_PENDING,
  LVT_TIMER,
  LVT_WRITABLE,
  PPR,
  SELF_IPI,
  SVR,
  TMR,
  TPR,
  VERSION_REGISTER,
} from './lapicRegisters.ts';
import { LapicTimer, type LapicTsc, timerPowerOn } from './lapicTimer.ts';
import { clearBit, highest, setBit, testBit } from './vectorSet.ts';

const VERSION = 1;

/** Index into the local vector table: timer, thermal, performance, LINT0, LINT1, error. */
const [TIMER, LINT0, LINT1, ERROR] = [0, 3, 4, 5];
const LVT_MASKED = 0x10000;
const LVT_REMOTE_IRR = 0x4000;
const LVT_LEVEL = 0x8000;

/** Integrated APIC, six LVT entries. */
const VERSION_VALUE = 0x00050014;
const SVR_ENABLED = 0x100;

const FIXED = 0;
const LOWEST_PRIORITY = 1;
const NMI = 4;
const INIT = 5;
const STARTUP = 6;
const EXTINT = 7;

const ESR_SEND_ILLEGAL = 0x20;
const ESR_RECEIVE_ILLEGAL = 0x40;
const ESR_REGISTER_ILLEGAL = 0x80;

const MSR_APIC_BASE = 0x1b;
const MSR_TSC_DEADLINE = 0x6e0;
const MSR_X2APIC = 0x800;
const BASE_BSP = 1n << 8n;
const BASE_X2 = 1n << 10n;
const BASE_ENABLE = 1n << 11n;
const BASE_ADDRESS = 0xf_ffff_f000n;
const BASE_DEFAULT = 0xfee00000n;

/** What the local APIC does to its CPU. */
export interface LapicCpu {
  /** Whether an interrupt waits that the CPU may take when RFLAGS.IF allows. */
  intr(level: boolean): void;
  nmi(): void;
  /** INIT: the CPU resets and, unless it is the bootstrap processor, waits for SIPI. */
  init(): void;
  /** Start-up at physical address `vector` * 4096. */
  sipi(vector: number): void;
  /** APIC_BASE changed: where the registers are in memory, or undefined when they are not (disabled, or x2APIC mode). */
  apicBaseChanged(address: number | undefined): void;
}

function powerOn(bsp: boolean) {
  return {
    base: BASE_DEFAULT | BASE_ENABLE | (bsp ? BASE_BSP : 0n),
    tpr: 0,
    ldr: 0,
    dfr: 0xffffffff,
    svr: 0xff,
    isr: [0, 0, 0, 0, 0, 0, 0, 0],
    tmr: [0, 0, 0, 0, 0, 0, 0, 0],
    irr: [0, 0, 0, 0, 0, 0, 0, 0],
    esr: 0,
    /** Errors since the last write to ESR, which shows them. */
    errors: 0,
    icrLow: 0,
    icrHigh: 0,
    // As firmware leaves the bootstrap processor in virtual wire mode, QEMU starts it so.
    lvt: [LVT_MASKED, LVT_MASKED, LVT_MASKED, bsp ? 0x700 : LVT_MASKED, LVT_MASKED, LVT_MASKED],
    lint: [false, false],
    /** An ExtINT message that has not been acknowledged. */
    extInt: false,
    waitForSipi: !bsp,
  };
}

export class Lapic implements Device, InterruptTarget {
  readonly name: string;
  /** Initial APIC ID, fixed by wiring. */
  readonly id: number;
  /** The 4 KiB register page, at the address in APIC_BASE, for accesses of this CPU only. */
  readonly registers: RegisterBlock;
  /** LINT0 carries the 8259 pair's INT, LINT1 the platform's NMI. */
  readonly lint0: IrqLine = { set: (level) => this.setLint(0, level) };
  readonly lint1: IrqLine = { set: (level) => this.setLint(1, level) };
  private readonly bsp: boolean;
  private readonly bus: InterruptBus;
  private readonly cpu: LapicCpu;
  private readonly picAcknowledge: () => number;
  private readonly timer: LapicTimer;
  private readonly intr: Wire;
  private state: ReturnType<typeof powerOn>;

  /** `picAcknowledge` is the INTA cycle of the 8259 pair. CPU 0 is the bootstrap processor. */
  constructor(id: number, clock: Clock, bus: InterruptBus, cpu: LapicCpu, tsc: LapicTsc, picAcknowledge: () => number) {
    this.name = `lapic${id}`;
    this.id = id;
    this.bsp = id === 0;
    this.bus = bus;
    this.cpu = cpu;
    this.picAcknowledge = picAcknowledge;
    this.timer = new LapicTimer(this.name, clock, tsc, () => {
      const entry = this.state.lvt[TIMER];
      if (!(entry & LVT_MASKED)) this.request(entry & 0xff, false);
    });
    this.intr = new Wire((level) => cpu.intr(level));
    this.state = powerOn(this.bsp);
    this.registers = {
      read: (offset, size) => this.readMemory(offset, size),
      write: (offset, size, value) => this.writeMemory(offset, size, value),
    };
    bus.attach(this);
  }

  reset(): void {
    const { lint } = this.state;
    this.state = { ...powerOn(this.bsp), lint };
    this.timer.reset();
    this.cpu.apicBaseChanged(this.memoryAddress());
    this.update();
  }

  /** INIT: as reset, but APIC_BASE and the ID stay (SDM 11.4.7.3). */
  private initialise(): void {
    const { base, lint } = this.state;
    this.state = { ...powerOn(this.bsp), base, lint };
    if (base & BASE_X2) this.state.ldr = this.x2Ldr();
    this.timer.reset();
    this.update();
  }

  save(): DeviceState {
    return saveFields(VERSION, { ...this.state, ...this.timer.state });
  }

  load(state: DeviceState): void {
    const { divide, initialCount, countStart, timerAt, tscDeadline, ...own } = loadFields(this.name, state, VERSION, {
      ...powerOn(this.bsp),
      ...timerPowerOn(),
    });
    this.state = own;
    this.timer.load({ divide, initialCount, countStart, timerAt, tscDeadline }, own.lvt[TIMER]);
    this.cpu.apicBaseChanged(this.memoryAddress());
    this.update();
  }

  /** The highest vector the CPU would take now, or -1: nothing, or only ExtINT. */
  pendingVector(): number {
    if (!(this.state.base & BASE_ENABLE) || !this.enabled) return -1;
    const vector = highest(this.state.irr);
    return vector >= 0 && vector >>> 4 > this.ppr() >>> 4 ? vector : -1;
  }

  /** The CPU takes an interrupt: its vector, or -1 if nothing waits any more. */
  acknowledge(): number {
    const s = this.state;
    const vector = this.pendingVector();
    if (vector >= 0) {
      clearBit(s.irr, vector);
      setBit(s.isr, vector);
      this.update();
      return vector;
    }
    if (!this.extIntWaiting()) return -1;
    s.extInt = false;
    const external = this.picAcknowledge();
    this.update();
    return external;
  }

  /** CR8 is TPR's priority class. */
  get cr8(): number {
    return this.state.tpr >>> 4;
  }

  set cr8(value: number) {
    this.state.tpr = (value & 15) << 4;
    this.update();
  }

  /** CPUID.1:EDX.APIC follows the global enable. */
  get globallyEnabled(): boolean {
    return (this.state.base & BASE_ENABLE) !== 0n;
  }

  /** The ID as CPUID and destinations use it. */
  get x2ApicMode(): boolean {
    return (this.state.base & BASE_X2) !== 0n;
  }

  /** What lowest-priority arbitration compares; undefined when this APIC takes no fixed interrupts. */
  get arbitrationPriority(): number | undefined {
    return this.globallyEnabled && this.enabled ? this.ppr() : undefined;
  }

  /** Whether a destination names this APIC (SDM 11.6.2). */
  accepts(destination: number, logical: boolean): boolean {
    if (!this.globallyEnabled) return !logical && destination === this.id;
    if (this.x2ApicMode) {
      if (destination === 0xffffffff || destination === 0xff) return true;
      if (!logical) return destination === this.id;
      return destination >>> 16 === this.state.ldr >>> 16 && (destination & this.state.ldr & 0xffff) !== 0;
    }
    if (destination === 0xff || destination === 0xffffffff) return true;
    if (!logical) return destination === this.id;
    const ldr = this.state.ldr >>> 24;
    if (this.state.dfr >>> 28 === 0xf) return (destination & ldr & 0xff) !== 0;
    return (destination >>> 4 === ldr >>> 4 || destination >>> 4 === 0xf) && (destination & ldr & 0x0f) !== 0;
  }

  /** A message from the interrupt bus that names this APIC. */
  deliver(message: InterruptMessage): void {
    const { deliveryMode, vector, levelTriggered } = message;
    switch (deliveryMode) {
      case FIXED:
      case LOWEST_PRIORITY:
        if (this.globallyEnabled && this.enabled) this.request(vector, levelTriggered);
        break;
      case NMI:
        this.cpu.nmi();
        break;
      case INIT:
        this.initialise();
        this.cpu.init();
        break;
      case STARTUP:
        // Only a CPU that INIT has stopped listens, and only once.
        if (!this.state.waitForSipi) break;
        this.state.waitForSipi = false;
        this.cpu.sipi(vector);
        break;
      case EXTINT:
        this.state.extInt = true;
        this.update();
        break;
      default:
        // SMI: there is no system management mode to enter.
        break;
    }
  }

  /** The guest moved the time-stamp counter: the deadline is now another instant. */
  tscChanged(): void {
    this.timer.tscChanged();
  }

  /** RDMSR of APIC_BASE, TSC_DEADLINE or an x2APIC register; undefined means #GP. */
  readMsr(msr: number): bigint | undefined {
    const s = this.state;
    if (msr === MSR_APIC_BASE) return s.base;
    if (msr === MSR_TSC_DEADLINE) return this.timer.tscDeadline;
    const register = msr - MSR_X2APIC;
    if (!this.x2ApicMode || register < 0 || register > SELF_IPI) return undefined;
    if (register === ICR_LOW) return (BigInt(s.icrHigh) << 32n) | BigInt(s.icrLow);
    if (register === ID) return BigInt(this.id);
    if (!isReadableMsr(register)) return undefined;
    const value = this.readRegister(register);
    return value === undefined ? undefined : BigInt(value);
  }

  /** WRMSR; false means #GP. */
  writeMsr(msr: number, value: bigint): boolean {
    const s = this.state;
    if (msr === MSR_APIC_BASE) return this.writeBase(value);
    if (msr === MSR_TSC_DEADLINE) {
      this.timer.writeTscDeadline(value);
      return true;
    }
    const register = msr - MSR_X2APIC;
    if (!this.x2ApicMode || register < 0 || register > SELF_IPI) return false;
    const low = Number(value & 0xffffffffn);
    if (register === ICR_LOW) {
      if (!isWritableIcr(low)) return false;
      s.icrHigh = Number((value >> 32n) & 0xffffffffn);
      this.writeRegister(ICR_LOW, low);
      return true;
    }
    if (value >> 32n || !isWritableMsr(register, low)) return false;
    if (register === SELF_IPI) {
      this.deliver({ destination: this.id, logical: false, deliveryMode: FIXED, vector: low, levelTriggered: false });
      return true;
    }
    return this.writeRegister(register, low);
  }

  private get enabled(): boolean {
    return (this.state.svr & SVR_ENABLED) !== 0;
  }

  private memoryAddress(): number | undefined {
    const { base } = this.state;
    return base & BASE_ENABLE && !(base & BASE_X2) ? Number(base & BASE_ADDRESS) : undefined;
  }

  private x2Ldr(): number {
    return (((this.id >>> 4) << 16) | (1 << (this.id & 15))) >>> 0;
  }

  private writeBase(value: bigint): boolean {
    const s = this.state;
    if (value & ~(BASE_ADDRESS | BASE_ENABLE | BASE_X2 | BASE_BSP)) return false;
    const [wasEnabled, wasX2] = [s.base & BASE_ENABLE, s.base & BASE_X2];
    const [enabled, x2] = [value & BASE_ENABLE, value & BASE_X2];
    if (x2 && (!enabled || !wasEnabled)) return false;
    if (wasX2 && enabled && !x2) return false;
    s.base = value;
    if (wasEnabled && !enabled) {
      // Disabling loses everything but the base; enabling again starts from reset.
      const { lint } = s;
      this.state = { ...powerOn(this.bsp), base: value, lint };
      this.timer.reset();
    }
    if (x2 && !wasX2) s.ldr = this.x2Ldr();
    this.cpu.apicBaseChanged(this.memoryAddress());
    this.update();
    return true;
  }

  /** Registers are 32 bits wide, 16 bytes apart; narrower and unaligned accesses see their part, writes must be whole. */
  private readMemory(offset: number, size: AccessSize): number {
    const within = offset & 15;
    if (within > 3) return 0;
    const register = offset >>> 4;
    const value = register === ID ? (this.id << 24) >>> 0 : register < 0x40 ? this.readRegister(register) : undefined;
    if (value === undefined) {
      this.error(ESR_REGISTER_ILLEGAL);
      return 0;
    }
    return (value >>> (8 * within)) & (size === 4 ? 0xffffffff : (1 << (8 * size)) - 1);
  }

  private writeMemory(offset: number, size: AccessSize, value: number): void {
    if (offset & 15 || size !== 4) return;
    const register = offset >>> 4;
    // The ID is fixed by wiring, as in QEMU; the write is allowed.
    if (register === ID) return;
    if (register >= SELF_IPI || !this.writeRegister(register, value)) this.error(ESR_REGISTER_ILLEGAL);
  }

  private readRegister(register: number): number | undefined {
    const s = this.state;
    if (register >= ISR && register < ISR + 8) return s.isr[register - ISR] >>> 0;
    if (register >= TMR && register < TMR + 8) return s.tmr[register - TMR] >>> 0;
    if (register >= IRR && register < IRR + 8) return s.irr[register - IRR] >>> 0;
    if (register >= LVT_TIMER && register <= LVT_ERROR) return s.lvt[register - LVT_TIMER];
    switch (register) {
      case VERSION_REGISTER:
        return VERSION_VALUE;
      case TPR:
        return s.tpr;
      case APR:
      case EOI:
        return 0;
      case PPR:
        return this.ppr();
      case LDR:
        return s.ldr;
      case DFR:
        return s.dfr;
      case SVR:
        return s.svr;
      case ESR:
        return s.esr;
      case ICR_LOW:
        return s.icrLow;
      case ICR_HIGH:
        return s.icrHigh;
      case INITIAL_COUNT:
        return this.timer.initialCount;
      case CURRENT_COUNT:
        return this.timer.currentCount();
      case DIVIDE:
        return this.timer.divide;
      default:
        return undefined;
    }
  }

  /** False if there is no such register to write. */
  private writeRegister(register: number, value: number): boolean {
    const s = this.state;
    if (register >= LVT_TIMER && register <= LVT_ERROR) {
      this.writeLvt(register - LVT_TIMER, value);
      return true;
    }
    switch (register) {
      case TPR:
        s.tpr = value & 0xff;
        break;
      case EOI:
        this.endOfInterrupt();
        break;
      case LDR:
        s.ldr = (value & 0xff000000) >>> 0;
        break;
      case DFR:
        s.dfr = (value | 0x0fffffff) >>> 0;
        break;
      case SVR:
        s.svr = value & 0x1ff;
        // Software disable masks every LVT entry.
        if (!this.enabled) for (let index = 0; index < s.lvt.length; index++) s.lvt[index] |= LVT_MASKED;
        break;
      case ESR:
        s.esr = s.errors;
        s.errors = 0;
        break;
      case ICR_LOW:
        s.icrLow = value & ~LVT_PENDING;
        this.sendIpi();
        break;
      case ICR_HIGH:
        s.icrHigh = (value & 0xff000000) >>> 0;
        break;
      case INITIAL_COUNT:
        this.timer.writeInitialCount(value);
        break;
      case DIVIDE:
        this.timer.writeDivide(value & 0x0b);
        break;
      default:
        return false;
    }
    this.update();
    return true;
  }

  private writeLvt(index: number, value: number): void {
    const s = this.state;
    const old = s.lvt[index];
    s.lvt[index] = (value & LVT_WRITABLE[index]) | (old & LVT_REMOTE_IRR);
    if (!this.enabled) s.lvt[index] |= LVT_MASKED;
    if (index === TIMER) {
      this.timer.setMode(s.lvt[TIMER]);
    } else if (index === LINT0 || index === LINT1) {
      if (!(s.lvt[index] & LVT_LEVEL)) s.lvt[index] &= ~LVT_REMOTE_IRR;
      this.serviceLevelPin(index - LINT0);
    }
    this.update();
  }

  private setLint(pin: 0 | 1, level: boolean): void {
    const s = this.state;
    const rising = level && !s.lint[pin];
    s.lint[pin] = level;
    const entry = s.lvt[LINT0 + pin];
    if (rising && !(entry & LVT_MASKED) && (entry & 0x700) >>> 8 === NMI) this.cpu.nmi();
    else if (rising && !(entry & (LVT_MASKED | LVT_LEVEL)) && (entry & 0x700) >>> 8 === FIXED) this.request(entry & 0xff, false);
    else this.serviceLevelPin(pin);
    this.update();
  }

  /** A fixed, level-triggered pin interrupts again until its line is low. */
  private serviceLevelPin(pin: number): void {
    const s = this.state;
    const entry = s.lvt[LINT0 + pin];
    if (!s.lint[pin] || (entry & 0x700) >>> 8 !== FIXED || entry & (LVT_MASKED | LVT_REMOTE_IRR) || !(entry & LVT_LEVEL)) return;
    s.lvt[LINT0 + pin] |= LVT_REMOTE_IRR;
    this.request(entry & 0xff, true);
  }

  /** ExtINT: the 8259 pair wants the CPU and this APIC lets it through. */
  private extIntWaiting(): boolean {
    const s = this.state;
    if (s.extInt) return true;
    if (!s.lint[0]) return false;
    return !this.globallyEnabled || (s.lvt[LINT0] & (LVT_MASKED | 0x700)) === EXTINT << 8;
  }

  private request(vector: number, levelTriggered: boolean): void {
    const s = this.state;
    if (vector < 16) {
      this.error(ESR_RECEIVE_ILLEGAL);
      return;
    }
    setBit(s.irr, vector);
    if (levelTriggered) setBit(s.tmr, vector);
    else clearBit(s.tmr, vector);
    this.update();
  }

  private endOfInterrupt(): void {
    const s = this.state;
    const vector = highest(s.isr);
    if (vector < 0) return;
    clearBit(s.isr, vector);
    if (!testBit(s.tmr, vector)) return;
    for (const pin of [0, 1]) {
      if ((s.lvt[LINT0 + pin] & 0xff) === vector) s.lvt[LINT0 + pin] &= ~LVT_REMOTE_IRR;
      this.serviceLevelPin(pin);
    }
    this.bus.endOfInterrupt(vector);
  }

  private ppr(): number {
    const inService = Math.max(highest(this.state.isr), 0);
    return this.state.tpr >>> 4 >= inService >>> 4 ? this.state.tpr : inService & 0xf0;
  }

  private error(bit: number): void {
    const s = this.state;
    s.errors |= bit;
    const entry = s.lvt[ERROR];
    // An illegal vector in the error entry itself has nowhere to go.
    if (!(entry & LVT_MASKED) && (entry & 0xff) >= 16) this.request(entry & 0xff, false);
  }

  private sendIpi(): void {
    const { icrLow, icrHigh } = this.state;
    const deliveryMode = (icrLow >>> 8) & 7;
    const vector = icrLow & 0xff;
    const levelTriggered = (icrLow & 0x8000) !== 0;
    // INIT level de-assert only resets arbitration IDs, which processors since the Pentium 4 do not have.
    if (deliveryMode === INIT && levelTriggered && !(icrLow & 0x4000)) return;
    if (deliveryMode <= LOWEST_PRIORITY && vector < 16) {
      this.error(ESR_SEND_ILLEGAL);
      return;
    }
    const message: InterruptMessage = {
      destination: this.x2ApicMode ? icrHigh : icrHigh >>> 24,
      logical: (icrLow & 0x800) !== 0,
      deliveryMode,
      vector,
      // IPIs of the kinds that latch are always edges.
      levelTriggered: false,
    };
    switch ((icrLow >>> 18) & 3) {
      case 0:
        this.bus.send(message);
        break;
      case 1:
        this.deliver(message);
        break;
      case 2:
        this.bus.broadcast(message);
        break;
      default:
        this.bus.broadcast(message, this);
    }
  }

  private update(): void {
    this.intr.set(this.pendingVector() >= 0 || this.extIntWaiting());
  }
}
