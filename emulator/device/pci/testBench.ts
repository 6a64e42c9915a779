// SPDX-License-Identifier: MIT
/**
 * @fileoverview For tests: a PCI bus with host bridge and LPC bridge on real buses, driven as firmware and drivers would.
 */
import type { AccessSize, RegisterBlock } from '../../bus/device.ts';
import { MmioBus } from '../../bus/mmioBus.ts';
import { PortBus } from '../../bus/portBus.ts';
import { PciBus } from './bus.ts';
import { type Bar, type Identity, PciFunction } from './function.ts';
import { HostBridge } from './hostBridge.ts';
import { LpcBridge } from './lpcBridge.ts';
import type { Msi, MsiOptions } from './msi.ts';
import type { Msix, MsixOptions } from './msix.ts';

/** A register block that remembers what was written and lets a test set what is read. */
export class Memo implements RegisterBlock {
  readonly bytes: Uint8Array;
  constructor(length: number) {
    this.bytes = new Uint8Array(length);
  }
  read(offset: number, size: AccessSize): number {
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = (value << 8) | (this.bytes[offset + i] ?? 0);
    return value >>> 0;
  }
  write(offset: number, size: AccessSize, value: number): void {
    for (let i = 0; i < size; i++) if (offset + i < this.bytes.length) this.bytes[offset + i] = value >>> (8 * i);
  }
}

/** A function whose protected builder methods a test may call. */
export class OpenFunction extends PciFunction {
  readonly masterChanges: boolean[] = [];
  constructor(name: string, identity: Identity, bars: { [index: number]: Bar } = {}) {
    super(name, identity);
    for (const [index, bar] of Object.entries(bars)) this.addBar(Number(index), bar);
  }
  withMsi(options: MsiOptions): Msi {
    return this.addMsi(options);
  }
  withMsix(options: MsixOptions): Msix {
    return this.addMsix(options);
  }
  pin(level: boolean): void {
    this.setPin(level);
  }
  raiseErrors(bits: number): void {
    this.config.set(6, 2, this.config.get(6, 2) | bits);
  }
  protected override busMasterChanged(enabled: boolean): void {
    this.masterChanges.push(enabled);
  }
}

export class TestBench {
  readonly ports = new PortBus();
  readonly memory = new MmioBus();
  readonly messages: { address: number; data: number }[] = [];
  readonly lines: boolean[] = new Array(24).fill(false);
  readonly powerManagement = new Memo(128);
  readonly pam: Uint8Array[] = [];
  readonly bus = new PciBus({
    ports: this.ports,
    memory: this.memory,
    msi: (address, data) => this.messages.push({ address, data }),
  });
  readonly host = new HostBridge('mch', this.bus, { onPam: (registers) => this.pam.push(registers) });
  readonly lpc = new LpcBridge('lpc', this.bus, {
    gsi: this.lines.map((_, line) => ({ set: (level) => (this.lines[line] = level) })),
    powerManagement: this.powerManagement,
  });

  constructor() {
    this.bus.add(this.host, 0);
    this.bus.add(this.lpc, 31);
    this.ports.map(0xcf8, 1, 'pci config address', this.host.configAddress);
    this.ports.map(0xcfc, 4, 'pci config data', this.host.configData);
  }

  /** Configuration access by mechanism #1. */
  read(slot: number, offset: number, size: AccessSize = 4, functionNumber = 0): number {
    this.select(slot, offset, functionNumber);
    return this.ports.read(0xcfc + (offset & 3), size);
  }

  write(slot: number, offset: number, size: AccessSize, value: number, functionNumber = 0): void {
    this.select(slot, offset, functionNumber);
    this.ports.write(0xcfc + (offset & 3), size, value);
  }

  /** The numbers of the interrupt lines that are high. */
  high(): number[] {
    return this.lines.flatMap((level, line) => (level ? [line] : []));
  }

  private select(slot: number, offset: number, functionNumber: number): void {
    this.ports.write(0xcf8, 4, (0x8000_0000 | (slot << 11) | (functionNumber << 8) | (offset & 0xfc)) >>> 0);
  }
}
