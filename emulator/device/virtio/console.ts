// SPDX-License-Identifier: MIT
/**
 * @fileoverview The virtio console device (virtio 1.2, section 5.3) with one or more ports.
 *
 * Queues: port 0 has 0 (to the guest) and 1 (from it), the control queues are 2 and 3, port n has 2n+2 and 2n+3. Without MULTIPORT
 * only port 0 exists and is always open.
 *
 * With it the driver says DEVICE_READY, the device adds its ports, the driver answers PORT_READY for each, and learns whether it
 * is a console, its name, its size, and that the host end is open (always). PORT_OPEN from the driver lets input through; what arrives
 * earlier waits, as do control messages for which the driver has no buffer.
 *
 * Every input method is an input of the machine. EMERG_WRITE is honoured at any time, before any driver is there.
 */
import type { DeviceState } from '../../bus/device.ts';
import { loadFields, saveFields } from '../../bus/state.ts';
import { byteStrings, featureBits, VirtioModel } from './model.ts';
import type { VirtQueue } from './virtqueue.ts';

export interface ConsolePort {
  /** ASCII; the guest shows it as the port's name. */
  name?: string;
  /** The guest makes a terminal of it (hvc); otherwise it is a byte stream (/dev/vportNpM). */
  console: boolean;
  /** Bytes from the guest; the callee keeps them. */
  output(bytes: Uint8Array): void;
}

const F_SIZE = 0;
const F_MULTIPORT = 1;
const F_EMERG_WRITE = 2;

const DEVICE_READY = 0;
const PORT_ADD = 1;
const PORT_READY = 3;
const CONSOLE_PORT = 4;
const RESIZE = 5;
const PORT_OPEN = 6;
const PORT_NAME = 7;

const CONTROL_IN = 2;
const CONTROL_OUT = 3;
const CONTROL_SIZE = 8;
const PORT_QUEUE_SIZE = 128;
const CONTROL_QUEUE_SIZE = 32;
const CONFIG_EMERGENCY_WRITE = 8;
/** Bytes that wait for the guest, per port; more are lost, as from a keyboard nobody reads. */
const INPUT_LIMIT = 0x1_0000;
/** Control messages that wait; a driver that reads none but asks for more loses the rest. */
const CONTROL_LIMIT = 256;
/** One chain of output; QEMU would refuse to map so much at once. */
const OUTPUT_LIMIT = 0x100_0000;

interface PortState {
  port: ConsolePort;
  guestOpen: boolean;
  input: Uint8Array;
}

export class VirtioConsole extends VirtioModel {
  readonly deviceId = 3;
  readonly classCode = 0x07_80_00;
  readonly queueSizes: readonly number[];
  readonly features: bigint;
  readonly #ports: PortState[];
  readonly #config = new Uint8Array(12);
  #control: Uint8Array[] = [];

  /** `size` is that of every console port, if the terminal has one. */
  constructor(ports: ConsolePort[], options: { size?: { columns: number; rows: number } } = {}) {
    super();
    this.#ports = ports.map((port) => ({ port, guestOpen: false, input: new Uint8Array(0) }));
    this.queueSizes = [0, ...ports.keys()].flatMap((_, pair) =>
      pair === 1 ? [CONTROL_QUEUE_SIZE, CONTROL_QUEUE_SIZE] : [PORT_QUEUE_SIZE, PORT_QUEUE_SIZE],
    );
    this.features = featureBits(F_MULTIPORT, F_EMERG_WRITE, ...(options.size ? [F_SIZE] : []));
    this.#setSize(options.size?.columns ?? 0, options.size?.rows ?? 0);
    this.#config[4] = ports.length;
  }

  /** As QEMU: one vector for configuration changes, one that all queues share. */
  override get vectors(): number {
    return 2;
  }

  /** Bytes to the guest, as typed or received. */
  input(port: number, bytes: Uint8Array): void {
    const state = this.#ports[port];
    const joined = new Uint8Array(Math.min(state.input.length + bytes.length, INPUT_LIMIT));
    joined.set(state.input);
    joined.set(bytes.subarray(0, joined.length - state.input.length), state.input.length);
    state.input = joined;
    this.transport.work(() => this.#deliverInput(port));
  }

  /** The terminal has another size now. */
  resize(columns: number, rows: number): void {
    this.#setSize(columns, rows);
    if (!this.transport.accepted(F_SIZE)) return;
    this.transport.notifyConfig();
    if (!this.transport.accepted(F_MULTIPORT)) return;
    for (const [id, { port, guestOpen }] of this.#ports.entries()) if (port.console && guestOpen) this.#sendSize(id);
    this.transport.work(() => this.#deliverControl());
  }

  readConfig(): Uint8Array {
    return this.#config;
  }

  override writeConfig(offset: number, value: number): void {
    if (offset === CONFIG_EMERGENCY_WRITE) this.#ports[0].port.output(Uint8Array.of(value));
  }

  kick(index: number): void {
    if (index === CONTROL_IN) this.#deliverControl();
    else if (index === CONTROL_OUT) this.#receiveControl();
    else {
      const port = index < 2 ? 0 : (index >> 1) - 1;
      if (index & 1) this.#takeOutput(port, this.transport.queue(index));
      else this.#deliverInput(port);
    }
  }

  override reset(): void {
    this.#control = [];
    for (const state of this.#ports) {
      state.guestOpen = false;
      state.input = new Uint8Array(0);
    }
  }

  save(): DeviceState {
    return saveFields(1, {
      columns: this.#config[0] | (this.#config[1] << 8),
      rows: this.#config[2] | (this.#config[3] << 8),
      control: this.#control,
      open: this.#ports.map((state) => state.guestOpen),
      input: this.#ports.map((state) => state.input),
    });
  }

  load(state: DeviceState): void {
    const { name } = this.transport;
    const shape = { columns: 0, rows: 0, open: this.#ports.map((port) => port.guestOpen) };
    const fields = loadFields(name, state, 1, shape);
    const input = byteStrings(name, 'input', state.input);
    this.#setSize(fields.columns, fields.rows);
    this.#control = byteStrings(name, 'control', state.control);
    for (const [id, port] of this.#ports.entries()) {
      port.guestOpen = fields.open[id];
      port.input = input[id] ?? new Uint8Array(0);
    }
  }

  #setSize(columns: number, rows: number): void {
    this.#config.set([columns, columns >>> 8, rows, rows >>> 8]);
  }

  #isOpen(port: number): boolean {
    return this.transport.accepted(F_MULTIPORT) ? this.#ports[port].guestOpen : port === 0;
  }

  #deliverInput(port: number): void {
    const state = this.#ports[port];
    if (!this.transport.running || !this.#isOpen(port)) return;
    const queue = this.transport.queue(port === 0 ? 0 : 2 * port + 2);
    while (state.input.length > 0) {
      const chain = queue.pop();
      if (!chain) break;
      const written = chain.write(0, state.input);
      queue.push(chain, written);
      state.input = state.input.slice(written);
    }
    this.transport.notifyUsed(queue);
  }

  #takeOutput(port: number, queue: VirtQueue): void {
    for (let chain = queue.pop(); chain; chain = queue.pop()) {
      const length = chain.readableLength;
      if (length > OUTPUT_LIMIT) {
        this.transport.fail(`${length} bytes of output in one chain`);
        break;
      }
      const bytes = new Uint8Array(length);
      chain.read(0, bytes);
      if (length > 0) this.#ports[port].port.output(bytes);
      queue.push(chain, 0);
    }
    this.transport.notifyUsed(queue);
  }

  #receiveControl(): void {
    const queue = this.transport.queue(CONTROL_OUT);
    for (let chain = queue.pop(); chain; chain = queue.pop()) {
      const message = new Uint8Array(CONTROL_SIZE);
      if (chain.read(0, message) === CONTROL_SIZE) this.#handle(new DataView(message.buffer));
      queue.push(chain, 0);
    }
    this.transport.notifyUsed(queue);
    this.#deliverControl();
  }

  #handle(message: DataView): void {
    const id = message.getUint32(0, true);
    const event = message.getUint16(4, true);
    const value = message.getUint16(6, true);
    if (event === DEVICE_READY && value === 1) {
      for (const port of this.#ports.keys()) this.#send(port, PORT_ADD, 1);
      return;
    }
    const state = this.#ports[id];
    if (!state) return;
    if (event === PORT_READY && value === 1) this.#introduce(id, state.port);
    if (event === PORT_OPEN) {
      state.guestOpen = value !== 0;
      this.#deliverInput(id);
    }
  }

  #introduce(id: number, port: ConsolePort): void {
    if (port.console) {
      this.#send(id, CONSOLE_PORT, 1);
      if (this.transport.accepted(F_SIZE)) this.#sendSize(id);
    }
    if (port.name !== undefined) this.#send(id, PORT_NAME, 1, [...Array.from(port.name, (char) => char.charCodeAt(0) & 0x7f), 0]);
    this.#send(id, PORT_OPEN, 1);
  }

  /** Columns before rows, as the specification has it; Linux up to 6.14 reads them the other way round. */
  #sendSize(id: number): void {
    this.#send(id, RESIZE, 1, this.#config.subarray(0, 4));
  }

  #send(id: number, event: number, value: number, tail: ArrayLike<number> = []): void {
    if (this.#control.length >= CONTROL_LIMIT) return;
    const message = new Uint8Array(CONTROL_SIZE + tail.length);
    const view = new DataView(message.buffer);
    view.setUint32(0, id, true);
    view.setUint16(4, event, true);
    view.setUint16(6, value, true);
    message.set(tail, CONTROL_SIZE);
    this.#control.push(message);
  }

  #deliverControl(): void {
    if (!this.transport.running) return;
    const queue = this.transport.queue(CONTROL_IN);
    while (this.#control.length > 0) {
      const chain = queue.pop();
      if (!chain) break;
      queue.push(chain, chain.write(0, this.#control.shift()!));
    }
    this.transport.notifyUsed(queue);
  }
}
