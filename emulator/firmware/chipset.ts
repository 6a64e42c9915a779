// SPDX-License-Identifier: MIT
/**
 * @fileoverview What firmware does to the chipset before it boots anything: the q35 comes out of reset with nothing placed.
 *
 * - host bridge: PCIEXBAR places ECAM; PAM makes the segments C0000-FFFFF RAM, which our tables in F0000 rely on;
 * - LPC bridge: PMBASE and ACPI_CNTL place the power management ports the FADT tells of, RCBA the chipset configuration, PIRQ
 *   routes send PCI interrupts to ISA lines 10 and 11, which ELCR makes level-triggered;
 * - 8259 pair: vectors 08h and 70h, all lines but the cascade masked; 8254 channel 0: 18.2 Hz; 8042: keyboard with translated scan codes
 *   and interrupts, mouse off. Kernels that expect a PC as its BIOS leaves it (multiboot ones above all) build on these;
 * - every PCI function: base addresses, largest first and naturally aligned, so that nothing is wasted; interrupt line; decoding on.
 *   Bus mastering stays off: drivers turn it on.
 *
 * Only bus 0 is walked: the machine has no bridges to others. References: Intel 3 Series/ICH9 datasheets; PCI Local Bus 3.0, 6.2.5.
 */

import { alignUp } from './bytes.ts';
import { ECAM_BASE, ECAM_SIZE, memoryLayout, PCI_WINDOW_END, PCI_WINDOW64_SIZE } from './memoryMap.ts';

/** Port accesses, as the processor makes them. Sizes in bytes. */
export interface PortAccess {
  in(port: number, size: 1 | 2 | 4): number;
  out(port: number, size: 1 | 2 | 4, value: number): void;
}

const CONFIG_ADDRESS = 0xcf8;
const CONFIG_DATA = 0xcfc;
const ELCR2 = 0x4d1;

const HOST_BRIDGE = { slot: 0, fn: 0 };
const LPC_BRIDGE = { slot: 31, fn: 0 };
const PCIEXBAR = 0x60;
const PAM0 = 0x90;
const PMBASE = 0x40;
const ACPI_CNTL = 0x44;
const PIRQ_ROUTES = [0x60, 0x61, 0x62, 0x63, 0x68, 0x69, 0x6a, 0x6b];
const RCBA = 0xf0;

const PM_PORTS = 0x600;
const RCBA_ADDRESS = 0xfed1_c000;
/** ISA interrupts of PIRQ A-H, as SeaBIOS routes them. */
const PIRQ_LINES = [10, 10, 11, 11, 10, 10, 11, 11];
/** Ports below belong to ISA devices and to the power management block. */
const FIRST_IO_BAR = 0xc000;

interface Bar {
  slot: number;
  fn: number;
  offset: number;
  kind: 'io' | 'memory32' | 'memory64';
  size: number;
}

/** PIRQ (0 is A) of a slot's pin (0 is INTA#), with the routes that the LPC bridge has after reset (ICH9 datasheet, 10.1.28). */
export function pirqOf(slot: number, pin: number): number {
  if (slot < 25) return 4 + ((slot + pin) % 4);
  return slot === 30 ? 4 + pin : pin;
}

/** Brings the chipset from reset to the state that the tables describe. */
export function initializeChipset(ports: PortAccess, ramSize: number): void {
  const config = new ConfigSpaceAccess(ports);
  config.write(HOST_BRIDGE, PCIEXBAR + 4, 4, 0);
  config.write(HOST_BRIDGE, PCIEXBAR, 4, ECAM_BASE + 1);
  const READ_WRITE_RAM = 0x33;
  config.write(HOST_BRIDGE, PAM0, 1, 0x30);
  for (let i = 1; i <= 6; i++) config.write(HOST_BRIDGE, PAM0 + i, 1, READ_WRITE_RAM);

  config.write(LPC_BRIDGE, PMBASE, 4, PM_PORTS + 1);
  config.write(LPC_BRIDGE, ACPI_CNTL, 1, 0x80);
  config.write(LPC_BRIDGE, RCBA, 4, RCBA_ADDRESS + 1);
  for (const [pirq, route] of PIRQ_ROUTES.entries()) config.write(LPC_BRIDGE, route, 1, PIRQ_LINES[pirq]);
  ports.out(ELCR2, 1, ports.in(ELCR2, 1) | (1 << (10 - 8)) | (1 << (11 - 8)));

  initializeLegacyDevices(ports);
  configureFunctions(config, ramSize);
}

function initializeLegacyDevices(ports: PortAccess): void {
  const write = (port: number, ...values: number[]) => {
    for (const value of values) ports.out(port, 1, value);
  };
  const ICW1_WITH_ICW4 = 0x11;
  const ICW4_8086 = 0x01;
  const CASCADE_LINE = 2;
  write(0x20, ICW1_WITH_ICW4);
  write(0x21, 0x08, 1 << CASCADE_LINE, ICW4_8086, 0xff & ~(1 << CASCADE_LINE));
  write(0xa0, ICW1_WITH_ICW4);
  write(0xa1, 0x70, CASCADE_LINE, ICW4_8086, 0xff);

  const CHANNEL0_RATE_GENERATOR = 0x34;
  write(0x43, CHANNEL0_RATE_GENERATOR);
  write(0x40, 0, 0); // 65536 ticks of 1.193182 MHz

  const WRITE_COMMAND_BYTE = 0x60;
  const KEYBOARD_INTERRUPT = 0x01;
  const SELF_TEST_PASSED = 0x04;
  const MOUSE_DISABLED = 0x20;
  const TRANSLATION = 0x40;
  write(0x64, WRITE_COMMAND_BYTE);
  write(0x60, KEYBOARD_INTERRUPT | SELF_TEST_PASSED | MOUSE_DISABLED | TRANSLATION);
}

function configureFunctions(config: ConfigSpaceAccess, ramSize: number): void {
  const functions = config.functions();
  const bars = functions.flatMap((at) => sizeBars(config, at));
  bars.sort((a, b) => b.size - a.size);
  const { lowTop, pciWindow64 } = memoryLayout(ramSize);
  const spaces: Record<Bar['kind'], [number, number][]> = {
    io: [[FIRST_IO_BAR, 0x1_0000]],
    memory32: [
      [ECAM_BASE + ECAM_SIZE, PCI_WINDOW_END],
      [Math.max(lowTop, 0x8000_0000), ECAM_BASE],
    ],
    memory64: [[pciWindow64, pciWindow64 + PCI_WINDOW64_SIZE]],
  };
  for (const bar of bars) placeBar(config, bar, spaces);

  const COMMAND = 0x04;
  const INTERRUPT_LINE = 0x3c;
  for (const at of functions) {
    const pin = config.read(at, INTERRUPT_LINE + 1, 1);
    if (pin >= 1 && pin <= 4) config.write(at, INTERRUPT_LINE, 1, PIRQ_LINES[pirqOf(at.slot, pin - 1)]);
    const DECODE_IO_AND_MEMORY = 3;
    config.write(at, COMMAND, 2, config.read(at, COMMAND, 2) | DECODE_IO_AND_MEMORY);
  }
}

/** Takes the first place, aligned to its own size, in a space that has room; a 64-bit BAR may go below 4 GiB, too. */
function placeBar(config: ConfigSpaceAccess, bar: Bar, spaces: Record<Bar['kind'], [number, number][]>): void {
  const order = bar.kind === 'memory64' ? [...spaces.memory32, ...spaces.memory64] : spaces[bar.kind];
  for (const space of order) {
    const base = alignUp(space[0], bar.size);
    if (base + bar.size > space[1]) continue;
    space[0] = base + bar.size;
    config.write(bar, bar.offset, 4, base % 2 ** 32);
    if (bar.kind === 'memory64') config.write(bar, bar.offset + 4, 4, Math.floor(base / 2 ** 32));
    return;
  }
  // No room: the BAR stays at 0, which decodes nothing, and the kernel may do better.
}

/** Finds sizes by writing ones: the address bits that stick tell the alignment, which is the size. */
function sizeBars(config: ConfigSpaceAccess, at: { slot: number; fn: number }): Bar[] {
  const HEADER_TYPE = 0x0e;
  const BAR0 = 0x10;
  const IO_BAR = 1;
  const MEMORY_64 = 4;
  const isBridge = (config.read(at, HEADER_TYPE, 1) & 0x7f) !== 0;
  const count = isBridge ? 2 : 6;
  const bars: Bar[] = [];
  for (let index = 0; index < count; index++) {
    const offset = BAR0 + index * 4;
    config.write(at, offset, 4, 0xffff_ffff);
    const mask = config.read(at, offset, 4);
    config.write(at, offset, 4, 0);
    if (mask === 0 || mask === 0xffff_ffff) continue;
    if (mask & IO_BAR) {
      bars.push({ ...at, offset, kind: 'io', size: (~mask & 0xfffc) + 4 });
    } else if ((mask & 6) === MEMORY_64 && index + 1 < count) {
      config.write(at, offset + 4, 4, 0xffff_ffff);
      const high = config.read(at, offset + 4, 4);
      config.write(at, offset + 4, 4, 0);
      const low = (mask & 0xffff_fff0) >>> 0;
      const size = low !== 0 ? lowestBit(low) : lowestBit(high) * 2 ** 32;
      if (size > 0) bars.push({ ...at, offset, kind: 'memory64', size });
      index++;
    } else {
      bars.push({ ...at, offset, kind: 'memory32', size: lowestBit((mask & 0xffff_fff0) >>> 0) });
    }
  }
  return bars;
}

function lowestBit(value: number): number {
  return (value & -value) >>> 0;
}

/** Configuration mechanism #1 on bus 0. */
class ConfigSpaceAccess {
  private readonly ports: PortAccess;

  constructor(ports: PortAccess) {
    this.ports = ports;
  }

  read(at: { slot: number; fn: number }, offset: number, size: 1 | 2 | 4): number {
    this.select(at, offset);
    return this.ports.in(CONFIG_DATA + (offset & 3), size);
  }

  write(at: { slot: number; fn: number }, offset: number, size: 1 | 2 | 4, value: number): void {
    this.select(at, offset);
    this.ports.out(CONFIG_DATA + (offset & 3), size, value);
  }

  /** All functions that answer; others than the first only of multifunction devices. */
  functions(): { slot: number; fn: number }[] {
    const found: { slot: number; fn: number }[] = [];
    for (let slot = 0; slot < 32; slot++) {
      if (this.read({ slot, fn: 0 }, 0, 2) === 0xffff) continue;
      const multifunction = (this.read({ slot, fn: 0 }, 0x0e, 1) & 0x80) !== 0;
      for (let fn = 0; fn < (multifunction ? 8 : 1); fn++) {
        if (this.read({ slot, fn }, 0, 2) !== 0xffff) found.push({ slot, fn });
      }
    }
    return found;
  }

  private select({ slot, fn }: { slot: number; fn: number }, offset: number): void {
    const ENABLE = 0x8000_0000;
    this.ports.out(CONFIG_ADDRESS, 4, ENABLE + ((slot << 11) | (fn << 8) | (offset & 0xfc)));
  }
}
