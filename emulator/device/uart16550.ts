// SPDX-License-Identifier: MIT
/**
 * @fileoverview The 16550A serial port (National PC16550D data sheet), 8 ports, one interrupt.
 *
 * Transmission takes no time, as in QEMU: a byte written to THR leaves at once, so THRE and TEMT are always set when the guest looks.
 * What matters is kept: every write drops the THR-empty interrupt and raises it again, so the line shows an edge.
 *
 * Reception takes as long as the programmed divisor and frame say. Bytes given to `receive` wait outside the chip and enter one per
 * character time; while the receive buffer is full they keep waiting, as a peer with flow control would. So only loopback can overrun.
 * A received byte sets DR; the interrupt comes at the FIFO's trigger level, or four character times after the last
 * byte came or went (time-out).
 *
 * Interrupt priorities, highest first: line status, time-out and received data, THR empty, modem status. IIR shows the highest; the line
 * is high while any is pending. OUT2 does not gate the line (as in QEMU; on PC boards it does).
 *
 * Left out: transmitting breaks, parity and framing errors: nothing on this side of the line can produce or see them.
 */
import { byteBlock } from '../bus/byteBlock.ts';
import type { Clock, Device, DeviceState, IrqLine, RegisterBlock, Timer } from '../bus/device.ts';
import { loadFields, saveFields } from '../bus/state.ts';

const VERSION = 1;
const FIFO_SIZE = 16;
/** 1.8432 MHz / 16: the bit rate at divisor 1. */
const BASE_RATE = 115200;

const IER_RDA = 0x01;
const IER_THRE = 0x02;
const IER_RLS = 0x04;
const IER_MS = 0x08;

const IIR_NONE = 0x01;
const IIR_MS = 0x00;
const IIR_THRE = 0x02;
const IIR_RDA = 0x04;
const IIR_RLS = 0x06;
const IIR_TIMEOUT = 0x0c;
const IIR_FIFO = 0xc0;

const FCR_ENABLE = 0x01;
const FCR_CLEAR_RX = 0x02;
const FCR_CLEAR_TX = 0x04;
const TRIGGER_LEVELS = [1, 4, 8, 14];

const LCR_DLAB = 0x80;

const MCR_LOOP = 0x10;

const LSR_DR = 0x01;
const LSR_OE = 0x02;
/** Only overrun occurs here; parity, framing and break do not. */
const LSR_ERRORS = 0x1e;
const LSR_THRE = 0x20;
const LSR_TEMT = 0x40;

const MSR_TERI = 0x04;
const MSR_RI = 0x40;
/** DCD, DSR and CTS: the peer is always there and always ready. */
const MSR_CONNECTED = 0xb0;

function powerOn() {
  return {
    ier: 0,
    fcr: 0,
    lcr: 0,
    mcr: 0x08,
    lsr: LSR_THRE | LSR_TEMT,
    /** The four delta bits. */
    msrDelta: 0,
    scr: 0,
    /** 9600 baud. */
    divisor: 12,
    rbr: 0,
    fifo: [] as number[],
    thrInterrupt: false,
    timeoutInterrupt: false,
    timeoutAt: null as number | null,
    /** Bytes on the wire, not yet received, and when the first of them will be. */
    wire: [] as number[],
    wireAt: null as number | null,
  };
}

export class Uart16550 implements Device {
  readonly name: string;
  /** Eight ports. */
  readonly registers: RegisterBlock;
  private readonly clock: Clock;
  private readonly irq: IrqLine;
  private readonly transmit: (byte: number) => void;
  private readonly wireTimer: Timer;
  private readonly timeoutTimer: Timer;
  private state = powerOn();

  constructor(name: string, clock: Clock, irq: IrqLine, transmit: (byte: number) => void) {
    this.name = name;
    this.clock = clock;
    this.irq = irq;
    this.transmit = transmit;
    this.wireTimer = clock.timer(`${name}-receive`, () => this.arrive());
    this.timeoutTimer = clock.timer(`${name}-timeout`, () => this.timeout());
    this.registers = byteBlock(
      (offset) => this.readByte(offset),
      (offset, value) => this.writeByte(offset, value),
    );
  }

  /** Bytes the peer sends: each enters the receiver after one more character time. */
  receive(bytes: Uint8Array): void {
    for (const byte of bytes) this.state.wire.push(byte);
    this.schedule();
  }

  /** Whether everything given to `receive` has entered the receiver. */
  get receivedAll(): boolean {
    return this.state.wire.length === 0;
  }

  /** RESET# clears the chip; bytes on the wire belong to the peer and stay. */
  reset(): void {
    const { wire } = this.state;
    this.state = { ...powerOn(), wire };
    this.timeoutTimer.cancel();
    this.wireTimer.cancel();
    this.updateIrq();
    this.schedule();
  }

  save(): DeviceState {
    return saveFields(VERSION, this.state);
  }

  load(state: DeviceState): void {
    this.state = loadFields(this.name, state, VERSION, powerOn());
    const { timeoutAt, wireAt } = this.state;
    if (timeoutAt === null) this.timeoutTimer.cancel();
    else this.timeoutTimer.arm(timeoutAt);
    if (wireAt === null) this.wireTimer.cancel();
    else this.wireTimer.arm(wireAt);
    this.updateIrq();
  }

  private readByte(offset: number): number {
    const s = this.state;
    switch (offset) {
      case 0:
        return s.lcr & LCR_DLAB ? s.divisor & 0xff : this.readData();
      case 1:
        return s.lcr & LCR_DLAB ? s.divisor >>> 8 : s.ier;
      case 2: {
        const iir = this.pendingInterrupt();
        // Reading IIR while it shows THR-empty withdraws that interrupt.
        if (iir === IIR_THRE) {
          s.thrInterrupt = false;
          this.updateIrq();
        }
        return iir | (s.fcr & FCR_ENABLE ? IIR_FIFO : 0);
      }
      case 3:
        return s.lcr;
      case 4:
        return s.mcr;
      case 5: {
        const lsr = s.lsr;
        s.lsr &= ~LSR_ERRORS;
        this.updateIrq();
        return lsr;
      }
      case 6: {
        const msr = this.modemLines(s.mcr) | s.msrDelta;
        s.msrDelta = 0;
        this.updateIrq();
        return msr;
      }
      case 7:
        return s.scr;
      default:
        return 0xff;
    }
  }

  private writeByte(offset: number, value: number): void {
    const s = this.state;
    switch (offset) {
      case 0:
        if (s.lcr & LCR_DLAB) s.divisor = (s.divisor & 0xff00) | value;
        else this.writeData(value);
        break;
      case 1:
        if (s.lcr & LCR_DLAB) {
          s.divisor = (s.divisor & 0x00ff) | (value << 8);
          break;
        }
        // Enabling the THR-empty interrupt while THR is empty raises it.
        if (value & ~s.ier & IER_THRE) s.thrInterrupt = true;
        s.ier = value & 0x0f;
        this.updateIrq();
        break;
      case 2:
        this.writeFifoControl(value);
        break;
      case 3:
        s.lcr = value;
        break;
      case 4:
        this.writeModemControl(value & 0x1f);
        break;
      case 7:
        s.scr = value;
        break;
      default:
        // LSR and MSR are read-only.
        break;
    }
  }

  private readData(): number {
    const s = this.state;
    let byte = s.rbr;
    if (!(s.fcr & FCR_ENABLE)) {
      s.lsr &= ~LSR_DR;
    } else {
      byte = s.fifo.shift() ?? 0;
      if (s.fifo.length === 0) s.lsr &= ~LSR_DR;
      this.restartTimeout();
    }
    s.timeoutInterrupt = false;
    this.updateIrq();
    this.schedule();
    return byte;
  }

  private writeData(value: number): void {
    const s = this.state;
    // A full transmitter for no time at all: the line falls and rises.
    s.thrInterrupt = false;
    this.updateIrq();
    if (s.mcr & MCR_LOOP) this.accept(value);
    else this.transmit(value);
    s.thrInterrupt = true;
    this.updateIrq();
  }

  private writeFifoControl(value: number): void {
    const s = this.state;
    const toggled = (value ^ s.fcr) & FCR_ENABLE;
    if (toggled || (value & FCR_ENABLE && value & FCR_CLEAR_RX)) {
      s.fifo = [];
      // An overrun stays until LSR is read.
      s.lsr &= ~LSR_DR;
      s.timeoutInterrupt = false;
      this.restartTimeout();
    }
    if (toggled || (value & FCR_ENABLE && value & FCR_CLEAR_TX)) s.thrInterrupt = true;
    // The trigger level and the mode stick only while the FIFOs are on.
    s.fcr = value & FCR_ENABLE ? value & 0xc9 : 0;
    this.updateIrq();
    this.schedule();
  }

  private writeModemControl(value: number): void {
    const s = this.state;
    const before = this.modemLines(s.mcr);
    const after = this.modemLines(value);
    s.mcr = value;
    s.msrDelta |= ((before ^ after) >>> 4) & ~MSR_TERI;
    if (before & ~after & MSR_RI) s.msrDelta |= MSR_TERI;
    this.updateIrq();
    this.schedule();
  }

  /** CTS, DSR, RI, DCD: the peer's, or in loopback RTS, DTR, OUT1, OUT2. */
  private modemLines(mcr: number): number {
    if (!(mcr & MCR_LOOP)) return MSR_CONNECTED;
    return ((mcr & 0x02) << 3) | ((mcr & 0x01) << 5) | ((mcr & 0x0c) << 4);
  }

  /** Nanoseconds for one character: start bit, data, parity, stop. A divisor of 0 counts as 65536. */
  private characterTime(): number {
    const { lcr, divisor } = this.state;
    const bits = 1 + 5 + (lcr & 3) + (lcr & 0x08 ? 1 : 0) + (lcr & 0x04 ? 2 : 1);
    return Math.round((bits * (divisor || 0x10000) * 1e9) / BASE_RATE);
  }

  private hasRoom(): boolean {
    const s = this.state;
    if (s.mcr & MCR_LOOP) return false;
    return s.fcr & FCR_ENABLE ? s.fifo.length < FIFO_SIZE : !(s.lsr & LSR_DR);
  }

  /** Starts the next byte on the wire, if there is one, it can be taken, and none is under way. */
  private schedule(): void {
    const s = this.state;
    if (s.wireAt !== null || s.wire.length === 0 || !this.hasRoom()) return;
    s.wireAt = this.clock.now() + this.characterTime();
    this.wireTimer.arm(s.wireAt);
  }

  private arrive(): void {
    const s = this.state;
    s.wireAt = null;
    if (!this.hasRoom()) return;
    const byte = s.wire.shift();
    if (byte !== undefined) this.accept(byte);
    this.schedule();
  }

  private accept(byte: number): void {
    const s = this.state;
    if (s.fcr & FCR_ENABLE) {
      if (s.fifo.length < FIFO_SIZE) s.fifo.push(byte);
      else s.lsr |= LSR_OE;
      s.lsr |= LSR_DR;
      this.restartTimeout();
    } else {
      if (s.lsr & LSR_DR) s.lsr |= LSR_OE;
      s.rbr = byte;
      s.lsr |= LSR_DR;
    }
    this.updateIrq();
  }

  private restartTimeout(): void {
    const s = this.state;
    if (s.fifo.length === 0) {
      s.timeoutAt = null;
      this.timeoutTimer.cancel();
    } else {
      s.timeoutAt = this.clock.now() + 4 * this.characterTime();
      this.timeoutTimer.arm(s.timeoutAt);
    }
  }

  private timeout(): void {
    this.state.timeoutAt = null;
    this.state.timeoutInterrupt = true;
    this.updateIrq();
  }

  private pendingInterrupt(): number {
    const s = this.state;
    if (s.ier & IER_RLS && s.lsr & LSR_ERRORS) return IIR_RLS;
    if (s.ier & IER_RDA) {
      if (s.timeoutInterrupt) return IIR_TIMEOUT;
      const enough = s.fcr & FCR_ENABLE ? s.fifo.length >= TRIGGER_LEVELS[s.fcr >>> 6] : s.lsr & LSR_DR;
      if (enough) return IIR_RDA;
    }
    if (s.ier & IER_THRE && s.thrInterrupt) return IIR_THRE;
    if (s.ier & IER_MS && s.msrDelta) return IIR_MS;
    return IIR_NONE;
  }

  private updateIrq(): void {
    this.irq.set(this.pendingInterrupt() !== IIR_NONE);
  }
}
