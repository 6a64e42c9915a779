// SPDX-License-Identifier: MIT
/**
 * @fileoverview PCI: the functions there are, their configuration space, memory ranges and interrupt lines (PCI Local Bus 3.0, chapter 6).
 *
 * Configuration goes through mechanism #1 (ports CF8h and CFCh). Buses are walked from 0 through bridges, as the firmware has numbered them; base
 * addresses and interrupt lines are the firmware's, too. A driver's record ({@link PciDriver}) says which devices it takes; {@link attachPci} gives
 * each function to the first that wants it.
 *
 * Interrupts are INTx: lines are shared, so every handler of such a line looks whether it was its device. They are level-triggered, and
 * handlers run with interrupts off until the device has taken its request back.
 */
import { inb, inl, inw, outb, outl, outw } from 'machine/cpu';
import { DEVICES, WINDOW } from 'machine/addresses';
import { kernelSpace } from 'machine/stubs';
import { print } from 'runtime/console';
import { PAGE } from '../kernel/memory/frames';
import { mapFrame, NO_EXECUTE, WRITABLE } from '../kernel/memory/hat';
import { setInterrupt } from '../kernel/trap';

const ADDRESS: u32 = 0xcf8;
const DATA: u32 = 0xcfc;
const COMMAND: u32 = 0x04;
const COMMAND_MEMORY: u32 = 2;
const COMMAND_MASTER: u32 = 4;
const COMMAND_INTX_OFF: u32 = 0x400;
const STATUS: u32 = 0x06;
const STATUS_CAPABILITIES: u32 = 0x10;
const HEADER_TYPE: u32 = 0x0e;
const BAR0: u32 = 0x10;
const SECONDARY_BUS: u32 = 0x19;
const SUBSYSTEM: u32 = 0x2c;
const CAPABILITIES: u32 = 0x34;
const INTERRUPT_LINE: u32 = 0x3c;
const MULTIFUNCTION: u32 = 0x80;
const BRIDGE: u32 = 0x0604;
/** Not write-back: PWT and PCD of a page table entry. */
const UNCACHED: u64 = 0x18;

export class PciFunction {
  readonly vendor: u32;
  readonly device: u32;
  /** Base class and subclass. */
  readonly classCode: u32;
  readonly subsystem: u32;
  /** Name of the driver that has it; empty: none. */
  driver: string = '';

  constructor(
    public readonly bus: u32,
    public readonly slot: u32,
    public readonly fn: u32,
  ) {
    this.vendor = this.read16(0);
    this.device = this.read16(2);
    this.classCode = this.read16(10);
    this.subsystem = this.read32(SUBSYSTEM);
  }

  private select(offset: u32): u32 {
    outl(ADDRESS, 0x80000000 | (this.bus << 16) | (this.slot << 11) | (this.fn << 8) | (offset & 0xfc));
    return DATA + (offset & 3);
  }
  read8(offset: u32): u32 {
    return inb(this.select(offset));
  }
  read16(offset: u32): u32 {
    return inw(this.select(offset));
  }
  read32(offset: u32): u32 {
    return inl(this.select(offset));
  }
  write8(offset: u32, value: u32): void {
    outb(this.select(offset), value);
  }
  write16(offset: u32, value: u32): void {
    outw(this.select(offset), value);
  }
  write32(offset: u32, value: u32): void {
    outl(this.select(offset), value);
  }

  /** Where it hangs, as /devices names it: `pciVVVV,D@slot` or with `,function`. */
  get name(): string {
    const place = this.slot.toString(16) + (this.fn ? ',' + this.fn.toString(16) : '');
    const ids = this.subsystem ? this.subsystem : (this.device << 16) | this.vendor;
    return 'pci' + (ids & 0xffff).toString(16) + ',' + (ids >> 16).toString(16) + '@' + place;
  }

  get interruptLine(): u32 {
    return this.read8(INTERRUPT_LINE);
  }

  /** Lets it be addressed, use memory and interrupt. */
  enable(): void {
    const command = this.read16(COMMAND) | COMMAND_MEMORY | COMMAND_MASTER;
    this.write16(COMMAND, command & ~COMMAND_INTX_OFF);
  }

  /** The next capability of an id behind one (0: the first); 0: there is none. */
  capability(id: u32, after: u32 = 0): u32 {
    if (!(this.read16(STATUS) & STATUS_CAPABILITIES)) return 0;
    let at = after ? this.read8(after + 1) & 0xfc : this.read8(CAPABILITIES) & 0xfc;
    // A list that a faulty device has bent to a ring ends, too.
    for (let steps = 0; at && steps < 48; steps++) {
      if (this.read8(at) == id) return at;
      at = this.read8(at + 1) & 0xfc;
    }
    return 0;
  }

  /** Physical address of a memory range that base address register `index` places; 0: none, or ports. */
  memoryBar(index: u32): u64 {
    if (index > 5) return 0;
    const low = this.read32(BAR0 + index * 4);
    if (low & 1) return 0;
    let base = <u64>(low & ~15);
    if ((low & 6) == 4 && index < 5) base |= (<u64>this.read32(BAR0 + index * 4 + 4)) << 32;
    return base;
  }
}

export abstract class PciDriver {
  constructor(public readonly name: string) {}
  abstract takes(fn: PciFunction): bool;
  /** False: the device does not work, which is said on the console. */
  abstract attach(fn: PciFunction): bool;
}

const functions: PciFunction[] = [];

/** All functions that were found, for prtconf. */
export function pciFunctions(): PciFunction[] {
  return functions;
}

/** Finds all functions, and gives each to the first driver that takes it. */
export function attachPci(drivers: PciDriver[]): void {
  walkBus(0, 0);
  for (let i = 0; i < functions.length; i++) {
    const fn = functions[i];
    for (let d = 0; d < drivers.length; d++) {
      if (!drivers[d].takes(fn)) continue;
      highest = 0;
      if (drivers[d].attach(fn)) fn.driver = drivers[d].name;
      else complain(fn, drivers[d].name);
      break;
    }
  }
}

/** A device stays without its driver: by name, and why if that is known. */
function complain(fn: PciFunction, driver: string): void {
  print('WARNING: ' + driver + ': ' + fn.name + ' on bus ' + fn.bus.toString() + ' is not attached');
  print(highest ? ': its registers lie above 4 GiB, at 0x' + highest.toString(16) + '\n' : ': it does not answer as it should\n');
}

function walkBus(bus: u32, depth: i32): void {
  for (let slot: u32 = 0; slot < 32; slot++) {
    for (let index: u32 = 0; index < 8; index++) {
      const fn = new PciFunction(bus, slot, index);
      if (fn.vendor == 0xffff) {
        if (!index) break;
        continue;
      }
      functions.push(fn);
      const header = fn.read8(HEADER_TYPE);
      const below = fn.classCode == BRIDGE ? fn.read8(SECONDARY_BUS) : 0;
      if (below > bus && depth < 8) walkBus(below, depth + 1);
      if (!index && !(header & MULTIFUNCTION)) break;
    }
  }
}

// ---- memory ranges

/** Registers above 4 GiB that the device being attached has; 0: none. */
let highest: u64 = 0;
/** Kernel addresses from here on, behind what pointers reach, are for ranges of devices. */
let nextRange: u64 = WINDOW + ((<u64>1) << 34);

/** A kernel address of a device's registers, uncached. 0: they lie above 4 GiB, or there is no memory for tables. */
export function mapRegisters(physical: u64, size: u64): u64 {
  const end = physical + size;
  if (!physical) return 0;
  if (end > (<u64>1) << 32) {
    highest = physical;
    return 0;
  }
  if (physical >= DEVICES) return WINDOW + physical;
  const mask = <u64>PAGE - 1;
  const first = physical & ~mask;
  const start = nextRange;
  for (let at = first; at < end; at += PAGE) {
    if (!mapFrame(<usize>kernelSpace(), nextRange, <usize>at, WRITABLE | NO_EXECUTE | UNCACHED)) return 0;
    nextRange += PAGE;
  }
  return start + (physical & mask);
}

// ---- interrupts

/** Whose device interrupts. */
export abstract class InterruptSource {
  /** Called for every interrupt of its line, with interrupts off; allocates nothing. */
  abstract interrupted(): void;
}

const sources: InterruptSource[] = [];
const sourceLines: u32[] = [];

export function addInterruptSource(line: u32, source: InterruptSource): void {
  if (line >= 16) return;
  const isNew = !sourceLines.includes(line);
  sources.push(source);
  sourceLines.push(line);
  if (isNew) setInterrupt(line, tellSources);
}

function tellSources(inUser: bool): void {
  for (let i = 0; i < sources.length; i++) sources[i].interrupted();
}
