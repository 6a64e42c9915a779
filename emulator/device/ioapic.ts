// SPDX-License-Identifier: MIT
/**
 * @fileoverview The I/O APIC: 24 inputs, each with a redirection entry (Intel 82093AA data sheet; ICH9 data sheet, 13.5). Version 20h, with
 * the EOI register, as QEMU's.
 *
 * An edge input sends one message per rise while unmasked; a rise while masked is lost. A level input sends one message while high and
 * unmasked, sets Remote IRR, and sends again after an EOI for its vector finds the line still high.
 *
 * Typical sequence: IOREGSEL = 10h + 2 * pin, IOWIN = low half; a device raises its line; the message goes to the
 * interrupt bus; the handler's EOI comes back through `endOfInterrupt`.
 */
import type { AccessSize, Device, DeviceState, IrqLine, RegisterBlock } from '../bus/device.ts';
import { loadFields, saveFields } from '../bus/state.ts';
import type { InterruptBus } from './interruptBus.ts';

const VERSION = 1;
const PINS = 24;

const IOREGSEL = 0x00;
const IOWIN = 0x10;
const EOI = 0x40;

const REG_ID = 0x00;
const REG_VERSION = 0x01;
const REG_ARBITRATION = 0x02;
const REG_TABLE = 0x10;

const DELIVERY_STATUS = 0x1000;
const ACTIVE_LOW = 0x2000;
const REMOTE_IRR = 0x4000;
const LEVEL = 0x8000;
const MASKED = 0x10000;
const WRITABLE_LOW = 0x1afff;

function powerOn() {
  return {
    select: 0,
    id: 0,
    low: Array.from({ length: PINS }, () => MASKED),
    /** Destination in bits 24-31. */
    high: Array.from({ length: PINS }, () => 0),
    /** Levels at the inputs. */
    lines: 0,
  };
}

export class IoApic implements Device {
  readonly name = 'ioapic';
  readonly inputs: readonly IrqLine[];
  /** The register page at FEC00000h. */
  readonly registers: RegisterBlock;
  private readonly bus: InterruptBus;
  private state = powerOn();

  constructor(bus: InterruptBus) {
    this.bus = bus;
    bus.onEndOfInterrupt((vector) => this.endOfInterrupt(vector));
    this.inputs = Array.from({ length: PINS }, (_, pin) => ({ set: (level: boolean) => this.setLine(pin, level) }));
    this.registers = {
      read: (offset, size) => this.read(offset, size),
      write: (offset, size, value) => this.write(offset, size, value),
    };
  }

  reset(): void {
    this.state = { ...powerOn(), lines: this.state.lines };
  }

  save(): DeviceState {
    return saveFields(VERSION, this.state);
  }

  load(state: DeviceState): void {
    this.state = loadFields(this.name, state, VERSION, powerOn());
  }

  private setLine(pin: number, level: boolean): void {
    const s = this.state;
    const bit = 1 << pin;
    const rising = level && !(s.lines & bit);
    s.lines = level ? s.lines | bit : s.lines & ~bit;
    const entry = s.low[pin];
    if (entry & MASKED) return;
    if (entry & LEVEL) this.serviceLevel(pin);
    else if (rising) this.send(pin);
  }

  private serviceLevel(pin: number): void {
    const s = this.state;
    if (!(s.lines & (1 << pin)) || (s.low[pin] & (LEVEL | MASKED | REMOTE_IRR)) !== LEVEL) return;
    s.low[pin] |= REMOTE_IRR;
    this.send(pin);
  }

  private send(pin: number): void {
    const entry = this.state.low[pin];
    this.bus.send({
      destination: this.state.high[pin] >>> 24,
      logical: (entry & 0x800) !== 0,
      deliveryMode: (entry >>> 8) & 7,
      vector: entry & 0xff,
      levelTriggered: (entry & LEVEL) !== 0,
    });
  }

  private endOfInterrupt(vector: number): void {
    const s = this.state;
    for (let pin = 0; pin < PINS; pin++) {
      if ((s.low[pin] & 0xff) !== vector || !(s.low[pin] & REMOTE_IRR)) continue;
      s.low[pin] &= ~REMOTE_IRR;
      this.serviceLevel(pin);
    }
  }

  /** Registers sit at multiples of 16; a narrower access sees its part of the 32 bits. */
  private read(offset: number, size: AccessSize): number {
    const within = offset & 15;
    if (within > 3) return 0;
    const value =
      (offset & 0xff) >>> 4 === IOREGSEL >>> 4 ? this.state.select : (offset & 0xf0) === IOWIN ? this.readSelected() : 0;
    return (value >>> (8 * within)) & (size === 4 ? 0xffffffff : (1 << (8 * size)) - 1);
  }

  private write(offset: number, size: AccessSize, value: number): void {
    switch (offset & 0xff) {
      case IOREGSEL:
        this.state.select = value & 0xff;
        break;
      case IOWIN:
        if (size === 4) this.writeSelected(value);
        break;
      case EOI:
        if (size === 4) this.endOfInterrupt(value & 0xff);
        break;
      default:
        break;
    }
  }

  private readSelected(): number {
    const s = this.state;
    switch (s.select) {
      case REG_ID:
      case REG_ARBITRATION:
        return s.id << 24;
      case REG_VERSION:
        return ((PINS - 1) << 16) | 0x20;
      default: {
        const pin = (s.select - REG_TABLE) >> 1;
        if (pin < 0 || pin >= PINS) return 0;
        return s.select & 1 ? s.high[pin] : s.low[pin];
      }
    }
  }

  private writeSelected(value: number): void {
    const s = this.state;
    if (s.select === REG_ID) {
      s.id = (value >>> 24) & 0x0f;
      return;
    }
    const pin = (s.select - REG_TABLE) >> 1;
    if (pin < 0 || pin >= PINS) return;
    if (s.select & 1) {
      s.high[pin] = (value & 0xff000000) >>> 0;
      return;
    }
    // Polarity is kept for the guest to read; lines here say active, not high.
    const entry = (value & (WRITABLE_LOW | ACTIVE_LOW) & ~(DELIVERY_STATUS | REMOTE_IRR)) | (s.low[pin] & REMOTE_IRR);
    // Remote IRR belongs to level triggering; switching to edge clears it, which older kernels use in place of an EOI.
    s.low[pin] = entry & LEVEL ? entry : entry & ~REMOTE_IRR;
    this.serviceLevel(pin);
  }
}
