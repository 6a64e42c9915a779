// SPDX-License-Identifier: MIT
/**
 * @fileoverview The pair of 8259A interrupt controllers (Intel 8259A data sheet; ELCR: ICH9 data sheet, 13.10.12), slave cascaded into the
 * master's input 2.
 *
 * A request is latched in IRR (edge) or follows its line (level, by ELCR or LTIM). The highest unmasked request that beats everything in
 * service raises INT; `acknowledge` is the CPU's INTA cycle: it moves the request to ISR and yields the vector. EOI clears ISR.
 * A latched edge stays latched when its line falls, as in QEMU. An INTA without a request gives the spurious vector,
 * input 7, with nothing in service.
 *
 * Typical sequence: ICW1..4, OCW1 (mask), a device raises its line, `intr` goes high, `acknowledge()`, the handler writes OCW2 (EOI).
 *
 * Left out: 8080/8085 mode and buffered mode, which no PC uses; the slave's cascade identity (ICW3) is fixed by the wiring.
 */
import { byteBlock } from '../bus/byteBlock.ts';
import type { Device, DeviceState, IrqLine, RegisterBlock } from '../bus/device.ts';
import { Wire } from '../bus/irq.ts';
import { loadFields, saveFields } from '../bus/state.ts';

const VERSION = 1;
const CASCADE = 2;
const SPURIOUS = 7;
/** IRQ 0, 1, 2, 8 and 13 are edge-triggered whatever ELCR says. */
const ELCR_WRITABLE = [0xf8, 0xde];

const ICW1 = 0x10;
const ICW1_IC4 = 0x01;
const ICW1_SNGL = 0x02;
const ICW1_LTIM = 0x08;
const ICW4_AEOI = 0x02;
const ICW4_SFNM = 0x10;
const OCW3 = 0x08;

function powerOn() {
  return {
    /** Levels at the inputs. */
    lines: 0,
    irr: 0,
    imr: 0,
    isr: 0,
    elcr: 0,
    ltim: false,
    /** The input that has the highest priority. */
    top: 0,
    vectorBase: 0,
    /** Which initialisation word port 1 takes next; 0 when initialised. */
    nextIcw: 0,
    ic4: false,
    single: false,
    autoEoi: false,
    rotateOnAutoEoi: false,
    fullyNested: false,
    specialMask: false,
    readIsr: false,
    poll: false,
  };
}

/** One 8259A. */
class Chip {
  state = powerOn();
  private readonly master: boolean;
  private readonly output: Wire;

  constructor(master: boolean, output: IrqLine) {
    this.master = master;
    this.output = new Wire((level) => output.set(level));
  }

  setLine(input: number, level: boolean): void {
    const s = this.state;
    const bit = 1 << input;
    const rising = level && !(s.lines & bit);
    s.lines = level ? s.lines | bit : s.lines & ~bit;
    if (this.levelTriggered() & bit) s.irr = level ? s.irr | bit : s.irr & ~bit;
    else if (rising) s.irr |= bit;
    this.update();
  }

  /** The input whose request INT stands for, or -1. */
  request(): number {
    const s = this.state;
    const wanted = this.rank(s.irr & ~s.imr);
    let inService = s.specialMask ? s.isr & ~s.imr : s.isr;
    // Special fully nested: the slave may interrupt its own service.
    if (s.fullyNested && this.master) inService &= ~(1 << CASCADE);
    return wanted < this.rank(inService) ? (s.top + wanted) & 7 : -1;
  }

  /** INTA: takes the input into service. */
  take(input: number): void {
    const s = this.state;
    if (!s.autoEoi) s.isr |= 1 << input;
    else if (s.rotateOnAutoEoi) s.top = (input + 1) & 7;
    if (!(this.levelTriggered() & (1 << input))) s.irr &= ~(1 << input);
    // INT falls during INTA even if more is waiting: the master sees each request of its slave as an edge.
    this.output.set(false);
    this.update();
  }

  read(offset: number): number {
    const s = this.state;
    if (s.poll) {
      s.poll = false;
      const input = this.request();
      if (input < 0) return 0;
      this.take(input);
      return 0x80 | input;
    }
    if (offset === 1) return s.imr;
    return s.readIsr ? s.isr : s.irr;
  }

  write(offset: number, value: number): void {
    if (offset === 1) this.writeMaskPort(value);
    else if (value & ICW1) this.initialise(value);
    else if (value & OCW3) this.writeOcw3(value);
    else this.writeOcw2(value);
    this.update();
  }

  writeElcr(value: number): void {
    this.state.elcr = value;
    this.followLevels();
    this.update();
  }

  update(): void {
    this.output.set(this.request() >= 0);
  }

  private initialise(value: number): void {
    const { lines, elcr } = this.state;
    const ic4 = (value & ICW1_IC4) !== 0;
    this.state = {
      ...powerOn(),
      lines,
      elcr,
      ltim: (value & ICW1_LTIM) !== 0,
      single: (value & ICW1_SNGL) !== 0,
      ic4,
      nextIcw: 2,
    };
    this.followLevels();
  }

  private writeMaskPort(value: number): void {
    const s = this.state;
    switch (s.nextIcw) {
      case 2:
        s.vectorBase = value & 0xf8;
        s.nextIcw = s.single ? (s.ic4 ? 4 : 0) : 3;
        break;
      case 3:
        s.nextIcw = s.ic4 ? 4 : 0;
        break;
      case 4:
        s.autoEoi = (value & ICW4_AEOI) !== 0;
        s.fullyNested = (value & ICW4_SFNM) !== 0;
        s.nextIcw = 0;
        break;
      default:
        s.imr = value;
    }
  }

  private writeOcw3(value: number): void {
    const s = this.state;
    if (value & 0x04) s.poll = true;
    if (value & 0x02) s.readIsr = (value & 0x01) !== 0;
    if (value & 0x40) s.specialMask = (value & 0x20) !== 0;
  }

  private writeOcw2(value: number): void {
    const s = this.state;
    const rotate = (value & 0x80) !== 0;
    const specific = (value & 0x40) !== 0;
    const eoi = (value & 0x20) !== 0;
    if (!eoi && !specific) {
      s.rotateOnAutoEoi = rotate;
      return;
    }
    let input = value & 7;
    if (!specific) {
      const rank = this.rank(s.isr);
      if (rank === 8) return;
      input = (s.top + rank) & 7;
    }
    if (eoi) s.isr &= ~(1 << input);
    if (rotate) s.top = (input + 1) & 7;
  }

  private levelTriggered(): number {
    return this.state.ltim ? 0xff : this.state.elcr;
  }

  /** Level-triggered requests are what their lines are now. */
  private followLevels(): void {
    const s = this.state;
    const level = this.levelTriggered();
    s.irr = (s.irr & ~level) | (s.lines & level);
  }

  /** Distance from `top` to the first input in `set`; 8 when it is empty. */
  private rank(set: number): number {
    let rank = 0;
    while (rank < 8 && !(set & (1 << ((this.state.top + rank) & 7)))) rank++;
    return rank;
  }
}

export class Pic8259 implements Device {
  readonly name = 'pic';
  /** IRQ 0-15. Input 2 is the cascade and ignores its line. */
  readonly inputs: readonly IrqLine[];
  /** Ports 20h-21h. */
  readonly master: RegisterBlock;
  /** Ports A0h-A1h. */
  readonly slave: RegisterBlock;
  /** Ports 4D0h-4D1h. */
  readonly elcr: RegisterBlock;
  private readonly chips: readonly [Chip, Chip];

  /** `intr` follows the master's INT output. */
  constructor(intr: IrqLine) {
    const master = new Chip(true, intr);
    const slave = new Chip(false, { set: (level) => master.setLine(CASCADE, level) });
    this.chips = [master, slave];
    this.inputs = Array.from({ length: 16 }, (_, irq) => ({
      set: (level: boolean) => {
        if (irq !== CASCADE) this.chips[irq >> 3].setLine(irq & 7, level);
      },
    }));
    const ports = (chip: Chip) =>
      byteBlock(
        (offset) => (offset < 2 ? chip.read(offset) : 0xff),
        (offset, value) => {
          if (offset < 2) chip.write(offset, value);
        },
      );
    this.master = ports(master);
    this.slave = ports(slave);
    this.elcr = byteBlock(
      (offset) => this.chips[offset]?.state.elcr ?? 0xff,
      (offset, value) => this.chips[offset]?.writeElcr(value & ELCR_WRITABLE[offset]),
    );
  }

  /** The CPU's interrupt acknowledge cycle: the vector, or the spurious one when there is no request any more. */
  acknowledge(): number {
    const [master, slave] = this.chips;
    const input = master.request();
    if (input !== CASCADE) {
      if (input >= 0) master.take(input);
      return master.state.vectorBase + (input >= 0 ? input : SPURIOUS);
    }
    // The master first: taking the slave's request may lower the cascade line.
    master.take(CASCADE);
    const slaveInput = slave.request();
    if (slaveInput >= 0) slave.take(slaveInput);
    return slave.state.vectorBase + (slaveInput >= 0 ? slaveInput : SPURIOUS);
  }

  reset(): void {
    for (const chip of this.chips) chip.state = { ...powerOn(), lines: chip.state.lines };
    for (const chip of [...this.chips].reverse()) chip.update();
  }

  save(): DeviceState {
    return saveFields(VERSION, { master: this.chips[0].state, slave: this.chips[1].state });
  }

  load(state: DeviceState): void {
    const { master, slave } = loadFields(this.name, state, VERSION, { master: powerOn(), slave: powerOn() });
    this.chips[1].state = slave;
    this.chips[0].state = master;
    this.chips[1].update();
    // The slave's update may have pulsed the cascade input; what was saved is the truth.
    this.chips[0].state = { ...master };
    this.chips[0].update();
  }
}
