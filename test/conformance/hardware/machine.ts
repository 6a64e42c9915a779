// SPDX-License-Identifier: MIT
/**
 * @fileoverview Runs cases on our processor: the address space and descriptor tables of `programState.ts`, and a kernel of which nothing
 * exists but an interrupt table whose handlers halt. What a case left behind is read from registers and from the frame that the processor
 * pushed, so exception delivery is part of what is compared.
 */
import type { Processor, Tiering } from '../../../emulator/cpu/processor.ts';
import { type TestProcessor, testProcessor } from '../../../emulator/cpu/testProcessor.ts';
import { GPR, SEG, SEGMENT, SLOT, segmentSlot, XMM } from '../../../emulator/ir/state.ts';
import { GuestFault } from '../../../emulator/isa/helper.ts';
import { allInstructions } from '../../../emulator/isa/record.ts';
import { setSegment } from '../../../emulator/isa/system/segmentation.ts';
import { fullModel } from './inventory.ts';
import {
  AREA_SIZE,
  type Case,
  CODE,
  CODE_ALIAS,
  DATA,
  DATA16_LIMIT,
  DATA32_LIMIT,
  fillWindow,
  HIGH,
  type Outcome,
  READ_ONLY,
  SELECTOR,
} from './programState.ts';

/** Linear addresses of the kernel's half, and where everything is in RAM. */
const KERNEL = 0xffff800000000000n;
const PLACE = { tables: 0x1000, gdt: 0x20000, ldt: 0x20100, tss: 0x20200, idt: 0x21000, handlers: 0x22000, stack: 0x24000 };
const CODE_PLACE = 0x30000;
const DATA_PLACE = 0x40000;
const STACK_TOP = KERNEL + BigInt(PLACE.stack);
const PRESENT = 1n;
const WRITABLE = 2n;
const USER = 4n;
const NO_EXECUTE = 1n << 63n;
const HLT = 0xf4;
const INT3 = 0xcc;
const WITH_ERROR = new Set([8, 10, 11, 12, 13, 14, 17]);
/** A case that runs longer does not end. */
const LIMIT = 200_000;

/** Descriptor of the GDT or LDT: attributes as in `SEG.attributes`. */
function descriptor(base: number, limit: number, attributes: number): bigint {
  const b = BigInt(base);
  const l = BigInt(limit);
  const a = BigInt(attributes);
  return (
    (l & 0xffffn) |
    ((b & 0xffffffn) << 16n) |
    ((a & 0xffn) << 40n) |
    ((l >> 16n) << 48n) |
    ((a >> 8n) << 52n) |
    ((b >> 24n) << 56n)
  );
}
interface Segment {
  base: number;
  limit: number;
  attributes: number;
}
const FLAT = 0xffffffff;
const SEGMENTS: Readonly<Record<number, Segment>> = {
  [SELECTOR.code32]: { base: 0, limit: FLAT, attributes: 0xcfb },
  [SELECTOR.data]: { base: 0, limit: FLAT, attributes: 0xcf3 },
  [SELECTOR.code64]: { base: 0, limit: FLAT, attributes: 0xafb },
  [SELECTOR.code16]: { base: CODE, limit: 0xffff, attributes: 0x0fb },
  [SELECTOR.data16]: { base: DATA, limit: DATA16_LIMIT, attributes: 0x0f3 },
  [SELECTOR.data32]: { base: DATA, limit: DATA32_LIMIT, attributes: 0x4f3 },
};

export class Machine {
  readonly t: TestProcessor;
  readonly cpu: Processor;
  private nextTable = PLACE.tables + 0x1000;
  private readonly view: DataView;
  private readonly before = new Uint8Array(AREA_SIZE);

  private readonly warms: boolean;

  /** `compiled`: everything that can be compiled is, and its memory accesses find their translations. */
  constructor(tiering: Tiering = 'interpreted') {
    this.warms = tiering !== 'interpreted';
    this.t = testProcessor(0x80000, fullModel(), {}, allInstructions, tiering);
    this.cpu = this.t.cpu;
    this.view = new DataView(this.t.ram.buffer, this.t.ram.byteOffset, this.t.ram.byteLength);
    this.buildKernel();
  }
  private map(linear: bigint, physical: number, flags: bigint): void {
    let table = PLACE.tables;
    for (const shift of [39n, 30n, 21n]) {
      const at = table + Number((linear >> shift) & 511n) * 8;
      let entry = Number(this.view.getBigUint64(at, true) & 0xffffff000n);
      if (entry === 0) {
        entry = this.nextTable;
        this.nextTable += 0x1000;
        this.view.setBigUint64(at, BigInt(entry) | 7n, true);
      }
      table = entry;
    }
    this.view.setBigUint64(table + Number((linear >> 12n) & 511n) * 8, BigInt(physical) | flags, true);
  }
  private buildKernel(): void {
    const { view } = this;
    for (let page = 0; page < AREA_SIZE; page += 0x1000) {
      this.map(BigInt(CODE + page), CODE_PLACE + page, PRESENT | WRITABLE | USER);
      this.map(BigInt(CODE_ALIAS + page), CODE_PLACE + page, PRESENT | WRITABLE | USER | NO_EXECUTE);
      this.map(BigInt(DATA + page), DATA_PLACE + page, PRESENT | WRITABLE | USER | NO_EXECUTE);
      this.map(HIGH + BigInt(page), DATA_PLACE + page, PRESENT | WRITABLE | USER | NO_EXECUTE);
      this.map(BigInt(READ_ONLY + page), DATA_PLACE + page, PRESENT | USER | NO_EXECUTE);
    }
    for (let page = 0x20000; page < 0x25000; page += 0x1000) this.map(KERNEL + BigInt(page), page, PRESENT | WRITABLE);
    const put = (at: number, selector: number, value: bigint): void => view.setBigUint64(at + (selector & 0xfff8), value, true);
    put(PLACE.gdt, 0x10, descriptor(0, 0xfffff, 0xa9b));
    put(PLACE.gdt, 0x18, descriptor(0, 0xfffff, 0xc93));
    for (const [key, s] of Object.entries(SEGMENTS)) {
      const selector = Number(key);
      put(selector & 4 ? PLACE.ldt : PLACE.gdt, selector, descriptor(s.base, s.limit === FLAT ? 0xfffff : s.limit, s.attributes));
    }
    for (let vector = 0; vector < 256; vector++) {
      const handler = KERNEL + BigInt(PLACE.handlers + vector);
      const dpl = vector === 3 || vector === 4 ? 0xeen : 0x8en;
      const low = (handler & 0xffffn) | (0x10n << 16n) | (dpl << 40n) | ((handler & 0xffff0000n) << 32n);
      view.setBigUint64(PLACE.idt + vector * 16, low, true);
      view.setBigUint64(PLACE.idt + vector * 16 + 8, handler >> 32n, true);
    }
    this.t.ram.fill(HLT, PLACE.handlers, PLACE.handlers + 256);
    view.setBigUint64(PLACE.tss + 4, STACK_TOP, true);
    // The I/O permission bitmap lies beyond the limit: no port is allowed.
    view.setUint16(PLACE.tss + 102, 104, true);
  }

  /** The state at the entry of a case. */
  enter(c: Case): void {
    const { cpu, t, view } = this;
    cpu.reset();
    cpu.write64(SLOT.CR3, BigInt(PLACE.tables));
    cpu.write64(SLOT.CR4, 0x506a0n);
    cpu.write64(SLOT.EFER, 0xd01n);
    cpu.write64(SLOT.CR0, 0x80010033n);
    const table = (seg: number, place: number, limit: number, attributes: number): void =>
      setSegment(cpu, seg, 0x40, Number(BigInt.asIntN(64, KERNEL)) + place, limit, attributes);
    table(SEGMENT.gdtr, PLACE.gdt, 127, 0);
    table(SEGMENT.idtr, PLACE.idt, 0xfff, 0);
    table(SEGMENT.ldtr, PLACE.ldt, 23, 0x82);
    table(SEGMENT.tr, PLACE.tss, 103, 0x8b);
    for (const [name, selector] of Object.entries(c.selectors)) {
      const s = SEGMENTS[selector] ?? { base: 0, limit: 0, attributes: 0 };
      setSegment(cpu, SEGMENT[name as 'cs'], selector, s.base, s.limit, s.attributes);
    }
    cpu.write32(SLOT.CPL, 3);

    for (let i = 0; i < 16; i++) cpu.write64(GPR(i), c.registers[i]);
    cpu.write64(SLOT.RIP, BigInt(c.rip) - (SEGMENTS[c.selectors.cs].base ? BigInt(CODE) : 0n));
    cpu.rflags = BigInt(c.flags);
    this.loadFx(c.fx);

    cpu.physical.writeBytes(CODE_PLACE, new Uint8Array(AREA_SIZE).fill(INT3));
    cpu.physical.writeBytes(CODE_PLACE + c.rip - CODE, c.code);
    t.ram.fill(0, DATA_PLACE, DATA_PLACE + AREA_SIZE);
    fillWindow(view, DATA_PLACE, c.seed);
    for (const o of c.overrides)
      cpu.physical.writeBytes(o.address >= DATA ? DATA_PLACE + o.address - DATA : CODE_PLACE + o.address - CODE, o.bytes);
    this.before.set(t.ram.subarray(DATA_PLACE, DATA_PLACE + AREA_SIZE));
    cpu.flushTlb(false);
    cpu.modeChanged();
    if (this.warms) this.warm();
  }
  /** Compiled code leaves accesses that miss the TLB to the interpreter, so nothing may miss that can hit. */
  private warm(): void {
    for (let page = 0; page < AREA_SIZE; page += 0x1000) {
      for (const area of [BigInt(CODE), BigInt(CODE_ALIAS), BigInt(DATA), HIGH, BigInt(READ_ONLY)]) {
        for (const write of [false, true]) {
          try {
            this.cpu.place(area + BigInt(page), 1, write);
          } catch (e) {
            if (!(e instanceof GuestFault)) throw e;
          }
        }
      }
    }
    this.cpu.write64(SLOT.CR2, 0n);
  }
  run(c: Case): Outcome {
    const { cpu } = this;
    this.enter(c);
    cpu.run(cpu.retired + LIMIT);
    return this.outcome();
  }

  private loadFx(fx: Uint8Array): void {
    const { cpu } = this;
    const v = new DataView(fx.buffer, fx.byteOffset, fx.byteLength);
    const fsw = v.getUint16(2, true);
    cpu.write16(SLOT.FCW, v.getUint16(0, true));
    cpu.write16(SLOT.FSW, fsw & ~0x3800);
    const top = (fsw >> 11) & 7;
    cpu.write32(SLOT.FTOP, top);
    cpu.view.setUint8(cpu.base + SLOT.FTW, fx[4]);
    cpu.write16(SLOT.FOP, v.getUint16(6, true));
    cpu.write64(SLOT.FIP, v.getBigUint64(8, true));
    cpu.write64(SLOT.FDP, v.getBigUint64(16, true));
    cpu.write32(SLOT.MXCSR, v.getUint32(24, true));
    for (let i = 0; i < 8; i++) {
      const at = SLOT.FPR + ((top + i) & 7) * 16;
      cpu.write64(at, v.getBigUint64(32 + i * 16, true));
      cpu.write16(at + 8, v.getUint16(40 + i * 16, true));
    }
    for (let i = 0; i < 32; i++) cpu.write64(XMM(0) + i * 8, v.getBigUint64(160 + i * 8, true));
  }
  private readFx(): Uint8Array {
    const { cpu } = this;
    const fx = new Uint8Array(512);
    const v = new DataView(fx.buffer);
    const top = cpu.read32(SLOT.FTOP);
    v.setUint16(0, cpu.read16(SLOT.FCW), true);
    v.setUint16(2, cpu.read16(SLOT.FSW) | (top << 11), true);
    fx[4] = cpu.view.getUint8(cpu.base + SLOT.FTW);
    v.setUint16(6, cpu.read16(SLOT.FOP), true);
    v.setBigUint64(8, cpu.read64(SLOT.FIP), true);
    v.setBigUint64(16, cpu.read64(SLOT.FDP), true);
    v.setUint32(24, cpu.read32(SLOT.MXCSR), true);
    for (let i = 0; i < 8; i++) {
      const at = SLOT.FPR + ((top + i) & 7) * 16;
      v.setBigUint64(32 + i * 16, cpu.read64(at), true);
      v.setUint16(40 + i * 16, cpu.read16(at + 8), true);
    }
    for (let i = 0; i < 32; i++) v.setBigUint64(160 + i * 8, cpu.read64(XMM(0) + i * 8), true);
    return fx;
  }
  private outcome(): Outcome {
    const { cpu, t, view } = this;
    const selector = (seg: number): number => cpu.read16(segmentSlot(seg) + SEG.selector);
    const registers = BigUint64Array.from({ length: 16 }, (_, i) => cpu.read64(GPR(i)));
    const changes = new Map<number, number>();
    for (let i = 0; i < AREA_SIZE; i++) if (t.ram[DATA_PLACE + i] !== this.before[i]) changes.set(i, t.ram[DATA_PLACE + i]);
    const vector = cpu.halted ? Number(cpu.read64(SLOT.RIP) - KERNEL) - PLACE.handlers - 1 : 255;
    const after = { registers, changes, fx: this.readFx(), cr2: cpu.read64(SLOT.CR2), vector };
    const others = { ds: selector(SEGMENT.ds), es: selector(SEGMENT.es), fs: selector(SEGMENT.fs), gs: selector(SEGMENT.gs) };
    if (vector === 255) {
      const selectors = { ...others, cs: selector(SEGMENT.cs), ss: selector(SEGMENT.ss) };
      return { ...after, error: 0, selectors, rip: cpu.read64(SLOT.RIP), flags: Number(cpu.rflags) };
    }
    // The frame: SS, RSP, RFLAGS, CS, RIP, and the error code where there is one.
    const frame = (n: number): bigint => view.getBigUint64(PLACE.stack - n * 8, true);
    registers[4] = frame(2);
    return {
      ...after,
      error: WITH_ERROR.has(vector) ? Number(frame(6)) : 0,
      selectors: { ...others, cs: Number(frame(4)), ss: Number(frame(1)) },
      rip: frame(5),
      flags: Number(frame(3)),
    };
  }
}
