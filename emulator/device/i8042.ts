// SPDX-License-Identifier: MIT
/**
 * @fileoverview The 8042 keyboard controller of a PC (IBM PS/2 Technical Reference, keyboard and auxiliary device controller) with a
 * keyboard and a mouse attached, ports 60h and 64h, IRQ 1 and 12.
 *
 * One output buffer holds the next byte for the CPU and says whose it is; whoever has bytes waits until it is empty: the controller's own
 * answers first, then the keyboard, then the mouse. So what status said stays true until the byte is read. Reading lowers the
 * interrupt line; the next byte raises it again.
 *
 * With translation on (command byte, bit 6) the keyboard's set 2 codes become set 1: F0h vanishes and sets bit 7 of what follows.
 *
 * The output port drives A20 (bit 1) and reset (bit 0, low), as do commands DDh, DFh and FEh.
 */
import { byteBlock } from '../bus/byteBlock.ts';
import type { Clock, Device, DeviceState, IrqLine, RegisterBlock } from '../bus/device.ts';
import { loadFields, saveFields } from '../bus/state.ts';
import { keyboardPowerOn, Ps2Keyboard } from './ps2Keyboard.ts';
import { mousePowerOn, Ps2Mouse } from './ps2Mouse.ts';
import { translateSet2 } from './scanCodes.ts';

const VERSION = 1;

const STATUS_OBF = 0x01;
const STATUS_SYSTEM = 0x04;
const STATUS_COMMAND = 0x08;
const STATUS_UNLOCKED = 0x10;
const STATUS_AUX = 0x20;

const MODE_KEYBOARD_IRQ = 0x01;
const MODE_MOUSE_IRQ = 0x02;
const MODE_SYSTEM = 0x04;
const MODE_KEYBOARD_OFF = 0x10;
const MODE_MOUSE_OFF = 0x20;
const MODE_TRANSLATE = 0x40;

const READ_MODE = 0x20;
const WRITE_MODE = 0x60;
const MOUSE_DISABLE = 0xa7;
const MOUSE_ENABLE = 0xa8;
const MOUSE_TEST = 0xa9;
const SELF_TEST = 0xaa;
const KEYBOARD_TEST = 0xab;
const KEYBOARD_DISABLE = 0xad;
const KEYBOARD_ENABLE = 0xae;
const READ_INPUT_PORT = 0xc0;
const READ_OUTPUT_PORT = 0xd0;
const WRITE_OUTPUT_PORT = 0xd1;
const WRITE_KEYBOARD_BUFFER = 0xd2;
const WRITE_MOUSE_BUFFER = 0xd3;
const WRITE_MOUSE = 0xd4;
const A20_OFF = 0xdd;
const A20_ON = 0xdf;
/** F0h to FFh pulse the output port's bits that are zero here; bit 0 is reset. */
const PULSE = 0xf0;

const OUTPUT_RESET = 0x01;
const OUTPUT_A20 = 0x02;
const OUTPUT_KEYBOARD_IRQ = 0x10;
const OUTPUT_MOUSE_IRQ = 0x20;
/** The lines QEMU shows as ones. */
const OUTPUT_ONES = 0xcc;

/** Marks a byte as the mouse's, in the output buffer and in the controller's queue. */
const AUX = 0x100;

function powerOn() {
  return {
    mode: MODE_KEYBOARD_IRQ | MODE_MOUSE_IRQ,
    /** The system flag: the self-test has passed, or the command byte said so. */
    system: false,
    /** The last write was to port 64h. */
    lastWasCommand: true,
    /** A command that waits for its parameter at port 60h; 0 for none. */
    command: 0,
    outputPort: OUTPUT_RESET | OUTPUT_A20 | OUTPUT_ONES,
    /** The byte for the CPU, plus AUX; null when empty. */
    output: null as number | null,
    lastRead: 0,
    /** The controller's own bytes that wait, plus AUX. */
    answers: [] as number[],
    /** Translation has swallowed F0h. */
    released: false,
  };
}

export class I8042 implements Device {
  readonly name = 'i8042';
  /** Port 60h. */
  readonly data: RegisterBlock;
  /** Port 64h. */
  readonly command: RegisterBlock;
  private readonly irq1: IrqLine;
  private readonly irq12: IrqLine;
  private readonly setA20: (open: boolean) => void;
  private readonly requestReset: () => void;
  private readonly keyboard: Ps2Keyboard;
  private readonly mouse: Ps2Mouse;
  private state = powerOn();

  /** `requestReset` is RESET# for the whole machine; `setA20` opens or closes the gate, whose state the receiver keeps. */
  constructor(clock: Clock, irq1: IrqLine, irq12: IrqLine, requestReset: () => void, setA20: (open: boolean) => void) {
    this.irq1 = irq1;
    this.irq12 = irq12;
    this.requestReset = requestReset;
    this.setA20 = setA20;
    this.keyboard = new Ps2Keyboard(clock, () => this.fill());
    this.mouse = new Ps2Mouse(() => this.fill());
    this.data = byteBlock(
      (offset) => (offset === 0 ? this.readData() : 0xff),
      (offset, value) => {
        if (offset === 0) this.writeData(value);
      },
    );
    this.command = byteBlock(
      (offset) => (offset === 0 ? this.status() : 0xff),
      (offset, value) => {
        if (offset === 0) this.writeCommand(value);
      },
    );
  }

  /** A key by its set 1 make code, E000h + code for extended keys, E11Dh for Pause. The keyboard repeats it by itself. */
  keyEvent(code: number, pressed: boolean): void {
    this.keyboard.keyEvent(code, pressed);
  }

  /** The guest has read every byte that keys have sent so far. */
  get allKeysTaken(): boolean {
    return this.keyboard.state.queue.length === 0;
  }

  /** Movement right and down, wheel steps towards the user, and the buttons held: left 1, right 2, middle 4, side 8, extra 16. */
  mouseEvent(dx: number, dy: number, wheel: number, buttons: number): void {
    this.mouse.mouseEvent(dx, dy, wheel, buttons);
  }

  reset(): void {
    this.state = powerOn();
    this.keyboard.reset();
    this.mouse.reset();
    this.setA20(true);
    this.updateIrq();
  }

  save(): DeviceState {
    return saveFields(VERSION, { ...this.state, keyboard: this.keyboard.state, mouse: this.mouse.state });
  }

  load(state: DeviceState): void {
    const shape = { ...powerOn(), keyboard: keyboardPowerOn(), mouse: mousePowerOn() };
    const { keyboard, mouse, ...own } = loadFields(this.name, state, VERSION, shape);
    this.state = own;
    this.keyboard.state = keyboard;
    this.mouse.state = mouse;
    this.keyboard.loaded();
    this.updateIrq();
  }

  private status(): number {
    const s = this.state;
    let status = STATUS_UNLOCKED;
    if (s.output !== null) status |= STATUS_OBF | (s.output & AUX ? STATUS_AUX : 0);
    if (s.system) status |= STATUS_SYSTEM;
    if (s.lastWasCommand) status |= STATUS_COMMAND;
    return status;
  }

  private readData(): number {
    const s = this.state;
    if (s.output === null) return s.lastRead;
    s.lastRead = s.output & 0xff;
    s.output = null;
    this.updateIrq();
    this.fill();
    return s.lastRead;
  }

  private writeData(value: number): void {
    const s = this.state;
    s.lastWasCommand = false;
    const { command } = s;
    s.command = 0;
    switch (command) {
      case WRITE_MODE:
        s.mode = value;
        s.system = (value & MODE_SYSTEM) !== 0;
        break;
      case WRITE_OUTPUT_PORT:
        this.writeOutputPort(value);
        break;
      case WRITE_KEYBOARD_BUFFER:
        s.answers.push(value);
        break;
      case WRITE_MOUSE_BUFFER:
        s.answers.push(value | AUX);
        break;
      case WRITE_MOUSE:
        // Talking to a device opens its interface.
        s.mode &= ~MODE_MOUSE_OFF;
        this.mouse.write(value);
        break;
      default:
        s.mode &= ~MODE_KEYBOARD_OFF;
        this.keyboard.write(value);
    }
    this.updateIrq();
    this.fill();
  }

  private writeCommand(value: number): void {
    const s = this.state;
    s.lastWasCommand = true;
    s.command = 0;
    if (value >= PULSE) {
      if (!(value & OUTPUT_RESET)) this.requestReset();
      return;
    }
    switch (value) {
      case READ_MODE:
        s.answers.push(s.mode);
        break;
      case WRITE_MODE:
      case WRITE_OUTPUT_PORT:
      case WRITE_KEYBOARD_BUFFER:
      case WRITE_MOUSE_BUFFER:
      case WRITE_MOUSE:
        s.command = value;
        break;
      case MOUSE_DISABLE:
        s.mode |= MODE_MOUSE_OFF;
        break;
      case MOUSE_ENABLE:
        s.mode &= ~MODE_MOUSE_OFF;
        break;
      case KEYBOARD_DISABLE:
        s.mode |= MODE_KEYBOARD_OFF;
        break;
      case KEYBOARD_ENABLE:
        s.mode &= ~MODE_KEYBOARD_OFF;
        break;
      case SELF_TEST:
        s.system = true;
        s.answers.push(0x55);
        break;
      case MOUSE_TEST:
      case KEYBOARD_TEST:
        s.answers.push(0x00);
        break;
      case READ_INPUT_PORT:
        s.answers.push(0x80);
        break;
      case READ_OUTPUT_PORT:
        s.answers.push(this.outputPort());
        break;
      case A20_OFF:
      case A20_ON:
        this.driveA20(value === A20_ON);
        break;
      default:
        break;
    }
    this.updateIrq();
    this.fill();
  }

  private outputPort(): number {
    const { output, outputPort } = this.state;
    if (output === null) return outputPort;
    return outputPort | (output & AUX ? OUTPUT_MOUSE_IRQ : OUTPUT_KEYBOARD_IRQ);
  }

  private writeOutputPort(value: number): void {
    this.state.outputPort = value & ~(OUTPUT_KEYBOARD_IRQ | OUTPUT_MOUSE_IRQ);
    this.setA20((value & OUTPUT_A20) !== 0);
    if (!(value & OUTPUT_RESET)) this.requestReset();
  }

  private driveA20(open: boolean): void {
    const s = this.state;
    s.outputPort = open ? s.outputPort | OUTPUT_A20 : s.outputPort & ~OUTPUT_A20;
    this.setA20(open);
  }

  /** Moves the next waiting byte into the empty output buffer. */
  private fill(): void {
    const s = this.state;
    if (s.output !== null) return;
    const answer = s.answers.shift();
    if (answer !== undefined) s.output = answer;
    if (s.output === null && !(s.mode & MODE_KEYBOARD_OFF)) s.output = this.fromKeyboard();
    if (s.output === null && !(s.mode & MODE_MOUSE_OFF)) {
      const byte = this.mouse.take();
      if (byte !== undefined) s.output = byte | AUX;
    }
    this.updateIrq();
  }

  private fromKeyboard(): number | null {
    const s = this.state;
    for (;;) {
      const byte = this.keyboard.take();
      if (byte === undefined) return null;
      if (!(s.mode & MODE_TRANSLATE)) return byte;
      if (byte === 0xf0) {
        s.released = true;
        continue;
      }
      const translated = translateSet2(byte) | (s.released ? 0x80 : 0);
      s.released = false;
      return translated;
    }
  }

  private updateIrq(): void {
    const { output, mode } = this.state;
    const full = output !== null;
    const aux = full && (output & AUX) !== 0;
    this.irq1.set(full && !aux && (mode & MODE_KEYBOARD_IRQ) !== 0);
    this.irq12.set(aux && (mode & MODE_MOUSE_IRQ) !== 0);
  }
}
