// SPDX-License-Identifier: MIT
/**
 * @fileoverview The virtio entropy device (virtio 1.2, section 5.4): fills every buffer it is given with random bytes.
 *
 * A buffer beyond 64 KiB is filled only that far, which the specification allows and the used length says.
 */
import type { DeviceState, Entropy } from '../../bus/device.ts';
import { loadFields } from '../../bus/state.ts';
import { VirtioModel } from './model.ts';

/** Enough for any driver (Linux asks for 64 bytes at a time), and bounds what one request costs. */
const MAX_FILL = 0x1_0000;

export class VirtioRng extends VirtioModel {
  readonly deviceId = 4;
  readonly classCode = 0x00_ff_00;
  readonly queueSizes = [8];
  readonly features = 0n;
  readonly #entropy: Entropy;

  constructor(entropy: Entropy) {
    super();
    this.#entropy = entropy;
  }

  readConfig(): Uint8Array {
    return new Uint8Array(0);
  }

  kick(index: number): void {
    const queue = this.transport.queue(index);
    for (let chain = queue.pop(); chain; chain = queue.pop()) {
      const bytes = new Uint8Array(Math.min(chain.writableLength, MAX_FILL));
      this.#entropy.fill(bytes);
      queue.push(chain, chain.write(0, bytes));
    }
    this.transport.notifyUsed(queue);
  }

  /** The generator's position is the machine's state; the device has none. */
  save(): DeviceState {
    return { version: 1 };
  }

  load(state: DeviceState): void {
    loadFields(this.transport.name, state, 1, {});
  }
}
