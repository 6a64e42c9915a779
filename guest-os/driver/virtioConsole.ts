// SPDX-License-Identifier: MIT
/**
 * @fileoverview virtio console devices (Virtual I/O Device 1.2, section 5.3): port 0 as a terminal, /dev/term/v0, v1, …
 *
 * Without the feature MULTIPORT there is one port: queue 0 receives, queue 1 transmits. One piece of output at a time is with the device. A frame
 * is cut into buffers of 128 bytes for input, which go back to the device when their bytes have gone through the line discipline; what the device
 * claims to have written into one is bounded by its size.
 */
import { address, load8 } from 'machine/mem';
import { addDevice } from '../fs/dev/devices';
import { makeDevice } from '../fs/dev/device';
import { newFrame } from '../kernel/memory/frames';
import { addInterruptSource, InterruptSource, PciDriver, PciFunction } from './pci';
import { Terminal } from './terminal';
import { DESCRIPTOR_WRITE, isVirtio, TYPE_CONSOLE, VirtioDevice, Virtqueue } from './virtio';

const MAJOR: u32 = 151;
const RECEIVE: u32 = 0;
const TRANSMIT: u32 = 1;
const BUFFER: u32 = 128;
const BUFFERS: u32 = 32;
/** Bytes of output in one piece. */
const PIECE: u32 = 1024;

class VirtioTerminal extends Terminal {
  private isSending: bool = false;

  constructor(
    minor: u32,
    private readonly device: VirtioDevice,
    private readonly receives: Virtqueue,
    private readonly transmits: Virtqueue,
    /** A frame for input, and one for output. */
    private readonly inputFrame: usize,
    private readonly outputFrame: usize,
  ) {
    super(makeDevice(MAJOR, minor));
  }

  /** Gives the device all buffers for input. */
  begin(): void {
    const count = min(BUFFERS, this.receives.size);
    for (let i: u32 = 0; i < count; i++) {
      this.receives.describe(i, this.inputFrame + <usize>i * BUFFER, BUFFER, DESCRIPTOR_WRITE, 0);
      this.receives.offer(i);
    }
    this.receives.notify();
  }

  transmit(): void {
    const line = this.line;
    if (this.isSending || !line.canSend) return;
    let count: u32 = 0;
    // Before room is made for writers, who may come at once.
    this.isSending = true;
    for (; count < PIECE && line.canSend; count++) {
      store<u8>(this.outputFrame + count, <u8>line.nextOutput);
      line.sentOne();
    }
    this.transmits.describe(0, this.outputFrame, count, 0, 0);
    this.transmits.offer(0);
    this.transmits.notify();
  }

  interrupted(): void {
    if (!this.device.tookInterrupt()) return;
    while (this.transmits.next()) this.isSending = false;
    let any = false;
    while (this.receives.next()) {
      const index = this.receives.head;
      if (index >= BUFFERS) continue;
      const from = address(this.inputFrame + <usize>index * BUFFER);
      const count = min(this.receives.length, BUFFER);
      for (let i: u32 = 0; i < count; i++) this.line.input(load8(from + i));
      this.receives.offer(index);
      any = true;
    }
    if (any) this.receives.notify();
    this.transmit();
  }
}

class ConsoleInterrupt extends InterruptSource {
  constructor(private readonly terminal: VirtioTerminal) {
    super();
  }
  interrupted(): void {
    this.terminal.interrupted();
  }
}

let consoles: u32 = 0;

export class VirtioConsoleDriver extends PciDriver {
  constructor() {
    super('viocons');
  }
  takes(fn: PciFunction): bool {
    return isVirtio(fn, TYPE_CONSOLE);
  }
  attach(fn: PciFunction): bool {
    const device = new VirtioDevice(fn);
    if (!device.begin(0)) return false;
    const receives = device.queue(RECEIVE);
    const transmits = device.queue(TRANSMIT);
    const input = newFrame();
    const output = newFrame();
    if (!receives || !transmits || !input || !output) return false;
    const terminal = new VirtioTerminal(consoles, device, receives, transmits, input, output);
    device.ready();
    terminal.begin();
    addInterruptSource(fn.interruptLine, new ConsoleInterrupt(terminal));
    addDevice('term/v' + consoles.toString(), 'pci@0,0/' + fn.name + '/console@0:0', terminal);
    consoles++;
    return true;
  }
}
