// SPDX-License-Identifier: MIT
/**
 * @fileoverview Serial ports as terminals: 16550 UARTs (PC16550D data sheet), ttya at 3F8h and ttyb at 2F8h.
 *
 * Both directions go by interrupts: received characters when they come, up to 16 to send whenever the transmitter's FIFO is empty. The console's
 * kernel messages are sent by polling in between (runtime/console). Flow control: XON/XOFF by the line discipline; with CRTSCTS nothing is sent
 * while CTS is off, with CRTSXOFF RTS is off while too much input waits. The speed follows the settings.
 */
import { inb, outb } from 'machine/cpu';
import { makeDevice } from '../fs/dev/device';
import { addDevice } from '../fs/dev/devices';
import { uptime } from '../kernel/time/clock';
import { setInterrupt } from '../kernel/trap';
import { Terminal } from './terminal';

const MAJOR: u32 = 106;

const DATA: u32 = 0;
const INTERRUPT_ENABLE: u32 = 1;
const INTERRUPT_ID: u32 = 2;
const FIFO_CONTROL: u32 = 2;
const LINE_CONTROL: u32 = 3;
const MODEM_CONTROL: u32 = 4;
const LINE_STATUS: u32 = 5;
const MODEM_STATUS: u32 = 6;
const SCRATCH: u32 = 7;

const ENABLE_RECEIVED: u32 = 1;
const ENABLE_EMPTY: u32 = 2;
const ENABLE_LINE: u32 = 4;
const ENABLE_MODEM: u32 = 8;
const NO_INTERRUPT: u32 = 1;
const DATA_READY: u32 = 1;
const BREAK: u32 = 0x10;
const EMPTY: u32 = 0x20;
/** FIFOs on and emptied, an interrupt for every character. */
const FIFOS: u32 = 7;
const FIFO_SIZE: i32 = 16;
/** DTR, and OUT2, which connects the interrupt line on PCs. */
const READY: u32 = 0x09;
const RTS: u32 = 2;
const CTS: u32 = 0x10;
const DIVISOR_ACCESS: u32 = 0x80;
const SET_BREAK: u32 = 0x40;

/** c_cflag */
const CBAUD: u32 = 0xf;
const CBAUDEXT: u32 = 0x200000;
const CSIZE: u32 = 0x30;
const CSTOPB: u32 = 0x40;
const PARENB: u32 = 0x100;
const PARODD: u32 = 0x200;
const CRTSXOFF: u32 = 0x40000000;
const CRTSCTS: u32 = 0x80000000;
const SPEEDS: StaticArray<u32> = [
  0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400, 57600, 76800, 115200,
];
const CLOCK: u32 = 115200;
/** Nanoseconds that a break lasts. */
const QUARTER: u64 = 250000000;

export class SerialTerminal extends Terminal {
  private enabled: u32 = ENABLE_RECEIVED | ENABLE_LINE;
  /** The settings that the hardware has. */
  private modes: u32 = 0;

  constructor(
    private readonly port: u32,
    minor: u32,
  ) {
    super(makeDevice(MAJOR, minor));
    this.modes = this.line.cflag;
  }

  start(line: u32, handler: (inUser: bool) => void): void {
    const port = this.port;
    outb(port + FIFO_CONTROL, FIFOS);
    outb(port + MODEM_CONTROL, READY | RTS);
    outb(port + INTERRUPT_ENABLE, this.enabled);
    setInterrupt(line, handler);
  }

  transmit(): void {
    const port = this.port;
    const line = this.line;
    let wanted = this.enabled & ~(ENABLE_EMPTY | ENABLE_MODEM);
    const waits = (line.cflag & CRTSCTS) != 0 && !(inb(port + MODEM_STATUS) & CTS);
    if (!waits && line.canSend && inb(port + LINE_STATUS) & EMPTY) {
      for (let i = 0; i < FIFO_SIZE && line.canSend; i++) {
        outb(port + DATA, line.nextOutput);
        line.sentOne();
      }
    }
    if (line.canSend && !waits) wanted |= ENABLE_EMPTY;
    if (line.cflag & CRTSCTS) wanted |= ENABLE_MODEM;
    if (wanted == this.enabled) return;
    this.enabled = wanted;
    outb(port + INTERRUPT_ENABLE, wanted);
  }

  interrupted(): void {
    const port = this.port;
    while (!(inb(port + INTERRUPT_ID) & NO_INTERRUPT)) {
      let status = inb(port + LINE_STATUS);
      if (status & BREAK) {
        inb(port + DATA);
        this.line.break_();
        status = inb(port + LINE_STATUS);
      }
      while (status & DATA_READY) {
        this.line.input(inb(port + DATA));
        status = inb(port + LINE_STATUS);
      }
      inb(port + MODEM_STATUS);
      this.transmit();
    }
  }

  inputFull(full: bool): void {
    if (this.line.cflag & CRTSXOFF) outb(this.port + MODEM_CONTROL, full ? READY : READY | RTS);
  }

  protected lineSettingsChanged(): void {
    const modes = this.line.cflag;
    if (modes == this.modes) return;
    this.modes = modes;
    const port = this.port;
    let control = (modes & CSIZE) >> 4;
    if (modes & CSTOPB) control |= 4;
    if (modes & PARENB) control |= modes & PARODD ? 8 : 0x18;
    const index = (modes & CBAUD) | (modes & CBAUDEXT ? 16 : 0);
    const speed = index < <u32>SPEEDS.length ? SPEEDS[index] : 0;
    if (speed) {
      const divisor = CLOCK / speed;
      outb(port + LINE_CONTROL, control | DIVISOR_ACCESS);
      outb(port, divisor & 0xff);
      outb(port + 1, divisor >> 8);
    }
    outb(port + LINE_CONTROL, control);
  }

  protected sendBreak(): void {
    const control = inb(this.port + LINE_CONTROL);
    outb(this.port + LINE_CONTROL, control | SET_BREAK);
    this.drained.wait(uptime() + QUARTER);
    outb(this.port + LINE_CONTROL, control);
  }
}

let first: SerialTerminal | null = null;
let second: SerialTerminal | null = null;

/** Is there a UART at all? Its scratch register keeps what is written. */
function present(port: u32): bool {
  outb(port + SCRATCH, 0x5a);
  return inb(port + SCRATCH) == 0x5a;
}

/** ttya, which is there on every machine; ttyb if it is. */
export function attachSerial(): SerialTerminal {
  const ttya = new SerialTerminal(0x3f8, 0);
  first = ttya;
  addDevice('ttya', 'isa/asy@1,3f8:a', ttya);
  addDevice('term/a', '', ttya);
  ttya.start(4, (inUser) => first!.interrupted());
  if (!present(0x2f8)) return ttya;
  const ttyb = new SerialTerminal(0x2f8, 1);
  second = ttyb;
  addDevice('ttyb', 'isa/asy@1,2f8:b', ttyb);
  addDevice('term/b', '', ttyb);
  ttyb.start(3, (inUser) => second!.interrupted());
  return ttya;
}
