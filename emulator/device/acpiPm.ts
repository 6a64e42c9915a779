// SPDX-License-Identifier: MIT
/**
 * @fileoverview ICH9 power management: the ACPI PM1 event and control registers, the PM timer, GPE0, SMI_EN, and the APM ports B2h-B3h
 * (ACPI specification 4.8; ICH9 data sheet, 13.8 and 13.7).
 *
 * Invariant: the SCI line is high while an enabled PM1 event or a GPE with its enable bit is set. As in QEMU that does not depend on
 * SCI_EN, which tells the operating system only that ACPI mode is on: there is no SMI to deliver events to instead. Writing 2 to
 * port B2h turns ACPI mode on, 3 turns it off, without the detour through system management mode.
 *
 * TMR_STS is set each time bit 23 of the 24-bit, 3.579545 MHz timer changes. SLP_EN with SLP_TYP 0 (S5) or 2 (S4) turns the machine off.
 *
 * Left out: S3, the TCO watchdog, SMI delivery.
 */
import { byteBlock } from '../bus/byteBlock.ts';
import type { Clock, Device, DeviceState, IrqLine, RegisterBlock, Timer } from '../bus/device.ts';
import { loadFields, saveFields } from '../bus/state.ts';
import { ticksAt, timeOfTick } from '../bus/ticks.ts';

const VERSION = 1;
const PM_TIMER_HZ = 3579545;
/** Half the range of the timer: bit 23 changes this often. */
const TIMER_HALF = 0x800000;

const PM1_STS = 0x00;
const PM1_EN = 0x02;
const PM1_CNT = 0x04;
const PM_TMR = 0x08;
const GPE0_STS = 0x20;
const GPE0_EN = 0x28;
const SMI_EN = 0x30;
const SMI_STS = 0x34;

const TMR = 0x0001;
const GBL = 0x0020;
const PWRBTN = 0x0100;
const RTC = 0x0400;
/** Events that raise the SCI. */
const SCI_EVENTS = TMR | GBL | PWRBTN | RTC;
const SCI_EN = 0x0001;
const SLP_EN = 0x2000;

const APM_ACPI_ENABLE = 2;
const APM_ACPI_DISABLE = 3;

const SLP_TYP_S5 = 0;
const SLP_TYP_S4 = 2;

function powerOn() {
  return {
    pm1Status: 0,
    pm1Enable: 0,
    pm1Control: 0,
    /** Timer tick at which TMR_STS is set next. */
    overflowTick: TIMER_HALF,
    gpeStatus: [0, 0, 0, 0, 0, 0, 0, 0],
    gpeEnable: [0, 0, 0, 0, 0, 0, 0, 0],
    smiEnable: 0,
    smiStatus: 0,
    apmControl: 0,
    apmStatus: 0,
  };
}

export class AcpiPm implements Device {
  readonly name = 'acpi-pm';
  /** The 128-byte block at PMBASE (600h). */
  readonly registers: RegisterBlock;
  /** Ports B2h-B3h. */
  readonly apm: RegisterBlock;
  private readonly clock: Clock;
  private readonly sci: IrqLine;
  private readonly powerOff: () => void;
  private readonly timer: Timer;
  private state = powerOn();

  /** `sci` is interrupt 9, level. `powerOff` is called when the guest enters S5 or S4. */
  constructor(clock: Clock, sci: IrqLine, powerOff: () => void) {
    this.clock = clock;
    this.sci = sci;
    this.powerOff = powerOff;
    this.timer = clock.timer('acpi-pm', () => this.update());
    this.registers = byteBlock(
      (offset) => this.readByte(offset),
      (offset, value) => this.writeByte(offset, value),
    );
    this.apm = byteBlock(
      (offset) => (offset === 0 ? this.state.apmControl : offset === 1 ? this.state.apmStatus : 0xff),
      (offset, value) => this.writeApm(offset, value),
    );
    this.scheduleOverflow();
  }

  /** The power button: an event for an operating system that has enabled it, nothing otherwise. */
  pressPowerButton(): void {
    if (!(this.state.pm1Enable & PWRBTN)) return;
    this.state.pm1Status |= PWRBTN;
    this.update();
  }

  reset(): void {
    this.state = powerOn();
    this.scheduleOverflow();
    this.update();
  }

  save(): DeviceState {
    this.noteOverflow();
    return saveFields(VERSION, this.state);
  }

  load(state: DeviceState): void {
    this.state = loadFields(this.name, state, VERSION, powerOn());
    this.update();
  }

  private readByte(offset: number): number {
    const s = this.state;
    const byteOf = (value: number, base: number) => (value >>> (8 * (offset - base))) & 0xff;
    if (offset < PM1_EN) {
      this.noteOverflow();
      return byteOf(s.pm1Status, PM1_STS);
    }
    if (offset < PM1_CNT) return byteOf(s.pm1Enable, PM1_EN);
    if (offset < PM1_CNT + 2) return byteOf(s.pm1Control, PM1_CNT);
    if (offset >= PM_TMR && offset < PM_TMR + 4) return byteOf(ticksAt(this.clock.now(), PM_TIMER_HZ) % 0x1000000, PM_TMR);
    if (offset >= GPE0_STS && offset < GPE0_EN) return s.gpeStatus[offset - GPE0_STS];
    if (offset >= GPE0_EN && offset < GPE0_EN + 8) return s.gpeEnable[offset - GPE0_EN];
    if (offset >= SMI_EN && offset < SMI_STS) return byteOf(s.smiEnable, SMI_EN);
    if (offset >= SMI_STS && offset < SMI_STS + 4) return byteOf(s.smiStatus, SMI_STS);
    return 0;
  }

  private writeByte(offset: number, value: number): void {
    const s = this.state;
    const merge = (old: number, base: number) => {
      const shift = 8 * (offset - base);
      return ((old & ~(0xff << shift)) | (value << shift)) >>> 0;
    };
    if (offset < PM1_EN) {
      this.noteOverflow();
      const cleared = value << (8 * offset);
      // The next change of bit 23 counts from when the guest acknowledges the last.
      if (s.pm1Status & cleared & TMR) this.scheduleOverflow();
      s.pm1Status &= ~cleared;
    } else if (offset < PM1_CNT) {
      s.pm1Enable = merge(s.pm1Enable, PM1_EN);
    } else if (offset < PM1_CNT + 2) {
      this.writeControl(merge(s.pm1Control, PM1_CNT));
    } else if (offset >= GPE0_STS && offset < GPE0_EN) {
      s.gpeStatus[offset - GPE0_STS] &= ~value;
    } else if (offset >= GPE0_EN && offset < GPE0_EN + 8) {
      s.gpeEnable[offset - GPE0_EN] = value;
    } else if (offset >= SMI_EN && offset < SMI_STS) {
      s.smiEnable = merge(s.smiEnable, SMI_EN);
    }
    this.update();
  }

  private writeControl(value: number): void {
    // SLP_EN is write-only: it reads as zero.
    this.state.pm1Control = value & ~SLP_EN;
    const type = (value >>> 10) & 7;
    if (value & SLP_EN && (type === SLP_TYP_S5 || type === SLP_TYP_S4)) this.powerOff();
  }

  private writeApm(offset: number, value: number): void {
    const s = this.state;
    if (offset === 1) s.apmStatus = value;
    if (offset !== 0) return;
    s.apmControl = value;
    if (value === APM_ACPI_ENABLE) s.pm1Control |= SCI_EN;
    if (value === APM_ACPI_DISABLE) s.pm1Control &= ~SCI_EN;
    this.update();
  }

  private scheduleOverflow(): void {
    const tick = ticksAt(this.clock.now(), PM_TIMER_HZ);
    this.state.overflowTick = (Math.floor(tick / TIMER_HALF) + 1) * TIMER_HALF;
  }

  private noteOverflow(): void {
    const s = this.state;
    if (ticksAt(this.clock.now(), PM_TIMER_HZ) >= s.overflowTick) s.pm1Status |= TMR;
  }

  private update(): void {
    const s = this.state;
    this.noteOverflow();
    const gpe = s.gpeStatus.some((status, index) => (status & s.gpeEnable[index]) !== 0);
    this.sci.set((s.pm1Status & s.pm1Enable & SCI_EVENTS) !== 0 || gpe);
    if (s.pm1Enable & TMR && !(s.pm1Status & TMR)) this.timer.arm(timeOfTick(s.overflowTick, PM_TIMER_HZ));
    else this.timer.cancel();
  }
}
