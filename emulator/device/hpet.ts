// SPDX-License-Identifier: MIT
/**
 * @fileoverview The high precision event timer block (IA-PC HPET specification 1.0a) as QEMU's q35 has it: a 64-bit counter of 10 ns, three
 * timers that can all be periodic, legacy replacement, no delivery by message.
 *
 * While enabled the counter is `counter` plus the ticks since `startTick`. A timer that passes its comparator raises its interrupt: a
 * pulse on an edge route, a status bit and a held line on a level route. A comparator that already lies in the past goes off at the
 * next tick, as in QEMU. A one-shot 32-bit timer also goes off when the counter's low half wraps (section 2.3.9.2.1). A one-shot timer whose
 * interrupt is disabled waits for nothing, since nobody could see it go off: a booting Linux writes a comparator that lies in the past 100,000
 * times.
 *
 * With legacy replacement, timer 0 takes IRQ 0 and timer 1 takes IRQ 8 from the 8254 and the clock, whose lines therefore run through
 * here: `pitInput`, `rtcInput`.
 *
 * Periodic set-up: write the configuration with "value set", then the comparator twice, first where to start, then the period.
 * "Value set" covers both halves of one 64-bit comparator write.
 */
import type { Clock, Device, DeviceState, IrqLine, RegisterBlock, Timer } from '../bus/device.ts';
import { loadFields, saveFields } from '../bus/state.ts';

const VERSION = 1;
const TICK_NS = 10;
const TIMERS = 3;
/** Intel, revision 1, 64-bit, legacy replacement capable, three timers. */
const CAPABILITIES_LOW = 0x8086a201;
/** 10,000,000 fs. */
const CAPABILITIES_HIGH = 10_000_000;
/** Which interrupts a timer may be routed to: 2, 8, 16-23. */
const ROUTES = 0x00ff0104;

const CFG_ENABLE = 0x1;
const CFG_LEGACY = 0x2;

const TN_LEVEL = 0x0002;
const TN_ENABLE = 0x0004;
const TN_PERIODIC = 0x0008;
const TN_VALUE_SET = 0x0040;
const TN_32BIT = 0x0100;
const TN_WRITABLE = 0x3f4e;
/** Periodic capable, 64 bits wide. */
const TN_CAPABILITIES = 0x0030;

const MASK32 = 0xffffffffn;
const MASK64 = 0xffff_ffff_ffff_ffffn;

function timerPowerOn() {
  return {
    config: TN_CAPABILITIES,
    comparator: MASK64,
    period: 0n,
    /** "Value set" has been used for the low half of a comparator write and still covers the high half. */
    valueSetHigh: false,
    /** The armed event is the wrap of a one-shot 32-bit timer; its match comes later. */
    wrapFirst: false,
    at: null as number | null,
  };
}

function powerOn() {
  return {
    config: 0,
    status: 0,
    counter: 0n,
    startTick: 0,
    timers: [timerPowerOn(), timerPowerOn(), timerPowerOn()],
    pitLevel: false,
    rtcLevel: false,
  };
}

export class Hpet implements Device {
  readonly name = 'hpet';
  /** The 1 KiB register block at FED00000h. */
  readonly registers: RegisterBlock;
  /** Where the 8254's and the real-time clock's outputs go, on their way to interrupts 0 and 8. */
  readonly pitInput: IrqLine;
  readonly rtcInput: IrqLine;
  private readonly clock: Clock;
  private readonly outputs: readonly IrqLine[];
  private readonly timers: Timer[];
  private state = powerOn();

  /** `outputs` are global system interrupts 0-23; this block is one source on each. */
  constructor(clock: Clock, outputs: readonly IrqLine[]) {
    this.clock = clock;
    this.outputs = outputs;
    this.timers = Array.from({ length: TIMERS }, (_, index) => clock.timer(`hpet-${index}`, () => this.fired(index)));
    this.pitInput = {
      set: (level) => {
        this.state.pitLevel = level;
        this.drive(0);
      },
    };
    this.rtcInput = {
      set: (level) => {
        this.state.rtcLevel = level;
        this.drive(8);
      },
    };
    // Registers are 64 bits, accessed in halves; narrower accesses are not decoded.
    this.registers = {
      read: (offset, size) => (size === 4 ? this.read(offset) : 0),
      write: (offset, size, value) => {
        if (size === 4) this.write(offset, value);
      },
    };
  }

  reset(): void {
    for (let index = 0; index < TIMERS; index++) this.stop(index);
    const { pitLevel, rtcLevel } = this.state;
    this.state = { ...powerOn(), pitLevel, rtcLevel };
    this.drive(0);
    this.drive(8);
  }

  save(): DeviceState {
    return saveFields(VERSION, this.state);
  }

  load(state: DeviceState): void {
    this.state = loadFields(this.name, state, VERSION, powerOn());
    this.state.timers.forEach((timer, index) => {
      if (timer.at === null) this.timers[index].cancel();
      else this.timers[index].arm(timer.at);
    });
    for (let gsi = 0; gsi < this.outputs.length; gsi++) this.drive(gsi);
  }

  private read(offset: number): number {
    const s = this.state;
    if (offset >= 0x100) return this.readTimer((offset - 0x100) >>> 5, offset & 0x1f);
    switch (offset) {
      case 0x000:
        return CAPABILITIES_LOW;
      case 0x004:
        return CAPABILITIES_HIGH;
      case 0x010:
        return s.config;
      case 0x020:
        return s.status;
      case 0x0f0:
        return Number(this.counter() & MASK32);
      case 0x0f4:
        return Number(this.counter() >> 32n);
      default:
        return 0;
    }
  }

  private readTimer(index: number, register: number): number {
    const timer = this.state.timers[index];
    if (!timer) return 0;
    switch (register) {
      case 0x00:
        return timer.config;
      case 0x04:
        return ROUTES;
      case 0x08:
        return Number(timer.comparator & MASK32);
      case 0x0c:
        return Number(timer.comparator >> 32n);
      default:
        return 0;
    }
  }

  private write(offset: number, value: number): void {
    const s = this.state;
    if (offset >= 0x100) {
      const index = (offset - 0x100) >>> 5;
      if (index < TIMERS) this.writeTimer(index, offset & 0x1f, value);
      return;
    }
    switch (offset) {
      case 0x010:
        this.writeConfig(value & (CFG_ENABLE | CFG_LEGACY));
        break;
      case 0x020:
        for (let index = 0; index < TIMERS; index++) if (value & s.status & (1 << index)) this.lower(index);
        break;
      case 0x0f0:
        this.setCounter((this.counter() & ~MASK32) | BigInt(value));
        break;
      case 0x0f4:
        this.setCounter((this.counter() & MASK32) | (BigInt(value) << 32n));
        break;
      default:
        break;
    }
  }

  private writeConfig(value: number): void {
    const s = this.state;
    const changed = s.config ^ value;
    if (changed & CFG_ENABLE && !(value & CFG_ENABLE)) {
      s.counter = this.counter();
      for (let index = 0; index < TIMERS; index++) this.stop(index);
    }
    if (changed & CFG_LEGACY) {
      for (let index = 0; index < TIMERS; index++) this.lower(index);
      s.config = value;
      this.drive(0);
      this.drive(8);
    }
    s.config = value;
    if (changed & value & CFG_ENABLE) {
      s.startTick = this.tick();
      // A comparator never written stays out of it.
      s.timers.forEach((timer, index) => {
        if (timer.comparator !== MASK64) this.start(index);
      });
    }
  }

  private writeTimer(index: number, register: number, value: number): void {
    const timer = this.state.timers[index];
    switch (register) {
      case 0x00: {
        const changed = timer.config ^ value;
        // Lower on the old route before it changes.
        if (changed & (TN_ENABLE | TN_LEVEL | 0x3e00)) this.lower(index);
        timer.config = TN_CAPABILITIES | (value & TN_WRITABLE);
        timer.valueSetHigh = false;
        if (value & TN_32BIT) {
          timer.comparator &= MASK32;
          timer.period &= MASK32;
        }
        if (changed & value & TN_ENABLE && this.enabled) this.start(index);
        else if (changed & TN_ENABLE && !(value & TN_ENABLE)) this.stop(index);
        break;
      }
      case 0x08:
        this.writeComparator(index, 0n, BigInt(value), (timer.config & TN_VALUE_SET) !== 0);
        timer.valueSetHigh = (timer.config & (TN_VALUE_SET | TN_32BIT)) === TN_VALUE_SET;
        timer.config &= ~TN_VALUE_SET;
        break;
      case 0x0c:
        if (timer.config & TN_32BIT) break;
        this.writeComparator(index, 32n, BigInt(value), timer.valueSetHigh || (timer.config & TN_VALUE_SET) !== 0);
        timer.valueSetHigh = false;
        timer.config &= ~TN_VALUE_SET;
        break;
      default:
        break;
    }
  }

  /** Replaces one half of the comparator, of the period, or of both. */
  private writeComparator(index: number, shift: bigint, half: bigint, valueSet: boolean): void {
    const timer = this.state.timers[index];
    const periodic = (timer.config & TN_PERIODIC) !== 0;
    const keep = MASK64 & ~(MASK32 << shift);
    if (!periodic || valueSet) timer.comparator = (timer.comparator & keep) | (half << shift);
    if (periodic) timer.period = (timer.period & keep) | (half << shift);
    if (timer.config & TN_32BIT) timer.comparator &= MASK32;
    if (this.enabled) this.start(index);
  }

  private get enabled(): boolean {
    return (this.state.config & CFG_ENABLE) !== 0;
  }

  private get legacy(): boolean {
    return (this.state.config & CFG_LEGACY) !== 0;
  }

  private tick(): number {
    return Math.floor(this.clock.now() / TICK_NS);
  }

  private counter(): bigint {
    const s = this.state;
    return this.enabled ? (s.counter + BigInt(this.tick() - s.startTick)) & MASK64 : s.counter;
  }

  private setCounter(value: bigint): void {
    const s = this.state;
    s.counter = value & MASK64;
    s.startTick = this.tick();
    if (this.enabled) for (let index = 0; index < TIMERS; index++) if (s.timers[index].at !== null) this.start(index);
  }

  /** Ticks from now to the match; 1 when it lies in the past. */
  private distance(index: number): bigint {
    const timer = this.state.timers[index];
    const wide = !(timer.config & TN_32BIT);
    const distance = BigInt.asIntN(wide ? 64 : 32, timer.comparator - this.counter());
    return distance > 0n ? distance : 1n;
  }

  private start(index: number): void {
    const timer = this.state.timers[index];
    if (!(timer.config & (TN_ENABLE | TN_PERIODIC))) {
      this.stop(index);
      return;
    }
    let distance = this.distance(index);
    timer.wrapFirst = false;
    if ((timer.config & (TN_32BIT | TN_PERIODIC)) === TN_32BIT) {
      const wrap = MASK32 - (this.counter() & MASK32);
      if (wrap < distance) {
        distance = wrap;
        timer.wrapFirst = true;
      }
    }
    this.armAfter(index, distance);
  }

  private armAfter(index: number, ticks: bigint): void {
    const timer = this.state.timers[index];
    // What lies beyond the virtual clock's range never comes.
    const at = ticks < 2n ** 49n ? (this.tick() + Number(ticks)) * TICK_NS : null;
    timer.at = at;
    if (at === null) this.timers[index].cancel();
    else this.timers[index].arm(at);
  }

  private stop(index: number): void {
    this.state.timers[index].at = null;
    this.timers[index].cancel();
    this.lower(index);
  }

  private fired(index: number): void {
    const timer = this.state.timers[index];
    timer.at = null;
    if (timer.config & TN_PERIODIC && timer.period !== 0n) {
      const bits = timer.config & TN_32BIT ? 32 : 64;
      const late = BigInt.asIntN(bits, this.counter() - timer.comparator);
      // Periods missed at once are one interrupt.
      if (late >= 0n) timer.comparator = BigInt.asUintN(bits, timer.comparator + (late / timer.period + 1n) * timer.period);
      this.armAfter(index, this.distance(index));
    } else if (timer.wrapFirst) {
      timer.wrapFirst = false;
      this.armAfter(index, this.distance(index));
    }
    this.raise(index);
  }

  private raise(index: number): void {
    const s = this.state;
    const { config } = s.timers[index];
    if (!(config & TN_ENABLE) || !this.enabled) return;
    const gsi = this.route(index);
    if (config & TN_LEVEL) s.status |= 1 << index;
    else this.outputs[gsi]?.set(true);
    this.drive(gsi);
  }

  private lower(index: number): void {
    const s = this.state;
    if (!(s.status & (1 << index))) return;
    s.status &= ~(1 << index);
    this.drive(this.route(index));
  }

  private route(index: number): number {
    if (this.legacy && index < 2) return index === 0 ? 0 : 8;
    return (this.state.timers[index].config >>> 9) & 0x1f;
  }

  /** Puts on a line what all its sources in this block make of it. */
  private drive(gsi: number): void {
    const s = this.state;
    const passed = !this.legacy && ((gsi === 0 && s.pitLevel) || (gsi === 8 && s.rtcLevel));
    const held = s.timers.some((_, index) => s.status & (1 << index) && this.route(index) === gsi);
    this.outputs[gsi]?.set(passed || held);
  }
}
