// SPDX-License-Identifier: MIT
/**
 * @fileoverview A PCI function: header, base address registers, interrupts (PCI Local Bus 3.0, chapters 2.2.6 and 6).
 *
 * Subclasses declare what they are in their constructor (identity, BARs, capabilities) and implement the registers behind the
 * BARs. A function knows nothing of where it sits: the machine gives it to a `PciBus` together with a device and function number.
 *
 * Invariants:
 * - a BAR's registers are mapped exactly while the command register lets its space decode and the BAR holds a usable base. As in
 *   QEMU, base 0, a range that reaches the end of its space (all ones, as left by sizing) and one beyond 2^53 are not usable;
 * - the pin's level on the bus is: requested, not disabled in the command register, and neither MSI nor MSI-X enabled. The status
 *   bit shows the request regardless of the disable bit;
 * - messages are memory writes, so none leaves while bus mastering is off.
 *
 * Omitted: expansion ROMs, bridges (type 1 headers), power management, parity and system errors (the bits never become set).
 */
import type { AccessSize, Device, DeviceState, MsiSink, RegisterBlock } from '../../bus/device.ts';
import { loadFields } from '../../bus/state.ts';
import * as reg from './configSpace.ts';
import { ConfigSpace } from './configSpace.ts';
import { type AddressSpace, MovableBlock } from './mapping.ts';
import { Msi, type MsiOptions } from './msi.ts';
import { Msix, type MsixOptions } from './msix.ts';

export interface Identity {
  vendorId: number;
  deviceId: number;
  revision?: number;
  /** Base class, subclass and programming interface: 24 bits. */
  classCode: number;
  subsystemVendorId?: number;
  subsystemId?: number;
  /** 1 is INTA#, 0 means that the function raises no pin. */
  interruptPin?: 0 | 1 | 2 | 3 | 4;
  multifunction?: boolean;
}

export interface Bar {
  kind: 'io' | 'memory32' | 'memory64';
  /** A power of two; at least 4 for ports, 16 for memory. */
  size: number;
  prefetchable?: boolean;
  registers: RegisterBlock;
}

/** What a bus offers to the functions on it. */
export interface Upstream {
  readonly ports: AddressSpace;
  readonly memory: AddressSpace;
  readonly msi: MsiSink;
  /** The pin of some function has changed its level. */
  pinChanged(): void;
}

interface PlacedBar extends Bar {
  index: number;
  block: MovableBlock | undefined;
}

export class PciFunction implements Device {
  readonly name: string;
  protected readonly config = new ConfigSpace();
  readonly interruptPin: number;
  #upstream: Upstream | undefined;
  readonly #bars: PlacedBar[] = [];
  #initial: Uint8Array | undefined;
  #msi: Msi | undefined;
  #msix: Msix | undefined;
  #msiOffset = 0;
  #msixOffset = 0;
  #pinRequested = false;
  #pinLevel = false;

  constructor(name: string, identity: Identity) {
    this.name = name;
    this.interruptPin = identity.interruptPin ?? 0;
    const { config } = this;
    config.set(reg.VENDOR_ID, 2, identity.vendorId);
    config.set(reg.DEVICE_ID, 2, identity.deviceId);
    config.set(reg.REVISION_ID, 4, (identity.classCode << 8) | (identity.revision ?? 0));
    config.set(reg.HEADER_TYPE, 1, identity.multifunction ? 0x80 : 0);
    config.set(reg.SUBSYSTEM_VENDOR_ID, 2, identity.subsystemVendorId ?? 0);
    config.set(reg.SUBSYSTEM_ID, 2, identity.subsystemId ?? 0);
    config.set(reg.INTERRUPT_PIN, 1, this.interruptPin);
    const { COMMAND_IO, COMMAND_MEMORY, COMMAND_MASTER, COMMAND_SERR, COMMAND_INTX_DISABLE } = reg;
    config.allowWrites(reg.COMMAND, 2, COMMAND_IO | COMMAND_MEMORY | COMMAND_MASTER | COMMAND_SERR | COMMAND_INTX_DISABLE);
    config.allowClears(reg.STATUS, 2, reg.STATUS_ERRORS);
    config.allowWrites(reg.CACHE_LINE_SIZE, 1, 0xff);
    config.allowWrites(reg.INTERRUPT_LINE, 1, 0xff);
  }

  /** Called by the bus, once, before the machine runs. */
  attach(upstream: Upstream): void {
    this.#upstream = upstream;
    for (const bar of this.#bars) {
      const space = bar.kind === 'io' ? upstream.ports : upstream.memory;
      bar.block = new MovableBlock(space, bar.size, `${this.name} bar ${bar.index}`, bar.registers);
    }
    this.#initial = this.config.bytes.slice();
  }

  /** Configuration accesses of the guest; the bus has already split those that cross a doubleword. */
  readConfig(offset: number, size: AccessSize): number {
    this.beforeConfigRead(offset, size);
    return this.config.read(offset, size);
  }

  writeConfig(offset: number, size: AccessSize, value: number): void {
    const wasMaster = this.busMaster;
    this.config.write(offset, size, value);
    if (this.config.touches(offset, size, reg.COMMAND, 2) || this.config.touches(offset, size, reg.BAR0, 24)) this.#placeBars();
    if (this.#msi && this.config.touches(offset, size, this.#msiOffset, this.#msi.length)) this.#msi.written();
    if (this.#msix && this.config.touches(offset, size, this.#msixOffset, 4)) this.#msix.written();
    this.#updatePin();
    this.afterConfigWrite(offset, size);
    if (this.busMaster !== wasMaster) this.busMasterChanged(this.busMaster);
  }

  /** The level that the function drives on its pin. */
  get pinLevel(): boolean {
    return this.#pinLevel;
  }

  get busMaster(): boolean {
    return (this.config.get(reg.COMMAND, 2) & reg.COMMAND_MASTER) !== 0;
  }

  get msixEnabled(): boolean {
    return this.#msix?.enabled ?? false;
  }

  /** Where BAR `index` is mapped now; undefined when it does not decode. */
  barBase(index: number): number | undefined {
    return this.#bars.find((bar) => bar.index === index)?.block?.base;
  }

  reset(): void {
    if (this.#initial) this.config.bytes.set(this.#initial);
    this.#msix?.reset();
    this.#pinRequested = false;
    this.#updatePin();
    this.#placeBars();
  }

  save(): DeviceState {
    return {
      version: 1,
      config: this.config.bytes.slice(),
      msix: this.#msix?.save() ?? null,
      pin: this.#pinRequested,
    };
  }

  load(state: DeviceState): void {
    const fields = loadFields(this.name, state, 1, { config: this.config.bytes, pin: false });
    this.config.bytes.set(fields.config);
    this.#msix?.load(this.name, state.msix as DeviceState);
    this.#pinRequested = fields.pin;
    this.#placeBars();
    this.#updatePin();
  }

  /** Declares BAR `index`; a 64-bit one also takes the next index. */
  protected addBar(index: number, bar: Bar): void {
    const offset = reg.BAR0 + 4 * index;
    const mask = ~(bar.size - 1) >>> 0;
    if (bar.kind === 'io') {
      this.config.set(offset, 4, 1);
      this.config.allowWrites(offset, 4, mask & ~3);
    } else {
      this.config.set(offset, 4, (bar.kind === 'memory64' ? 4 : 0) | (bar.prefetchable ? 8 : 0));
      this.config.allowWrites(offset, 4, mask & ~15);
      if (bar.kind === 'memory64') this.config.allowWrites(offset + 4, 4, 0xffff_ffff);
    }
    this.#bars.push({ ...bar, index, block: undefined });
  }

  protected addMsi(options: MsiOptions): Msi {
    this.#msiOffset = options.offset;
    this.#msi = new Msi(this.config, options, (address, data) => this.#sendMessage(address, data));
    return this.#msi;
  }

  /** Adds the capability; the caller puts the returned block, or one that contains it, behind the BAR that `options` names. */
  protected addMsix(options: MsixOptions): Msix {
    this.#msixOffset = options.offset;
    this.#msix = new Msix(this.config, options, (address, data) => this.#sendMessage(address, data));
    return this.#msix;
  }

  /** Asserts or releases the interrupt pin. */
  protected setPin(level: boolean): void {
    this.#pinRequested = level;
    this.#updatePin();
  }

  /** For registers whose reading has effects or whose value is computed. */
  protected beforeConfigRead(_offset: number, _size: AccessSize): void {}
  /** For registers whose writing has effects beyond the header's. */
  protected afterConfigWrite(_offset: number, _size: AccessSize): void {}
  protected busMasterChanged(_enabled: boolean): void {}

  #placeBars(): void {
    for (const bar of this.#bars) bar.block?.place(this.#barAddress(bar));
  }

  #barAddress(bar: PlacedBar): number | undefined {
    const command = this.config.get(reg.COMMAND, 2);
    if ((command & (bar.kind === 'io' ? reg.COMMAND_IO : reg.COMMAND_MEMORY)) === 0) return undefined;
    const offset = reg.BAR0 + 4 * bar.index;
    const low = this.config.get(offset, 4);
    const high = bar.kind === 'memory64' ? this.config.get(offset + 4, 4) : 0;
    const base = high * 2 ** 32 + ((low & (bar.kind === 'io' ? ~3 : ~15)) >>> 0);
    const limit = bar.kind === 'io' ? 2 ** 16 : bar.kind === 'memory32' ? 2 ** 32 : Number.MAX_SAFE_INTEGER;
    return base === 0 || base + bar.size >= limit ? undefined : base;
  }

  #sendMessage(address: number, data: number): void {
    if (this.busMaster) this.#upstream?.msi(address, data);
  }

  #updatePin(): void {
    const status = this.config.get(reg.STATUS, 2) & ~reg.STATUS_INTERRUPT;
    this.config.set(reg.STATUS, 2, this.#pinRequested ? status | reg.STATUS_INTERRUPT : status);
    const disabled = (this.config.get(reg.COMMAND, 2) & reg.COMMAND_INTX_DISABLE) !== 0;
    const messages = (this.#msi?.enabled ?? false) || this.msixEnabled;
    const level = this.#pinRequested && !disabled && !messages && this.interruptPin !== 0;
    if (level === this.#pinLevel) return;
    this.#pinLevel = level;
    this.#upstream?.pinChanged();
  }
}
