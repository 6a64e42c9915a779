// SPDX-License-Identifier: MIT
/**
 * @fileoverview The 8254 programmable interval timer (Intel 8254 data sheet) and port 61h (ICH9 data sheet, 13.7.1) that gates and
 * shows its third counter. The clock is 1,193,182 Hz, derived exactly from virtual time: tick n of this clock is a fixed
 * instant, so counts and interrupts never drift against each other.
 *
 * A counter is not stepped. It knows the tick at which its counting element was loaded and works out count and output from the ticks
 * since; only changes of counter 0's output are events, because they drive IRQ 0. A new count is loaded one tick after it was written
 * (modes 0 and 4, and 2 and 3 when idle), at the end of the running period (modes 2 and 3), or one tick after the gate rises
 * (modes 1 and 5). `pendingTick` is that tick; `settle` makes the load happen once time has passed it.
 *
 * Counters 0 and 1 have their gates tied high. The refresh bit of port 61h toggles every 18 ticks, as counter 1 makes it on a PC.
 */
import { byteBlock } from '../bus/byteBlock.ts';
import type { Clock, Device, DeviceState, IrqLine, RegisterBlock, Timer } from '../bus/device.ts';
import { loadFields, saveFields } from '../bus/state.ts';
import { ticksAt, timeOfTick } from '../bus/ticks.ts';

const VERSION = 1;
const HZ = 1193182;
const REFRESH_TICKS = 18;

const ACCESS_LSB = 1;
const ACCESS_WORD = 3;

function counterPowerOn() {
  return {
    mode: 3,
    bcd: false,
    access: ACCESS_WORD,
    gate: true,
    /** Reload value in ticks, 1 to 65536 (10000 in BCD). */
    count: 0x10000,
    /** The tick at which the counting element took `count`; null while not counting. */
    loadTick: null as number | null,
    /** Ticks counted when the gate stopped the counter (modes 0 and 4). */
    pausedAt: null as number | null,
    /** A count waiting to be loaded, and when it will be; a null tick waits for the gate. */
    pendingCount: null as number | null,
    pendingTick: null as number | null,
    /** First byte of a count written in two halves. */
    lowByte: null as number | null,
    /** Whether the next read of an unlatched word gives its high byte. */
    readHigh: false,
    /** Latched bytes, in the order they will be read. */
    latched: [] as number[],
    latchedStatus: null as number | null,
  };
}

type CounterState = ReturnType<typeof counterPowerOn>;

/** One of the three counters; `tick` is always the current tick of the clock. */
class Counter {
  state: CounterState = counterPowerOn();

  private get modulus(): number {
    return this.state.bcd ? 10000 : 0x10000;
  }

  /** Lets a load that is due by `tick` happen. */
  settle(tick: number): void {
    const s = this.state;
    if (s.pendingTick === null || s.pendingCount === null || tick < s.pendingTick) return;
    s.count = s.pendingCount;
    s.loadTick = s.pendingTick;
    s.pausedAt = this.pauses && !s.gate ? 0 : null;
    s.pendingCount = null;
    s.pendingTick = null;
  }

  control(value: number): void {
    const s = this.state;
    s.access = (value >>> 4) & 3;
    const mode = (value >>> 1) & 7;
    s.mode = mode > 5 ? mode - 4 : mode;
    s.bcd = (value & 1) !== 0;
    s.loadTick = null;
    s.pausedAt = null;
    s.pendingCount = null;
    s.pendingTick = null;
    s.lowByte = null;
    s.readHigh = false;
    s.latched = [];
    s.latchedStatus = null;
  }

  write(value: number, tick: number): void {
    const s = this.state;
    if (s.access !== ACCESS_WORD) {
      this.writeCount(s.access === ACCESS_LSB ? value : value << 8, tick);
    } else if (s.lowByte === null) {
      s.lowByte = value;
      // In mode 0 the first half stops the counter and lowers its output.
      if (s.mode === 0) s.loadTick = null;
    } else {
      const low = s.lowByte;
      s.lowByte = null;
      this.writeCount((value << 8) | low, tick);
    }
  }

  read(tick: number): number {
    const s = this.state;
    if (s.latchedStatus !== null) {
      const status = s.latchedStatus;
      s.latchedStatus = null;
      return status;
    }
    if (s.latched.length > 0) return s.latched.shift() as number;
    const value = this.countingElement(tick);
    if (s.access === ACCESS_LSB) return value & 0xff;
    if (s.access !== ACCESS_WORD) return value >>> 8;
    s.readHigh = !s.readHigh;
    return s.readHigh ? value & 0xff : value >>> 8;
  }

  latchCount(tick: number): void {
    const s = this.state;
    if (s.latched.length > 0) return;
    const value = this.countingElement(tick);
    if (s.access & 1) s.latched.push(value & 0xff);
    if (s.access & 2) s.latched.push(value >>> 8);
  }

  latchStatus(tick: number): void {
    const s = this.state;
    if (s.latchedStatus !== null) return;
    const nullCount = s.pendingCount !== null || s.loadTick === null;
    s.latchedStatus = (this.output(tick) ? 0x80 : 0) | (nullCount ? 0x40 : 0) | (s.access << 4) | (s.mode << 1) | (s.bcd ? 1 : 0);
  }

  setGate(gate: boolean, tick: number): void {
    const s = this.state;
    const rises = gate && !s.gate;
    const falls = !gate && s.gate;
    s.gate = gate;
    if (this.pauses && s.loadTick !== null) {
      if (falls) s.pausedAt = tick - s.loadTick;
      if (rises && s.pausedAt !== null) {
        s.loadTick = tick - s.pausedAt;
        s.pausedAt = null;
      }
    } else if (rises && s.mode !== 0 && s.mode !== 4 && (s.loadTick !== null || s.pendingCount !== null)) {
      // A trigger (1, 5) or a restart of the period (2, 3).
      s.pendingCount ??= s.count;
      s.pendingTick = tick + 1;
    }
  }

  /** OUT. While nothing has been loaded since the control word it is low in mode 0 and high in the others. */
  output(tick: number): boolean {
    const s = this.state;
    if (s.loadTick === null) return s.mode !== 0;
    const elapsed = s.pausedAt ?? tick - s.loadTick;
    switch (s.mode) {
      case 0:
      case 1:
        return elapsed >= s.count;
      case 2:
        return !s.gate || elapsed % s.count !== s.count - 1;
      case 3:
        return !s.gate || elapsed % s.count < (s.count + 1) >>> 1;
      default:
        return elapsed !== s.count;
    }
  }

  /** The first tick after `tick` at which OUT may change, or null. */
  nextChange(tick: number): number | null {
    const s = this.state;
    const change = this.nextCounted(tick);
    if (s.pendingTick === null) return change;
    return change === null ? s.pendingTick : Math.min(change, s.pendingTick);
  }

  private nextCounted(tick: number): number | null {
    const s = this.state;
    if (s.loadTick === null || s.pausedAt !== null) return null;
    const elapsed = tick - s.loadTick;
    const periodStart = tick - (elapsed % s.count);
    switch (s.mode) {
      case 0:
      case 1:
        return elapsed < s.count ? s.loadTick + s.count : null;
      case 2:
        if (!s.gate || s.count === 1) return null;
        return elapsed % s.count < s.count - 1 ? periodStart + s.count - 1 : periodStart + s.count;
      case 3: {
        if (!s.gate || s.count === 1) return null;
        const high = (s.count + 1) >>> 1;
        return elapsed % s.count < high ? periodStart + high : periodStart + s.count;
      }
      default:
        if (elapsed > s.count) return null;
        return s.loadTick + s.count + (elapsed === s.count ? 1 : 0);
    }
  }

  /** Modes whose counting a low gate suspends. */
  private get pauses(): boolean {
    return this.state.mode === 0 || this.state.mode === 4;
  }

  private writeCount(raw: number, tick: number): void {
    const s = this.state;
    const value = s.bcd ? (raw >>> 12) * 1000 + ((raw >>> 8) & 15) * 100 + ((raw >>> 4) & 15) * 10 + (raw & 15) : raw;
    s.pendingCount = value === 0 ? this.modulus : value;
    if (s.mode === 1 || s.mode === 5) {
      s.pendingTick = null;
    } else if ((s.mode === 2 || s.mode === 3) && s.loadTick !== null) {
      s.pendingTick = s.gate ? tick + s.count - ((tick - s.loadTick) % s.count) : null;
    } else {
      s.pendingTick = tick + 1;
    }
  }

  /** What a read of the count shows: binary, or four BCD digits. */
  private countingElement(tick: number): number {
    const s = this.state;
    const elapsed = s.loadTick === null ? 0 : (s.pausedAt ?? tick - s.loadTick);
    let count: number;
    // Not counting yet: what is about to be loaded. Software here reads it sooner after the write than on any real bus.
    if (s.loadTick === null) count = s.pendingCount ?? s.count;
    else if (s.mode === 2) count = s.count - (elapsed % s.count);
    else if (s.mode === 3) count = s.count - ((2 * elapsed) % s.count);
    else count = s.count - elapsed;
    const binary = ((count % this.modulus) + this.modulus) % this.modulus;
    if (!s.bcd) return binary;
    return (
      (Math.floor(binary / 1000) << 12) |
      ((Math.floor(binary / 100) % 10) << 8) |
      ((Math.floor(binary / 10) % 10) << 4) |
      (binary % 10)
    );
  }
}

export class Pit8254 implements Device {
  readonly name = 'pit';
  /** Ports 40h-43h. */
  readonly registers: RegisterBlock;
  /** Port 61h. */
  readonly speakerPort: RegisterBlock;
  private readonly clock: Clock;
  private readonly irq: IrqLine;
  private readonly timer: Timer;
  private readonly counters = [new Counter(), new Counter(), new Counter()];
  /** Port 61h bits 0-3: gate of counter 2, speaker data, and two NMI masks. */
  private control61 = 0;
  /** The tick up to which counter 0's output has been driven onto the line. */
  private driven = 0;

  /** `irq0` follows counter 0's output. */
  constructor(clock: Clock, irq0: IrqLine) {
    this.clock = clock;
    this.irq = irq0;
    this.timer = clock.timer('pit', () => this.drive());
    this.registers = byteBlock(
      (offset) => this.readByte(offset),
      (offset, value) => this.writeByte(offset, value),
    );
    this.speakerPort = byteBlock(
      (offset) => (offset === 0 ? this.read61() : 0xff),
      (offset, value) => {
        if (offset === 0) this.write61(value);
      },
    );
    this.reset();
  }

  reset(): void {
    const tick = this.tick();
    for (const counter of this.counters) counter.state = { ...counterPowerOn(), loadTick: tick };
    this.counters[2].state.gate = false;
    this.control61 = 0;
    this.restart();
  }

  save(): DeviceState {
    this.tick();
    return saveFields(VERSION, {
      counters: this.counters.map((counter) => counter.state),
      control61: this.control61,
      driven: this.driven,
    });
  }

  load(state: DeviceState): void {
    const shape = { counters: [0, 1, 2].map(counterPowerOn), control61: 0, driven: 0 };
    const fields = loadFields(this.name, state, VERSION, shape);
    this.counters.forEach((counter, index) => {
      counter.state = fields.counters[index];
    });
    this.control61 = fields.control61;
    this.driven = fields.driven;
    this.irq.set(this.counters[0].output(this.driven));
    this.schedule();
  }

  private readByte(offset: number): number {
    const counter = this.counters[offset];
    // The control word cannot be read.
    return counter ? counter.read(this.tick()) : 0xff;
  }

  private writeByte(offset: number, value: number): void {
    const tick = this.tick();
    if (offset === 3) this.writeControl(value, tick);
    else this.counters[offset]?.write(value, tick);
    if (offset === 0 || offset === 3) this.restart();
  }

  private writeControl(value: number, tick: number): void {
    const select = value >>> 6;
    if (select === 3) {
      // Read-back: bits 1-3 choose counters; clear bits 5 and 4 latch count and status.
      this.counters.forEach((counter, index) => {
        if (!(value & (2 << index))) return;
        if (!(value & 0x20)) counter.latchCount(tick);
        if (!(value & 0x10)) counter.latchStatus(tick);
      });
    } else if ((value & 0x30) === 0) {
      this.counters[select].latchCount(tick);
    } else {
      this.counters[select].control(value);
    }
  }

  private read61(): number {
    const tick = this.tick();
    const refresh = Math.floor(tick / REFRESH_TICKS) & 1;
    return this.control61 | (refresh << 4) | (this.counters[2].output(tick) ? 0x20 : 0);
  }

  private write61(value: number): void {
    this.control61 = value & 0x0f;
    this.counters[2].setGate((value & 1) !== 0, this.tick());
  }

  /** The current tick, with all counters settled and counter 0's past changes on its line. */
  private tick(): number {
    const tick = ticksAt(this.clock.now(), HZ);
    this.driveUpTo(tick);
    this.counters[1].settle(tick);
    this.counters[2].settle(tick);
    return tick;
  }

  private drive(): void {
    this.tick();
    this.schedule();
  }

  /** Shows every level counter 0's output had since `driven`; of many periods passed at once only one edge counts. */
  private driveUpTo(tick: number): void {
    const counter = this.counters[0];
    for (let step = 0; step < 4; step++) {
      const change = counter.nextChange(this.driven);
      if (change === null || change > tick) break;
      counter.settle(change);
      this.irq.set(counter.output(change));
      this.driven = change;
    }
    counter.settle(tick);
    this.driven = tick;
    this.irq.set(counter.output(tick));
  }

  /** After counter 0 was programmed: its output as of now, and the next event. */
  private restart(): void {
    this.irq.set(this.counters[0].output(this.driven));
    this.schedule();
  }

  private schedule(): void {
    const change = this.counters[0].nextChange(this.driven);
    if (change === null) this.timer.cancel();
    else this.timer.arm(timeOfTick(change, HZ));
  }
}
