// SPDX-License-Identifier: MIT
/**
 * @fileoverview The virtio network device (virtio 1.2, section 5.1): one receive and one transmit queue, no offloads.
 *
 * Every frame in either queue follows a 12-byte header, of which only `num_buffers` matters here: with MRG_RXBUF a received frame may
 * spread over several chains. Frames that arrive when the driver has no room wait, in order, up to BACKLOG; later ones are lost, as
 * on a wire. The address filter is open: there is no control queue to narrow it.
 *
 * Frames enter through the backend's `onReceive`, which the backend calls at instructions that the machine records.
 *
 * Omitted: checksum and segmentation offload, the control queue, several queue pairs, MTU.
 */
import type { DeviceState } from '../../bus/device.ts';
import { loadFields, saveFields } from '../../bus/state.ts';
import { byteStrings, featureBits, VirtioModel } from './model.ts';
import type { Chain } from './virtqueue.ts';

/** The other end of the cable. */
export interface NetBackend {
  /** A frame from the guest, without frame check sequence. The callee keeps it. */
  send(frame: Uint8Array): void;
  /** Set by the device; called by the backend for each frame to the guest. */
  onReceive: (frame: Uint8Array) => void;
}

const F_MAC = 5;
const F_MRG_RXBUF = 15;
const F_STATUS = 16;
const RECEIVE = 0;
const TRANSMIT = 1;
const QUEUE_SIZE = 256;
const HEADER_SIZE = 12;
const HEADER_GSO_TYPE = 1;
const STATUS_LINK_UP = 1;
const ETHERNET_HEADER = 14;
/** Nothing longer is a frame, with all the jumbo and tunnel headers one likes. */
const MAX_FRAME = 0x1_0000;
/** Frames that wait for the driver to have room; as many as QEMU's receive queue has descriptors. */
const BACKLOG = 256;

export class VirtioNet extends VirtioModel {
  readonly deviceId = 1;
  readonly classCode = 0x02_00_00;
  readonly queueSizes = [QUEUE_SIZE, QUEUE_SIZE];
  readonly features = featureBits(F_MAC, F_MRG_RXBUF, F_STATUS);
  readonly #backend: NetBackend;
  readonly #config = new Uint8Array(8);
  #backlog: Uint8Array[] = [];

  /** `mac` has six bytes. */
  constructor(backend: NetBackend, options: { mac: ArrayLike<number> }) {
    super();
    this.#backend = backend;
    this.#config.set(Array.from(options.mac).slice(0, 6));
    this.#config[6] = STATUS_LINK_UP;
    backend.onReceive = (frame) => this.#receive(frame);
  }

  get linkUp(): boolean {
    return (this.#config[6] & STATUS_LINK_UP) !== 0;
  }

  /** Pulls or plugs the cable: an input of the machine. */
  setLink(up: boolean): void {
    if (up === this.linkUp) return;
    this.#config[6] = up ? STATUS_LINK_UP : 0;
    this.transport.notifyConfig();
  }

  readConfig(): Uint8Array {
    return this.#config;
  }

  kick(index: number): void {
    if (index === RECEIVE) this.#deliver();
    else this.#transmit();
  }

  override reset(): void {
    this.#backlog = [];
  }

  save(): DeviceState {
    return saveFields(1, { linkUp: this.linkUp, backlog: this.#backlog });
  }

  load(state: DeviceState): void {
    const { linkUp } = loadFields(this.transport.name, state, 1, { linkUp: true });
    this.#config[6] = linkUp ? STATUS_LINK_UP : 0;
    this.#backlog = byteStrings(this.transport.name, 'backlog', state.backlog);
  }

  #receive(frame: Uint8Array): void {
    if (!this.linkUp || !this.transport.running || frame.length > MAX_FRAME || this.#backlog.length >= BACKLOG) return;
    this.#backlog.push(frame.slice());
    this.transport.work(() => this.#deliver());
  }

  #deliver(): void {
    const queue = this.transport.queue(RECEIVE);
    while (this.#backlog.length > 0 && this.#deliverOne(this.#backlog[0])) this.#backlog.shift();
    this.transport.notifyUsed(queue);
  }

  /** False when the driver has not enough room yet. */
  #deliverOne(frame: Uint8Array): boolean {
    const queue = this.transport.queue(RECEIVE);
    const packet = new Uint8Array(HEADER_SIZE + frame.length);
    packet.set(frame, HEADER_SIZE);
    const chains: Chain[] = [];
    let room = 0;
    while (room < packet.length) {
      const chain = queue.pop();
      if (!chain) {
        if (this.transport.running) queue.unpop(chains.length);
        return false;
      }
      chains.push(chain);
      room += chain.writableLength;
      if (room < packet.length && !this.transport.accepted(F_MRG_RXBUF)) {
        this.transport.fail(`a receive buffer of ${room} bytes for a packet of ${packet.length}`);
        return false;
      }
    }
    packet[10] = chains.length;
    packet[11] = chains.length >>> 8;
    let done = 0;
    for (const chain of chains) {
      const written = chain.write(0, packet.subarray(done));
      queue.push(chain, written);
      done += written;
    }
    return true;
  }

  #transmit(): void {
    const queue = this.transport.queue(TRANSMIT);
    for (let chain = queue.pop(); chain; chain = queue.pop()) {
      const length = chain.readableLength - HEADER_SIZE;
      if (length < 0) {
        this.transport.fail('a transmit chain shorter than its header');
        break;
      }
      if (length >= ETHERNET_HEADER && length <= MAX_FRAME && this.linkUp) this.#send(chain, length);
      queue.push(chain, 0);
    }
    this.transport.notifyUsed(queue);
  }

  #send(chain: Chain, length: number): void {
    const packet = new Uint8Array(HEADER_SIZE + length);
    chain.read(0, packet);
    // A segmentation request was never offered; without the offload there is no frame to send.
    if (packet[HEADER_GSO_TYPE] === 0) this.#backend.send(packet.slice(HEADER_SIZE));
  }
}
