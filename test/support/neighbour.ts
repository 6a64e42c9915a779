// SPDX-License-Identifier: MIT
/**
 * @fileoverview A host at the other end of a guest's network cable: it answers ARP requests for its address (RFC 826) and echo requests
 * (RFC 792), and counts both.
 */
import type { NetBackend } from '../../emulator/host/library.ts';

const ETHERTYPE = 12;
const ARP = 0x0806;
const IPV4 = 0x0800;
const ICMP = 1;

export class Neighbour implements NetBackend {
  onReceive: (frame: Uint8Array) => void = () => {};
  /** Addresses that ARP asked for. */
  readonly asked: string[] = [];
  echoes = 0;
  readonly #ip: readonly number[];
  readonly #mac: readonly number[];

  constructor(ip: readonly number[], mac: readonly number[]) {
    this.#ip = ip;
    this.#mac = mac;
  }

  send(frame: Uint8Array): void {
    const bytes = Buffer.from(frame);
    const type = bytes.readUInt16BE(ETHERTYPE);
    if (type === ARP) this.#arp(bytes);
    else if (type === IPV4) this.#ip4(bytes);
  }

  #arp(frame: Buffer): void {
    const target = frame.subarray(38, 42);
    this.asked.push(target.join('.'));
    if (target.join('.') !== this.#ip.join('.')) return;
    const reply = this.#addressedToSender(frame);
    reply.writeUInt16BE(2, 20);
    reply.set(this.#mac, 22);
    reply.set(this.#ip, 28);
    reply.set(frame.subarray(22, 32), 32);
    this.onReceive(reply);
  }

  #ip4(frame: Buffer): void {
    const header = (frame[14] & 15) * 4;
    const message = 14 + header;
    if (frame[23] !== ICMP || frame[message] !== 8) return;
    this.echoes++;
    const reply = this.#addressedToSender(frame);
    reply.set(frame.subarray(30, 34), 26);
    reply.set(frame.subarray(26, 30), 30);
    // Echo reply; the checksum grows by what the type shrinks.
    reply[message] = 0;
    const sum = frame.readUInt16BE(message + 2) + 0x800;
    reply.writeUInt16BE((sum & 0xffff) + (sum >> 16), message + 2);
    this.onReceive(reply);
  }

  #addressedToSender(frame: Buffer): Buffer {
    const reply = Buffer.from(frame);
    reply.set(frame.subarray(6, 12), 0);
    reply.set(this.#mac, 6);
    return reply;
  }
}
