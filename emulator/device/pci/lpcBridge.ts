// SPDX-License-Identifier: MIT
/**
 * @fileoverview The ICH9 LPC bridge, function 1f.0: interrupt routing, and where the power management registers sit.
 *
 * Interrupts go from pins to lines in two steps:
 * 1. pin -> PIRQ A-H. Slots 0-24: PIRQ E + (slot + pin) mod 4, a swizzle by slot number, QEMU's choice. Slots 25-29 and 31: the
 *    registers D25IR-D31IR in the RCBA block, after reset INTA-INTD to PIRQ A-D. Slot 30: INTA-INTD to PIRQ E-H.
 * 2. PIRQ -> lines. Always GSI 16 + PIRQ (I/O APIC pins 16-23); and, if the PIRQ's routing register (60h-63h, 68h-6Bh) has bit 7
 *    clear, also the ISA interrupt it names, which is how the 8259 pair hears of it. A line is high while any PIRQ routed to
 *    it is.
 * The system control interrupt (SCI) enters here too and leaves on the line that ACPI_CNTL (44h) selects: 9, 10, 11, 20 or 21.
 *
 * PMBASE (40h) places the power management I/O block that the machine gives, while ACPI_CNTL bit 7 enables it. RCBA (F0h)
 * places the chipset configuration registers, of which the interrupt routes exist.
 *
 * Firmware's sequence: PMBASE := 600h | 1, ACPI_CNTL := 80h, PIRQ routes := 10 and 11, the 8259 pair's ELCR bits for these.
 *
 * Omitted: the LPC decode ranges, GPIO, SMI and the other chipset configuration registers, which read as zeros; the reset control
 * register at port CF9h and the APM ports are devices of their own. Datasheet: Intel I/O Controller Hub 9, chapters 10 and 13.
 */
import type { AccessSize, DeviceState, IrqLine, RegisterBlock } from '../../bus/device.ts';
import { loadFields } from '../../bus/state.ts';
import type { PciBus } from './bus.ts';
import { PciFunction, type Upstream } from './function.ts';
import { MovableBlock } from './mapping.ts';

export const PMBASE = 0x40;
export const ACPI_CNTL = 0x44;
export const PIRQA_ROUT = 0x60;
export const PIRQE_ROUT = 0x68;
export const RCBA = 0xf0;

const ACPI_EN = 0x80;
const PIRQ_DISABLED = 0x80;
const PIRQS = 8;
/** Slot numbers whose pins have a route register, with its offset in the RCBA block. */
const ROUTE_REGISTERS: { [slot: number]: number } = { 31: 0x3140, 29: 0x3144, 28: 0x3146, 27: 0x3148, 26: 0x314c, 25: 0x3150 };
const CHIPSET_CONFIG_SIZE = 0x4000;
const ROUTE_FIRST = 0x3140;
const ROUTE_END = 0x3154;
const ROUTE_DEFAULT = 0x3210;

export interface LpcBridgeOptions {
  /** Lines 0-23, shared with no other source: ISA devices on a line that PIRQs may use need their own input of a `SharedLine`. */
  gsi: readonly IrqLine[];
  /** The ACPI power management registers (128 ports), placed by PMBASE. */
  powerManagement?: RegisterBlock;
}

export class LpcBridge extends PciFunction {
  /** Input from the power management registers. */
  readonly sci: IrqLine = {
    set: (level) => {
      this.#sciLevel = level;
      this.#route();
    },
  };
  readonly #bus: PciBus;
  readonly #gsi: readonly IrqLine[];
  readonly #powerManagement: RegisterBlock | undefined;
  readonly #routes = new Uint8Array(ROUTE_END - ROUTE_FIRST);
  #levels = 0;
  #sciLevel = false;
  #pmBlock: MovableBlock | undefined;
  #chipsetBlock: MovableBlock | undefined;

  constructor(name: string, bus: PciBus, options: LpcBridgeOptions) {
    super(name, {
      vendorId: 0x8086,
      deviceId: 0x2918,
      revision: 2,
      classCode: 0x06_01_00,
      subsystemVendorId: 0x1af4,
      subsystemId: 0x1100,
      multifunction: true,
    });
    this.#bus = bus;
    this.#gsi = options.gsi;
    this.#powerManagement = options.powerManagement;
    const { config } = this;
    config.set(PMBASE, 4, 1);
    config.allowWrites(PMBASE, 4, 0xff80);
    config.allowWrites(ACPI_CNTL, 1, 0x87);
    for (const base of [PIRQA_ROUT, PIRQE_ROUT]) {
      config.set(base, 4, 0x8080_8080);
      config.allowWrites(base, 4, 0x8f8f_8f8f);
    }
    config.allowWrites(RCBA, 4, 0xffff_c001);
    this.#resetRoutes();
    bus.routeInterrupts(() => this.#route());
  }

  override attach(upstream: Upstream): void {
    super.attach(upstream);
    if (this.#powerManagement) this.#pmBlock = new MovableBlock(upstream.ports, 128, `${this.name} PM`, this.#powerManagement);
    this.#chipsetBlock = new MovableBlock(upstream.memory, CHIPSET_CONFIG_SIZE, `${this.name} RCBA`, {
      read: (offset, size) => this.#readChipset(offset, size),
      write: (offset, size, value) => this.#writeChipset(offset, size, value),
    });
  }

  /** The PIRQ (0 is A) that pin `pin` (1 is INTA#) of a slot drives. */
  pirqOf(slot: number, pin: number): number {
    const register = ROUTE_REGISTERS[slot];
    if (register === undefined) return 4 + (((slot === 30 ? 0 : slot) + pin - 1) % 4);
    const route = this.#routes[register - ROUTE_FIRST] | (this.#routes[register - ROUTE_FIRST + 1] << 8);
    return (route >>> (4 * (pin - 1))) & 7;
  }

  /** The line of the system control interrupt; undefined when a reserved one is selected. */
  get sciLine(): number | undefined {
    return [9, 10, 11, undefined, 20, 21, undefined, undefined][this.config.get(ACPI_CNTL, 1) & 7];
  }

  override reset(): void {
    super.reset();
    this.#resetRoutes();
    this.#sciLevel = false;
    this.#placeBlocks();
    this.#route();
  }

  override save(): DeviceState {
    return { ...super.save(), routes: this.#routes.slice(), sci: this.#sciLevel };
  }

  override load(state: DeviceState): void {
    super.load(state);
    const fields = loadFields(this.name, state, 1, { routes: this.#routes, sci: false });
    this.#routes.set(fields.routes);
    this.#sciLevel = fields.sci;
    this.#placeBlocks();
    this.#route(true);
  }

  protected override afterConfigWrite(offset: number, size: AccessSize): void {
    if (this.config.touches(offset, size, PMBASE, 8) || this.config.touches(offset, size, RCBA, 4)) this.#placeBlocks();
    if (this.config.touches(offset, size, ACPI_CNTL, 1) || this.config.touches(offset, size, PIRQA_ROUT, 12)) this.#route();
  }

  /** Drives every line whose level changed; `all` drives the others again too, for lines whose memory of it was replaced. */
  #route(all = false): void {
    let pirqs = 0;
    for (const { slot, device } of this.#bus.functions())
      if (device.pinLevel) pirqs |= 1 << this.pirqOf(slot, device.interruptPin);
    let levels = pirqs << 16;
    for (let pirq = 0; pirq < PIRQS; pirq++) {
      const route = this.config.get(pirq < 4 ? PIRQA_ROUT + pirq : PIRQE_ROUT + pirq - 4, 1);
      if (pirqs & (1 << pirq) && !(route & PIRQ_DISABLED)) levels |= 1 << (route & 15);
    }
    if (this.#sciLevel && this.sciLine !== undefined) levels |= 1 << this.sciLine;
    const changed = all ? 0xff_ffff : levels ^ this.#levels;
    this.#levels = levels;
    for (let line = 0; line < 24; line++) if (changed & (1 << line)) this.#gsi[line].set((levels & (1 << line)) !== 0);
  }

  #placeBlocks(): void {
    const pmBase = this.config.get(PMBASE, 4) & 0xff80;
    const enabled = (this.config.get(ACPI_CNTL, 1) & ACPI_EN) !== 0 && pmBase !== 0;
    this.#pmBlock?.place(enabled ? pmBase : undefined);
    const rcba = this.config.get(RCBA, 4);
    this.#chipsetBlock?.place(rcba & 1 ? (rcba & 0xffff_c000) >>> 0 : undefined);
  }

  #resetRoutes(): void {
    this.#routes.fill(0);
    for (const register of Object.values(ROUTE_REGISTERS)) {
      this.#routes[register - ROUTE_FIRST] = ROUTE_DEFAULT & 0xff;
      this.#routes[register - ROUTE_FIRST + 1] = ROUTE_DEFAULT >>> 8;
    }
  }

  #readChipset(offset: number, size: AccessSize): number {
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = (value << 8) | (this.#routes[offset + i - ROUTE_FIRST] ?? 0);
    return value >>> 0;
  }

  #writeChipset(offset: number, size: AccessSize, value: number): void {
    for (let i = 0; i < size; i++) if (isRouteByte(offset + i)) this.#routes[offset + i - ROUTE_FIRST] = value >>> (8 * i);
    this.#route();
  }
}

function isRouteByte(offset: number): boolean {
  return Object.values(ROUTE_REGISTERS).some((register) => offset === register || offset === register + 1);
}
