// SPDX-License-Identifier: MIT
/**
 * @fileoverview A register block whose place the guest decides: behind a base address register, PCIEXBAR, PMBASE or RCBA.
 *
 * Software may put it anywhere: on top of RAM, of another device, half outside. The buses accept every base and decide who answers.
 * The block is reserved when it is made, so its rank among overlapping ones depends on how the machine was built and not on the
 * order in which the guest, or a snapshot, placed it.
 */
import type { RegisterBlock } from '../../bus/device.ts';
import type { Mapping } from '../../bus/range.ts';

/** The port space or the memory-mapped space: `PortBus` and `MmioBus` are such. */
export interface AddressSpace {
  reserve(length: number, name: string, block: RegisterBlock): Mapping;
}

export class MovableBlock {
  readonly #mapping: Mapping;
  #base: number | undefined;

  constructor(space: AddressSpace, length: number, name: string, block: RegisterBlock) {
    this.#mapping = space.reserve(length, name, block);
  }

  get base(): number | undefined {
    return this.#base;
  }

  /** Puts the block at `base`, or takes it away. */
  place(base: number | undefined): void {
    if (base === this.#base) return;
    this.#base = base;
    if (base === undefined) this.#mapping.unmap();
    else this.#mapping.move(base);
  }
}
