// SPDX-License-Identifier: MIT
/**
 * @fileoverview The MC146818A real-time clock with 128 bytes of CMOS RAM, ports 70h-71h, IRQ 8 (Motorola MC146818A data sheet; ICH9 data
 * sheet, 13.6).
 *
 * The time is not stored: it is `baseSeconds` (seconds since 1970, as a calendar count) at virtual time `baseNs`, plus the whole
 * seconds since. While the clock is held (SET in register B, or the divider held in reset by register A) the ten time
 * registers are plain memory, and letting go makes them the new base: at once after SET, with the first update half a second
 * later after a divider reset.
 *
 * Every second: update-ended flag, alarm comparison. The periodic flag runs off the same divider; an event exists for it only
 * while its interrupt is enabled, otherwise it is worked out when register C is read. IRQ 8 is high while an enabled
 * flag is set; reading register C clears all flags.
 *
 * The RAM bytes that tell firmware the size of memory, the number of processors and the boot order are filled in as QEMU's q35 does.
 *
 * Left out: square wave output, daylight saving, battery failure.
 */
import { byteBlock } from '../bus/byteBlock.ts';
import type { Clock, Device, DeviceState, IrqLine, RegisterBlock, Timer } from '../bus/device.ts';
import { loadFields, saveFields } from '../bus/state.ts';
import { ticksAt, timeOfTick } from '../bus/ticks.ts';

const VERSION = 1;
const DIVIDER_HZ = 32768;
const SECOND = 1e9;
/** How long before an update UIP warns of it. */
const UIP_NS = 244_000;

const [SECONDS, SECONDS_ALARM, MINUTES, MINUTES_ALARM, HOURS, HOURS_ALARM, WEEKDAY, DAY, MONTH, YEAR] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
];
const [A, B, C, D] = [10, 11, 12, 13];
const CENTURY = 0x32;
/** Where the PS/2 keeps the century; the same byte. */
const CENTURY_PS2 = 0x37;

const A_UIP = 0x80;
const A_DIVIDER_RESET = 0x60;
const B_SET = 0x80;
const B_PIE = 0x40;
const B_AIE = 0x20;
const B_UIE = 0x10;
const B_SQWE = 0x08;
const B_BINARY = 0x04;
const B_24H = 0x02;
const C_IRQF = 0x80;
const C_PF = 0x40;
const C_AF = 0x20;
const C_UF = 0x10;
const D_VALID = 0x80;
/** An alarm byte with both top bits set matches anything. */
const ALARM_ANY = 0xc0;

export interface RtcOptions {
  /** What the clock shows at power-on: seconds since 1970-01-01 00:00:00, in the zone the guest expects (UTC). */
  readonly epochSeconds: number;
  /** RAM in bytes, below and above 4 GiB. */
  readonly memoryBelow4G: number;
  readonly memoryAbove4G: number;
  readonly cpus: number;
}

function powerOn() {
  return {
    index: 0,
    ram: new Uint8Array(128),
    flags: 0,
    baseSeconds: 0,
    baseNs: 0,
    /** Periods of the divider up to which the periodic flag is known. */
    periodsSeen: 0,
  };
}

export class Rtc implements Device {
  readonly name = 'rtc';
  /** Ports 70h-71h. */
  readonly registers: RegisterBlock;
  private readonly clock: Clock;
  private readonly irq: IrqLine;
  private readonly updateTimer: Timer;
  private readonly periodicTimer: Timer;
  private state = powerOn();

  constructor(clock: Clock, irq8: IrqLine, options: RtcOptions) {
    this.clock = clock;
    this.irq = irq8;
    this.updateTimer = clock.timer('rtc-update', () => this.update());
    this.periodicTimer = clock.timer('rtc-periodic', () => this.period());
    this.registers = byteBlock(
      (offset) => (offset === 1 ? this.readCmos(this.state.index) : 0xff),
      (offset, value) => {
        if (offset === 0) this.state.index = value & 0x7f;
        else if (offset === 1) this.writeCmos(this.state.index, value);
      },
    );
    this.initialise(options);
    this.scheduleUpdate();
  }

  /** RESET# disables the interrupts; time and RAM run on battery. */
  reset(): void {
    const s = this.state;
    s.ram[B] &= ~(B_PIE | B_AIE | B_UIE | B_SQWE);
    s.flags = 0;
    s.index = 0;
    this.schedulePeriod();
    this.updateIrq();
  }

  save(): DeviceState {
    return saveFields(VERSION, this.state);
  }

  load(state: DeviceState): void {
    this.state = loadFields(this.name, state, VERSION, powerOn());
    this.scheduleUpdate();
    this.schedulePeriod();
    this.updateIrq();
  }

  private initialise(options: RtcOptions): void {
    const s = this.state;
    const now = this.clock.now();
    s.baseSeconds = Math.floor(options.epochSeconds);
    s.baseNs = now;
    s.ram[A] = 0x26;
    s.ram[B] = B_24H;
    s.ram[D] = D_VALID;
    const word = (at: number, value: number) => {
      s.ram[at] = value & 0xff;
      s.ram[at + 1] = value >>> 8;
    };
    const { memoryBelow4G, memoryAbove4G, cpus } = options;
    // Equipment: coprocessor and PS/2 mouse.
    s.ram[0x14] = 0x06;
    const base = Math.min(Math.floor(memoryBelow4G / 1024), 640);
    word(0x15, base);
    const extended = Math.min(Math.max(Math.floor(memoryBelow4G / 1024) - 1024, 0), 65535);
    word(0x17, extended);
    word(0x30, extended);
    word(0x34, Math.min(Math.max(Math.floor((memoryBelow4G - 16 * 2 ** 20) / 65536), 0), 65535));
    const above = Math.floor(memoryAbove4G / 65536);
    word(0x5b, above & 0xffff);
    s.ram[0x5d] = above >>> 16;
    s.ram[0x5f] = cpus - 1;
    // Boot order: disk, floppy, CD-ROM.
    s.ram[0x3d] = 0x12;
    s.ram[0x38] = 0x30;
    this.writeTimeRegisters(s.baseSeconds);
  }

  private readCmos(index: number): number {
    const s = this.state;
    if (index === CENTURY_PS2) return this.readCmos(CENTURY);
    switch (index) {
      case A:
        return s.ram[A] | (this.updateInProgress() ? A_UIP : 0);
      case C: {
        this.notePeriods();
        const flags = s.flags | (this.irqRequested() ? C_IRQF : 0);
        s.flags = 0;
        this.updateIrq();
        return flags;
      }
      default:
        if (isTime(index) && this.running) this.writeTimeRegisters(this.seconds());
        return s.ram[index];
    }
  }

  private writeCmos(index: number, value: number): void {
    const s = this.state;
    if (index === CENTURY_PS2) {
      this.writeCmos(CENTURY, value);
    } else if (index === A) {
      this.hold(() => {
        s.ram[A] = value & 0x7f;
      });
    } else if (index === B) {
      // SET withdraws the update-ended interrupt.
      this.hold(() => {
        s.ram[B] = value & B_SET ? value & ~B_UIE : value;
      });
    } else if (isTime(index) && this.running) {
      this.writeTimeRegisters(this.seconds());
      s.ram[index] = value;
      this.setBase(this.lastUpdate());
      this.scheduleUpdate();
    } else if (index !== C && index !== D) {
      s.ram[index] = value;
    }
  }

  /** Carries out a change of register A or B, stopping and starting the clock as it asks. */
  private hold(change: () => void): void {
    const s = this.state;
    this.notePeriods();
    const wasRunning = this.running;
    const phase = this.lastUpdate();
    const wasInReset = (s.ram[A] & A_DIVIDER_RESET) === A_DIVIDER_RESET;
    if (wasRunning) this.writeTimeRegisters(this.seconds());
    change();
    const inReset = (s.ram[A] & A_DIVIDER_RESET) === A_DIVIDER_RESET;
    if (wasInReset && !inReset) {
      this.setBase(this.clock.now() - SECOND / 2);
      s.periodsSeen = this.periods();
    } else if (!wasRunning && this.running) {
      this.setBase(phase);
    }
    if (wasRunning && this.running) s.periodsSeen = this.periods();
    this.scheduleUpdate();
    this.schedulePeriod();
    this.updateIrq();
  }

  private get running(): boolean {
    const s = this.state;
    return !(s.ram[B] & B_SET) && (s.ram[A] & A_DIVIDER_RESET) !== A_DIVIDER_RESET;
  }

  private seconds(): number {
    const s = this.state;
    return s.baseSeconds + Math.floor((this.clock.now() - s.baseNs) / SECOND);
  }

  /** When the current second began. */
  private lastUpdate(): number {
    const { baseNs } = this.state;
    return baseNs + Math.floor((this.clock.now() - baseNs) / SECOND) * SECOND;
  }

  private updateInProgress(): boolean {
    return this.running && this.lastUpdate() + SECOND - this.clock.now() <= UIP_NS;
  }

  /** Makes what the time registers say the time that began at `ns`. */
  private setBase(ns: number): void {
    this.state.baseSeconds = this.readTimeRegisters();
    this.state.baseNs = ns;
  }

  private update(): void {
    const s = this.state;
    if (this.running) {
      this.writeTimeRegisters(this.seconds());
      s.flags |= C_UF;
      const matches = (alarm: number, time: number) => s.ram[alarm] >= ALARM_ANY || s.ram[alarm] === s.ram[time];
      if (matches(SECONDS_ALARM, SECONDS) && matches(MINUTES_ALARM, MINUTES) && matches(HOURS_ALARM, HOURS)) s.flags |= C_AF;
      this.updateIrq();
    }
    this.scheduleUpdate();
  }

  private scheduleUpdate(): void {
    if (this.running) this.updateTimer.arm(this.lastUpdate() + SECOND);
    else this.updateTimer.cancel();
  }

  /** Divider ticks between periodic flags; 0 for none. Rates 1 and 2 repeat 8 and 9. */
  private periodTicks(): number {
    const s = this.state;
    const rate = s.ram[A] & 15;
    if (rate === 0 || (s.ram[A] & A_DIVIDER_RESET) === A_DIVIDER_RESET) return 0;
    return 1 << ((rate < 3 ? rate + 7 : rate) - 1);
  }

  private periods(): number {
    const ticks = this.periodTicks();
    return ticks === 0 ? 0 : Math.floor(ticksAt(this.clock.now() - this.state.baseNs, DIVIDER_HZ) / ticks);
  }

  /** Sets the periodic flag if a period has ended since it was last asked. */
  private notePeriods(): void {
    const s = this.state;
    const periods = this.periods();
    if (periods !== s.periodsSeen && this.periodTicks() !== 0) s.flags |= C_PF;
    s.periodsSeen = periods;
  }

  private period(): void {
    this.notePeriods();
    this.updateIrq();
    this.schedulePeriod();
  }

  private schedulePeriod(): void {
    const s = this.state;
    const ticks = this.periodTicks();
    if (ticks === 0 || !(s.ram[B] & B_PIE)) this.periodicTimer.cancel();
    else this.periodicTimer.arm(s.baseNs + timeOfTick((this.periods() + 1) * ticks, DIVIDER_HZ));
  }

  private irqRequested(): boolean {
    const s = this.state;
    // The enables in B lie at the places of the flags in C.
    return (s.flags & s.ram[B] & (C_PF | C_AF | C_UF)) !== 0;
  }

  private updateIrq(): void {
    this.irq.set(this.irqRequested());
  }

  private writeTimeRegisters(seconds: number): void {
    const { ram } = this.state;
    // Date is used as calendar arithmetic alone, here and below; it never reads the host's clock.
    const date = new Date(seconds * 1000);
    const year = date.getUTCFullYear();
    ram[SECONDS] = this.encode(date.getUTCSeconds());
    ram[MINUTES] = this.encode(date.getUTCMinutes());
    const hour = date.getUTCHours();
    if (ram[B] & B_24H) ram[HOURS] = this.encode(hour);
    else ram[HOURS] = this.encode(hour % 12 || 12) | (hour >= 12 ? 0x80 : 0);
    ram[WEEKDAY] = this.encode(date.getUTCDay() + 1);
    ram[DAY] = this.encode(date.getUTCDate());
    ram[MONTH] = this.encode(date.getUTCMonth() + 1);
    ram[YEAR] = this.encode(year % 100);
    ram[CENTURY] = this.encode(Math.floor(year / 100) % 100);
  }

  private readTimeRegisters(): number {
    const { ram } = this.state;
    let hour = this.decode(ram[HOURS]);
    if (!(ram[B] & B_24H)) hour = (this.decode(ram[HOURS] & 0x7f) % 12) + (ram[HOURS] & 0x80 ? 12 : 0);
    const year = this.decode(ram[CENTURY]) * 100 + this.decode(ram[YEAR]);
    const date = new Date(0);
    // Not Date.UTC, which takes years below 100 for 19xx. Fields out of range carry over.
    date.setUTCFullYear(year, this.decode(ram[MONTH]) - 1, this.decode(ram[DAY]));
    date.setUTCHours(hour, this.decode(ram[MINUTES]), this.decode(ram[SECONDS]));
    return date.getTime() / 1000;
  }

  private encode(value: number): number {
    return this.state.ram[B] & B_BINARY ? value : toBcd(value);
  }

  private decode(value: number): number {
    return this.state.ram[B] & B_BINARY ? value : fromBcd(value);
  }
}

/** The registers the clock writes: not the alarms, which are plain memory. */
function isTime(index: number): boolean {
  return index === SECONDS || index === MINUTES || index === HOURS || (index >= WEEKDAY && index <= YEAR) || index === CENTURY;
}

function toBcd(value: number): number {
  return (Math.floor(value / 10) << 4) | (value % 10);
}

function fromBcd(value: number): number {
  return (value >>> 4) * 10 + (value & 15);
}
