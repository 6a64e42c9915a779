// SPDX-License-Identifier: MIT
/**
 * @fileoverview PCI bus 0: which function answers a configuration access, and which pins are asserted.
 *
 * There is one bus; accesses to others find nobody and read as ones, as a master abort does. INTx pins are shared wires: the bus
 * says which are asserted, and the interrupt router (the LPC bridge) turns that into interrupt lines.
 *
 * Typical sequence: the machine makes the bus, adds the host bridge at 0.0, the LPC bridge at 1f.0 and the devices; firmware
 * programs base addresses through configuration accesses.
 */
import type { AccessSize, MsiSink } from '../../bus/device.ts';
import type { PciFunction, Upstream } from './function.ts';
import type { AddressSpace } from './mapping.ts';

const SLOTS = 32;
const FUNCTIONS_PER_SLOT = 8;
const ONES = { 1: 0xff, 2: 0xffff, 4: 0xffff_ffff } as const;

export interface PciBusOptions {
  ports: AddressSpace;
  memory: AddressSpace;
  msi: MsiSink;
}

export class PciBus implements Upstream {
  readonly ports: AddressSpace;
  readonly memory: AddressSpace;
  readonly msi: MsiSink;
  readonly #functions: (PciFunction | undefined)[] = new Array(SLOTS * FUNCTIONS_PER_SLOT).fill(undefined);
  /** Those that are there, in order: who routes interrupts asks at each change of a pin. */
  #present: { slot: number; functionNumber: number; device: PciFunction }[] = [];
  #router: () => void = () => {};

  constructor(options: PciBusOptions) {
    this.ports = options.ports;
    this.memory = options.memory;
    this.msi = options.msi;
  }

  /** Puts a function into a slot. Two in one place is a mistake of the machine's builder. */
  add(device: PciFunction, slot: number, functionNumber = 0): void {
    const index = slot * FUNCTIONS_PER_SLOT + functionNumber;
    const other = this.#functions[index];
    if (other) throw new Error(`${device.name}: PCI slot ${slot}.${functionNumber} is taken by ${other.name}`);
    this.#functions[index] = device;
    this.#present = this.#functions.flatMap((each, at) =>
      each ? [{ slot: at >>> 3, functionNumber: at & 7, device: each }] : [],
    );
    device.attach(this);
  }

  /** The functions present, with their place, in order. */
  functions(): readonly { slot: number; functionNumber: number; device: PciFunction }[] {
    return this.#present;
  }

  /** Who is told when a pin changes: the interrupt router. */
  routeInterrupts(router: () => void): void {
    this.#router = router;
  }

  pinChanged(): void {
    this.#router();
  }

  /** Configuration read at bus, device and function numbers as on the wire (bus << 8 | slot << 3 | function). */
  readConfig(address: number, offset: number, size: AccessSize): number {
    return this.#functions[address]?.readConfig(offset, size) ?? ONES[size];
  }

  writeConfig(address: number, offset: number, size: AccessSize, value: number): void {
    this.#functions[address]?.writeConfig(offset, size, value);
  }
}
