// SPDX-License-Identifier: MIT
/**
 * @fileoverview The MSI capability (PCI Local Bus 3.0, 6.8.1) with 64-bit address and, if asked for, per-vector masking.
 *
 * All state is in configuration space, but pending bits have no other home than their register there, which is read-only to the
 * guest. A vector raised while masked becomes pending and is sent when its mask bit is cleared.
 *
 * A message is a memory write of the function, so it is lost while bus mastering is off: `send` decides that.
 */
import type { MsiSink } from '../../bus/device.ts';
import { CAPABILITY_MSI, type ConfigSpace } from './configSpace.ts';

const CONTROL_ENABLE = 0x0001;
const CONTROL_MULTIPLE_ENABLE = 0x0070;
const CONTROL_64BIT = 0x0080;
const CONTROL_MASKING = 0x0100;

export interface MsiOptions {
  offset: number;
  /** A power of two up to 32. */
  vectors: number;
  perVectorMasking?: boolean;
}

export class Msi {
  readonly #config: ConfigSpace;
  readonly #offset: number;
  readonly #vectors: number;
  readonly #masking: boolean;
  readonly #send: MsiSink;

  constructor(config: ConfigSpace, options: MsiOptions, send: MsiSink) {
    this.#config = config;
    this.#offset = options.offset;
    this.#vectors = options.vectors;
    this.#masking = options.perVectorMasking ?? false;
    this.#send = send;
    const control = (Math.log2(options.vectors) << 1) | CONTROL_64BIT | (this.#masking ? CONTROL_MASKING : 0);
    const body = new Uint8Array(this.length - 2);
    body[0] = control;
    body[1] = control >>> 8;
    config.addCapability(CAPABILITY_MSI, options.offset, body);
    config.allowWrites(options.offset + 2, 2, CONTROL_ENABLE | (options.vectors > 1 ? CONTROL_MULTIPLE_ENABLE : 0));
    config.allowWrites(options.offset + 4, 4, 0xffff_fffc);
    config.allowWrites(options.offset + 8, 4, 0xffff_ffff);
    config.allowWrites(options.offset + 12, 2, 0xffff);
    if (this.#masking) config.allowWrites(options.offset + 16, 4, this.#vectorMask);
  }

  get length(): number {
    return this.#masking ? 24 : 14;
  }

  get enabled(): boolean {
    return (this.#control & CONTROL_ENABLE) !== 0;
  }

  /** Requests vector `vector`; those beyond what software enabled fold into the ones it did, as the low bits of the data do. */
  notify(vector: number): void {
    if (!this.enabled) return;
    const enabled = Math.min(1 << ((this.#control & CONTROL_MULTIPLE_ENABLE) >>> 4), this.#vectors);
    const actual = vector & (enabled - 1);
    if (this.#masking && (this.#config.get(this.#offset + 16, 4) & (1 << actual)) !== 0) {
      this.#setPending(this.#pending | (1 << actual));
      return;
    }
    const address = this.#config.get(this.#offset + 8, 4) * 2 ** 32 + this.#config.get(this.#offset + 4, 4);
    const data = this.#config.get(this.#offset + 12, 2);
    this.#send(address, (data & ~(enabled - 1)) | actual);
  }

  /** Called after a configuration write that touched the capability: sends what has been unmasked. */
  written(): void {
    if (!this.#masking || !this.enabled) return;
    const ready = this.#pending & ~this.#config.get(this.#offset + 16, 4);
    if (ready === 0) return;
    this.#setPending(this.#pending & ~ready);
    for (let vector = 0; vector < this.#vectors; vector++) if (ready & (1 << vector)) this.notify(vector);
  }

  get #control(): number {
    return this.#config.get(this.#offset + 2, 2);
  }

  get #vectorMask(): number {
    return this.#vectors === 32 ? 0xffff_ffff : (1 << this.#vectors) - 1;
  }

  get #pending(): number {
    return this.#config.get(this.#offset + 20, 4);
  }

  #setPending(bits: number): void {
    this.#config.set(this.#offset + 20, 4, bits);
  }
}
