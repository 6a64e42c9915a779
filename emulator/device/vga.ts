// SPDX-License-Identifier: MIT
/**
 * @fileoverview A VGA with 256 KiB in four planes (IBM PS/2 Technical Reference, video subsystem), ports 3B0h-3DFh and memory A0000h-BFFFFh, as
 * QEMU's `isa-vga` without its BIOS extensions.
 *
 * Memory is kept as a display reads it: four bytes, one of each plane, per plane address. The three ways the CPU sees it follow
 * QEMU: chained (linear), odd/even (text: even addresses are plane 0, odd ones plane 1), and planar, with latches, two read and four
 * write modes.
 *
 * `screenText` gives the text screen as characters and attributes; font, colours and cursor with it; `picture` what graphics modes show
 * (`vgaPicture.ts`). Retrace in input status 1 follows virtual time at the text mode's 70 Hz whatever the CRTC says.
 *
 * Left out: split screen and panning in `screenText`, the VBE ports, interrupts (no PC routes IRQ 2).
 */
import { byteBlock } from '../bus/byteBlock.ts';
import type { Clock, Device, DeviceState, RegisterBlock } from '../bus/device.ts';
import { loadFields, saveFields } from '../bus/state.ts';
import { drawGraphics, type Picture } from './vgaPicture.ts';

const VERSION = 1;
const MEMORY = 0x40000;

/** Bits that exist in the sequencer's, graphics controller's and attribute controller's registers. */
const SEQUENCER_BITS = [0x03, 0x3d, 0x0f, 0x3f, 0x0e, 0, 0, 0];
const GRAPHICS_BITS = [0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff, 0, 0, 0, 0, 0, 0, 0];
const MODE_CONTROL = 0x10;
const ATTRIBUTE_BITS = [...Array<number>(16).fill(0x3f), 0xef, 0xff, 0x3f, 0x0f, 0x0f];
const CRTC_REGISTERS = 0x19;

const MISC_COLOUR = 0x01;
const ATTRIBUTE_INDEX = 0x1f;
const SR2_MAP_MASK = 2;
const SR3_FONT = 3;
const SR4_MEMORY_MODE = 4;
const SR4_CHAIN4 = 0x08;
const GR5_MODE = 5;
const GR5_ODD_EVEN = 0x10;
const GR5_READ_COMPARE = 0x08;
const GR6_MISC = 6;
const GR6_GRAPHICS = 0x01;
const CR11_PROTECT = 0x80;

const STATUS1_RETRACE = 0x08;
const STATUS1_BLANK = 0x01;
/** 900 dots a line at 28.322 MHz; 449 lines a frame, 400 of them shown, retrace from line 412 on for two. */
const LINE_NS = 31_778;
const SHOWN_NS = 25_422;
const LINES = 449;
const SHOWN_LINES = 400;
const RETRACE_LINE = 412;
const RETRACE_LINES = 2;

/** What is on the text screen, row by row. */
export interface ScreenText {
  readonly columns: number;
  readonly rows: number;
  readonly characters: Uint8Array;
  /** Foreground in bits 0-3, background in bits 4-6, blinking or a fourth background bit in bit 7. */
  readonly attributes: Uint8Array;
  /** Undefined when switched off or out of sight. Its scan lines count from the top of the cell. */
  readonly cursor:
    | { readonly column: number; readonly row: number; readonly firstLine: number; readonly lastLine: number }
    | undefined;
  readonly cellHeight: number;
  readonly blinking: boolean;
}

function powerOn() {
  return {
    misc: 0,
    feature: 0,
    sequencerIndex: 0,
    sequencer: new Uint8Array(8),
    graphicsIndex: 0,
    graphics: new Uint8Array(16),
    attributeIndex: 0,
    attribute: new Uint8Array(21),
    /** The next write to 3C0h is data. */
    attributeData: false,
    crtcIndex: 0,
    crtc: new Uint8Array(CRTC_REGISTERS),
    pelMask: 0xff,
    dacReadIndex: 0,
    dacWriteIndex: 0,
    /** Which colour of the entry comes next. */
    dacComponent: 0,
    dacReading: false,
    /** Colours of an entry, written to the palette when all three are there. */
    dacEntry: new Uint8Array(3),
    palette: new Uint8Array(768),
    latch: new Uint8Array(4),
    memory: new Uint8Array(MEMORY),
  };
}

export class Vga implements Device {
  readonly name = 'vga';
  /** Ports 3B0h-3DFh. */
  readonly ports: RegisterBlock;
  /** Addresses A0000h-BFFFFh. */
  readonly memory: RegisterBlock;
  private readonly clock: Clock;
  private state = powerOn();
  private changeCount = 0;

  constructor(clock: Clock) {
    this.clock = clock;
    this.ports = byteBlock(
      (offset) => this.readPort(0x3b0 + offset),
      (offset, value) => this.writePort(0x3b0 + offset, value),
    );
    this.memory = byteBlock(
      (offset) => this.readMemory(offset),
      (offset, value) => this.writeMemory(offset, value),
    );
  }

  /** Grows whenever the picture may have changed; for displays, not part of the state. */
  get changes(): number {
    return this.changeCount;
  }

  /** Memory keeps what it holds, the font among it. */
  reset(): void {
    const { memory } = this.state;
    this.state = { ...powerOn(), memory };
    this.changeCount++;
  }

  save(): DeviceState {
    return saveFields(VERSION, this.state);
  }

  load(state: DeviceState): void {
    this.state = loadFields(this.name, state, VERSION, powerOn());
    this.changeCount++;
  }

  /** The text screen, or undefined in a graphics mode or before any mode is set. */
  screenText(): ScreenText | undefined {
    const { crtc, graphics, attribute, memory, misc } = this.state;
    if (graphics[GR6_MISC] & GR6_GRAPHICS || misc === 0) return undefined;
    const columns = crtc[0x01] + 1;
    const cellHeight = (crtc[0x09] & 0x1f) + 1;
    const lines = (crtc[0x12] | ((crtc[0x07] & 0x02) << 7) | ((crtc[0x07] & 0x40) << 3)) + 1;
    const rows = Math.floor(lines / (crtc[0x09] & 0x80 ? 2 * cellHeight : cellHeight));
    const start = (crtc[0x0c] << 8) | crtc[0x0d];
    const pitch = crtc[0x13] * 2;
    const characters = new Uint8Array(columns * rows);
    const attributes = new Uint8Array(columns * rows);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const cell = ((start + row * pitch + column) & 0xffff) * 4;
        characters[row * columns + column] = memory[cell];
        attributes[row * columns + column] = memory[cell + 1];
      }
    }
    const position = (((crtc[0x0e] << 8) | crtc[0x0f]) - start) & 0xffff;
    const row = pitch > 0 ? Math.floor(position / pitch) : 0;
    const column = position - row * pitch;
    const shown = !(crtc[0x0a] & 0x20) && row < rows && column < columns;
    const cursor = shown ? { column, row, firstLine: crtc[0x0a] & 0x1f, lastLine: crtc[0x0b] & 0x1f } : undefined;
    return { columns, rows, characters, attributes, cursor, cellHeight, blinking: (attribute[MODE_CONTROL] & 0x08) !== 0 };
  }

  /** What a graphics mode shows; undefined in text modes. */
  picture(): Picture | undefined {
    const graphics = this.state.graphics[GR6_MISC] & GR6_GRAPHICS && this.state.misc !== 0;
    return graphics ? drawGraphics(this.state, this.colours()) : undefined;
  }

  /** 256 characters of 32 rows, one byte each, bit 7 leftmost: font B (attribute bit 3 clear) or font A of the two selected. */
  font(which: 'A' | 'B'): Uint8Array {
    const select = this.state.sequencer[SR3_FONT];
    const code = which === 'A' ? ((select >>> 2) & 3) | ((select >>> 3) & 4) : (select & 3) | ((select >>> 2) & 4);
    // Fonts 0-3 lie 16 KiB apart, fonts 4-7 8 KiB behind them.
    const base = (code & 3) * 0x4000 + (code >>> 2) * 0x2000;
    return Uint8Array.from({ length: 0x2000 }, (_, index) => this.state.memory[(base + index) * 4 + 2]);
  }

  /** Red, green and blue (0-63) of each of the 16 attribute colours. */
  colours(): Uint8Array {
    const { attribute, palette, pelMask } = this.state;
    const colours = new Uint8Array(48);
    for (let index = 0; index < 16; index++) {
      let entry = attribute[index] | ((attribute[0x14] & 0x0c) << 4);
      // P54S takes bits 4 and 5 from the colour select register, too.
      if (attribute[MODE_CONTROL] & 0x80) entry = (entry & 0xcf) | ((attribute[0x14] & 0x03) << 4);
      entry &= pelMask;
      colours.set(palette.subarray(entry * 3, entry * 3 + 3), index * 3);
    }
    return colours;
  }

  /** 3B4h, 3B5h, 3BAh are there in monochrome, 3D4h, 3D5h, 3DAh in colour. */
  private decoded(port: number): boolean {
    if (port >= 0x3c0 && port < 0x3d0) return true;
    return port >= 0x3d0 === ((this.state.misc & MISC_COLOUR) !== 0);
  }

  private readPort(port: number): number {
    const s = this.state;
    if (!this.decoded(port)) return 0xff;
    switch (port) {
      case 0x3c0:
        return s.attributeData ? 0 : s.attributeIndex;
      case 0x3c1:
        return s.attribute[s.attributeIndex & ATTRIBUTE_INDEX] ?? 0;
      case 0x3c2:
        return 0;
      case 0x3c4:
        return s.sequencerIndex;
      case 0x3c5:
        return s.sequencer[s.sequencerIndex];
      case 0x3c6:
        return s.pelMask;
      case 0x3c7:
        return s.dacReading ? 3 : 0;
      case 0x3c8:
        return s.dacWriteIndex;
      case 0x3c9:
        return this.readDac();
      case 0x3ca:
        return s.feature;
      case 0x3cc:
        return s.misc;
      case 0x3ce:
        return s.graphicsIndex;
      case 0x3cf:
        return s.graphics[s.graphicsIndex];
      case 0x3b4:
      case 0x3d4:
        return s.crtcIndex;
      case 0x3b5:
      case 0x3d5:
        return s.crtc[s.crtcIndex] ?? 0;
      case 0x3ba:
      case 0x3da:
        s.attributeData = false;
        return this.inputStatus1();
      default:
        return 0xff;
    }
  }

  private writePort(port: number, value: number): void {
    const s = this.state;
    if (!this.decoded(port)) return;
    this.changeCount++;
    switch (port) {
      case 0x3c0:
        if (s.attributeData) {
          const index = s.attributeIndex & ATTRIBUTE_INDEX;
          if (index < ATTRIBUTE_BITS.length) s.attribute[index] = value & ATTRIBUTE_BITS[index];
        } else {
          s.attributeIndex = value & 0x3f;
        }
        s.attributeData = !s.attributeData;
        break;
      case 0x3c2:
        s.misc = value & ~0x10;
        break;
      case 0x3c4:
        s.sequencerIndex = value & 7;
        break;
      case 0x3c5:
        s.sequencer[s.sequencerIndex] = value & SEQUENCER_BITS[s.sequencerIndex];
        break;
      case 0x3c6:
        s.pelMask = value;
        break;
      case 0x3c7:
        s.dacReadIndex = value;
        s.dacComponent = 0;
        s.dacReading = true;
        break;
      case 0x3c8:
        s.dacWriteIndex = value;
        s.dacComponent = 0;
        s.dacReading = false;
        break;
      case 0x3c9:
        this.writeDac(value);
        break;
      case 0x3ce:
        s.graphicsIndex = value & 0x0f;
        break;
      case 0x3cf:
        s.graphics[s.graphicsIndex] = value & GRAPHICS_BITS[s.graphicsIndex];
        break;
      case 0x3b4:
      case 0x3d4:
        s.crtcIndex = value;
        break;
      case 0x3b5:
      case 0x3d5:
        this.writeCrtc(value);
        break;
      case 0x3ba:
      case 0x3da:
        s.feature = value & 0x08;
        break;
      default:
        break;
    }
  }

  private writeCrtc(value: number): void {
    const { crtc, crtcIndex } = this.state;
    if (crtcIndex >= CRTC_REGISTERS) return;
    // Registers 0-7 can be protected, but for the line compare bit in register 7.
    if (crtc[0x11] & CR11_PROTECT && crtcIndex <= 7) {
      if (crtcIndex === 7) crtc[7] = (crtc[7] & ~0x10) | (value & 0x10);
      return;
    }
    crtc[crtcIndex] = value;
  }

  private readDac(): number {
    const s = this.state;
    const value = s.palette[s.dacReadIndex * 3 + s.dacComponent];
    if (++s.dacComponent === 3) {
      s.dacComponent = 0;
      s.dacReadIndex = (s.dacReadIndex + 1) & 0xff;
    }
    return value;
  }

  private writeDac(value: number): void {
    const s = this.state;
    s.dacEntry[s.dacComponent] = value & 0x3f;
    if (++s.dacComponent === 3) {
      s.palette.set(s.dacEntry, s.dacWriteIndex * 3);
      s.dacComponent = 0;
      s.dacWriteIndex = (s.dacWriteIndex + 1) & 0xff;
    }
  }

  private inputStatus1(): number {
    const time = this.clock.now() % (LINES * LINE_NS);
    const line = Math.floor(time / LINE_NS);
    const blank = line >= SHOWN_LINES || time % LINE_NS >= SHOWN_NS;
    const retrace = line >= RETRACE_LINE && line < RETRACE_LINE + RETRACE_LINES;
    return (blank ? STATUS1_BLANK : 0) | (retrace ? STATUS1_RETRACE : 0);
  }

  /** Where an offset from A0000h lies in the window that GR6 opens, or -1 outside of it. */
  private windowOffset(offset: number): number {
    switch ((this.state.graphics[GR6_MISC] >>> 2) & 3) {
      case 0:
        return offset < 0x20000 ? offset : -1;
      case 1:
        return offset < 0x10000 ? offset : -1;
      case 2:
        return offset >= 0x10000 && offset < 0x18000 ? offset - 0x10000 : -1;
      default:
        return offset >= 0x18000 && offset < 0x20000 ? offset - 0x18000 : -1;
    }
  }

  private readMemory(offset: number): number {
    const s = this.state;
    const at = this.windowOffset(offset);
    if (at < 0) return 0xff;
    if (s.sequencer[SR4_MEMORY_MODE] & SR4_CHAIN4) return s.memory[at];
    if (s.graphics[GR5_MODE] & GR5_ODD_EVEN) return s.memory[this.oddEven(at)];
    const cell = (at & 0xffff) * 4;
    s.latch.set(s.memory.subarray(cell, cell + 4));
    if (!(s.graphics[GR5_MODE] & GR5_READ_COMPARE)) return s.latch[s.graphics[4]];
    // Read mode 1: a bit is one where all the planes that matter show the colour asked for.
    let equal = 0xff;
    for (let plane = 0; plane < 4; plane++) {
      if (!(s.graphics[7] & (1 << plane))) continue;
      equal &= s.graphics[2] & (1 << plane) ? s.latch[plane] : ~s.latch[plane];
    }
    return equal & 0xff;
  }

  private writeMemory(offset: number, value: number): void {
    const s = this.state;
    const at = this.windowOffset(offset);
    if (at < 0) return;
    this.changeCount++;
    const mapMask = s.sequencer[SR2_MAP_MASK];
    if (s.sequencer[SR4_MEMORY_MODE] & SR4_CHAIN4) {
      if (mapMask & (1 << (at & 3))) s.memory[at] = value;
    } else if (s.graphics[GR5_MODE] & GR5_ODD_EVEN) {
      const index = this.oddEven(at);
      if (mapMask & (1 << (index & 3))) s.memory[index] = value;
    } else {
      this.writePlanes((at & 0xffff) * 4, value, mapMask);
    }
  }

  /** Even addresses are plane 0 or 2, odd ones 1 or 3, two addresses to a cell. */
  private oddEven(at: number): number {
    return (((at & 0x1fffe) << 1) | (this.state.graphics[4] & 2) | (at & 1)) & (MEMORY - 1);
  }

  private writePlanes(cell: number, value: number, mapMask: number): void {
    const { graphics, latch, memory } = this.state;
    const mode = graphics[GR5_MODE] & 3;
    const rotation = graphics[3] & 7;
    const rotated = ((value >>> rotation) | (value << (8 - rotation))) & 0xff;
    let bitMask = graphics[8];
    // Write mode 3: the data is one more bit mask, set/reset the colour.
    if (mode === 3) bitMask &= rotated;
    for (let plane = 0; plane < 4; plane++) {
      const bit = 1 << plane;
      if (!(mapMask & bit)) continue;
      if (mode === 1) {
        memory[cell + plane] = latch[plane];
        continue;
      }
      let data = rotated;
      if (mode === 2) data = value & bit ? 0xff : 0;
      else if (mode === 3 || graphics[1] & bit) data = graphics[0] & bit ? 0xff : 0;
      switch ((graphics[3] >>> 3) & 3) {
        case 1:
          data &= latch[plane];
          break;
        case 2:
          data |= latch[plane];
          break;
        case 3:
          data ^= latch[plane];
          break;
        default:
          break;
      }
      memory[cell + plane] = (data & bitMask) | (latch[plane] & ~bitMask);
    }
  }
}
