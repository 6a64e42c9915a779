// SPDX-License-Identifier: MIT
/**
 * @fileoverview The text console: a VGA in text mode (IBM VGA Technical Reference, mode 3) as a terminal's screen, with the PS/2 keyboard (8042) as
 * its other half. /dev/vt/0 always; /dev/console if the kernel is started with `console=text`, when the kernel's own messages are shown there, too.
 *
 * Firmware has set the mode; cells lie at B8000h. The cursor is the hardware's. Keys come by interrupt on line 1.
 */
import { inb, outb } from 'machine/cpu';
import { messageByte, messageLength, setMirror } from 'runtime/console';
import { makeDevice } from '../fs/dev/device';
import { addDevice } from '../fs/dev/devices';
import { setInterrupt } from '../kernel/trap';
import { reset } from './acpi';
import { Keyboard } from './scanCodes';
import { COLUMNS, ROWS, Screen } from './screen';
import { Terminal } from './terminal';

const MAJOR: u32 = 15;
const CELLS: usize = 0xb8000;
const CRTC: u32 = 0x3d4;
const CURSOR_START: u32 = 0x0a;
const CURSOR_HIGH: u32 = 0x0e;
const CURSOR_LOW: u32 = 0x0f;
const CURSOR_OFF: u32 = 0x20;
const KEYBOARD_DATA: u32 = 0x60;
const KEYBOARD_STATUS: u32 = 0x64;
const KEYBOARD_LINE: u32 = 1;
const OUTPUT_FULL: u32 = 1;
/** The byte is the mouse's. */
const FROM_MOUSE: u32 = 0x20;

class VgaScreen extends Screen {
  terminal: VgaTerminal | null = null;
  private place: i32 = -1;

  constructor() {
    super(CELLS);
  }
  reply(byte: u32): void {
    const terminal = this.terminal;
    if (terminal) terminal.line.input(byte);
  }
  bell(): void {}

  /** Puts the hardware's cursor where the screen's is. */
  showCursor(): void {
    const place = this.cursorShown ? this.row * COLUMNS + this.column : -1;
    if (place == this.place) return;
    this.place = place;
    outb(CRTC, CURSOR_START);
    outb(CRTC + 1, place < 0 ? CURSOR_OFF : 0x0d);
    if (place < 0) return;
    outb(CRTC, CURSOR_HIGH);
    outb(CRTC + 1, <u32>place >> 8);
    outb(CRTC, CURSOR_LOW);
    outb(CRTC + 1, <u32>place & 0xff);
  }
}

class PcKeyboard extends Keyboard {
  terminal: VgaTerminal | null = null;
  typed(byte: u32): void {
    const terminal = this.terminal;
    if (terminal) terminal.line.input(byte);
  }
  resetWanted(): void {
    reset();
  }
}

export class VgaTerminal extends Terminal {
  readonly screen: VgaScreen = new VgaScreen();
  private readonly keyboard: PcKeyboard = new PcKeyboard();

  constructor() {
    super(makeDevice(MAJOR, 0));
    this.screen.terminal = this;
    this.keyboard.terminal = this;
    this.setSize(ROWS, COLUMNS);
  }

  transmit(): void {
    const line = this.line;
    while (line.canSend) {
      this.screen.put(line.nextOutput);
      line.sentOne();
    }
    this.screen.showCursor();
  }

  /** The kernel's own messages. */
  message(byte: u32): void {
    if (byte == 0x0a) this.screen.put(0x0d);
    this.screen.put(byte);
    this.screen.showCursor();
  }

  start(): void {
    this.screen.clear();
    this.screen.showCursor();
    setInterrupt(KEYBOARD_LINE, (inUser) => first!.keysArrived());
  }

  keysArrived(): void {
    let status = inb(KEYBOARD_STATUS);
    while (status & OUTPUT_FULL) {
      const byte = inb(KEYBOARD_DATA);
      if (!(status & FROM_MOUSE)) this.keyboard.code(byte);
      status = inb(KEYBOARD_STATUS);
    }
  }
}

let first: VgaTerminal | null = null;

/** The screen as a terminal. `isConsole`: the kernel's messages are for it. */
export function attachVga(isConsole: bool): VgaTerminal {
  const terminal = new VgaTerminal();
  first = terminal;
  terminal.start();
  if (isConsole) {
    // What has been said before.
    for (let at: u32 = 0; at < messageLength(); at++) terminal.message(messageByte(at));
    setMirror((byte) => first!.message(byte));
  }
  addDevice('vt/0', 'pseudo/vc@0:0', terminal);
  return terminal;
}
