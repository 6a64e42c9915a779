// SPDX-License-Identifier: MIT
/**
 * @fileoverview The q35 memory controller hub as QEMU has it: host bridge function 0.0 and the two ways into configuration space.
 *
 * - Mechanism #1 (PCI Local Bus 3.0, 3.2.2.3.2): a doubleword written to port CF8h selects, CFCh-CFFh move bytes, words or
 *   doublewords. Narrow writes to CF8h are ordinary I/O and select nothing.
 * - ECAM (PCI Express Base, 7.2.2): the memory window at PCIEXBAR, 4 KiB for each function. Off after reset; firmware enables it.
 *
 * Registers: PCIEXBAR (60h), PAM0-PAM6 (90h-96h), SMRAM (9Dh), ESMRAMC (9Eh); others of the hub read as zeros. PAM is storage and is
 * reported to the machine, which may let the segments of C0000h-FFFFFh decode as RAM. SMRAM keeps its reset value, locked shut:
 * there is no system management mode. Datasheet: Intel 4 Series Chipset Family, chapter 5.
 *
 * Omitted: TOLUD, MCHBAR, the integrated graphics and the DMI registers, which QEMU omits too.
 */
import type { AccessSize, DeviceState, RegisterBlock } from '../../bus/device.ts';
import { loadFields } from '../../bus/state.ts';
import type { PciBus } from './bus.ts';
import { CONFIG_SIZE } from './configSpace.ts';
import { PciFunction, type Upstream } from './function.ts';
import { MovableBlock } from './mapping.ts';

export const PCIEXBAR = 0x60;
export const PAM0 = 0x90;
const PAM_COUNT = 7;
const SMRAM = 0x9d;

/** Where firmware puts the ECAM window on a q35, and what the MCFG table says. */
export const ECAM_BASE = 0xb000_0000;
export const ECAM_SIZE = 0x1000_0000;

const ONES = { 1: 0xff, 2: 0xffff, 4: 0xffff_ffff } as const;

export interface HostBridgeOptions {
  /** Told the seven PAM registers after each change. */
  onPam?: (registers: Uint8Array) => void;
}

export class HostBridge extends PciFunction {
  /** One port at CF8h: only doublewords select, and CF9h belongs to the reset control register. */
  readonly configAddress: RegisterBlock;
  /** Four ports at CFCh. */
  readonly configData: RegisterBlock;
  readonly #bus: PciBus;
  readonly #onPam: (registers: Uint8Array) => void;
  #address = 0;
  readonly #windows: { size: number; block: MovableBlock }[] = [];

  constructor(name: string, bus: PciBus, options: HostBridgeOptions = {}) {
    super(name, { vendorId: 0x8086, deviceId: 0x29c0, classCode: 0x06_00_00, subsystemVendorId: 0x1af4, subsystemId: 0x1100 });
    this.#bus = bus;
    this.#onPam = options.onPam ?? (() => {});
    const { config } = this;
    config.set(PCIEXBAR, 4, ECAM_BASE);
    // Enable, length, base from bit 26 (128 and 64 MiB windows use the lowest two base bits), bits 35:32.
    config.allowWrites(PCIEXBAR, 4, 0xfc00_0007);
    config.allowWrites(PCIEXBAR + 4, 4, 0x0000_000f);
    config.allowWrites(PAM0, 1, 0x30);
    for (let i = 1; i < PAM_COUNT; i++) config.allowWrites(PAM0 + i, 1, 0x33);
    config.set(SMRAM, 2, 0x3802);
    this.configAddress = {
      read: (_, size) => this.#readAddress(size),
      write: (_, size, value) => this.#writeAddress(size, value),
    };
    this.configData = {
      read: (offset, size) => this.#data(offset, size) ?? ONES[size],
      write: (offset, size, value) => this.#data(offset, size, value),
    };
  }

  override attach(upstream: Upstream): void {
    super.attach(upstream);
    for (const size of [0x1000_0000, 0x800_0000, 0x400_0000]) {
      const block = new MovableBlock(upstream.memory, size, `${this.name} ECAM`, {
        read: (offset, accessSize) => this.#ecamRead(offset, accessSize),
        write: (offset, accessSize, value) => this.#ecamWrite(offset, accessSize, value),
      });
      this.#windows.push({ size, block });
    }
  }

  override reset(): void {
    super.reset();
    this.#address = 0;
    this.#placeWindow();
    this.#reportPam();
  }

  override save(): DeviceState {
    return { ...super.save(), configAddress: this.#address };
  }

  override load(state: DeviceState): void {
    super.load(state);
    this.#address = loadFields(this.name, state, 1, { configAddress: 0 }).configAddress;
    this.#placeWindow();
    this.#reportPam();
  }

  protected override afterConfigWrite(offset: number, size: AccessSize): void {
    if (this.config.touches(offset, size, PCIEXBAR, 8)) this.#placeWindow();
    if (this.config.touches(offset, size, PAM0, PAM_COUNT)) this.#reportPam();
  }

  #readAddress(size: AccessSize): number {
    return size === 4 ? this.#address : this.#address & ONES[size];
  }

  #writeAddress(size: AccessSize, value: number): void {
    if (size === 4) this.#address = value;
  }

  /** An access through CFCh + `offset`; undefined when no configuration cycle is selected. */
  #data(offset: number, size: AccessSize, value?: number): number | undefined {
    if ((this.#address & 0x8000_0000) === 0) return undefined;
    const target = (this.#address >>> 8) & 0xffff;
    const register = (this.#address & 0xfc) + offset;
    if (value === undefined) return this.#bus.readConfig(target, register, size);
    this.#bus.writeConfig(target, register, size, value);
    return undefined;
  }

  #ecamRead(offset: number, size: AccessSize): number {
    const register = offset & 0xfff;
    return register < CONFIG_SIZE ? this.#bus.readConfig(offset >>> 12, register, size) : ONES[size];
  }

  #ecamWrite(offset: number, size: AccessSize, value: number): void {
    const register = offset & 0xfff;
    if (register < CONFIG_SIZE) this.#bus.writeConfig(offset >>> 12, register, size, value);
  }

  #placeWindow(): void {
    const low = this.config.get(PCIEXBAR, 4);
    // Length code 3 is reserved and decodes nothing.
    const size = [0x1000_0000, 0x800_0000, 0x400_0000, 0][(low >>> 1) & 3];
    const base = this.config.get(PCIEXBAR + 4, 4) * 2 ** 32 + ((low & ~(size - 1)) >>> 0);
    for (const window of this.#windows) window.block.place((low & 1) !== 0 && window.size === size ? base : undefined);
  }

  #reportPam(): void {
    this.#onPam(this.config.bytes.slice(PAM0, PAM0 + PAM_COUNT));
  }
}
