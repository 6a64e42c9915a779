// SPDX-License-Identifier: MIT
/**
 * @fileoverview From a PC keyboard's scan codes (set 1, as the 8042 translates them) to the bytes that a terminal sends: US layout.
 *
 * Shift, Control, Alt and the two locks are states; Alt puts an ESC before the character. Keys without a character send the sequences of xterm.
 * Ctrl-Alt-Del is told apart ({@link Keyboard.resetWanted}).
 */

const PLAIN: string = "\0\x1b1234567890-=\x7f\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
const SHIFTED: string = '\0\x1b!@#$%^&*()_+\x7f\tQWERTYUIOP{}\r\0ASDFGHJKL:"~\0|ZXCVBNM<>?\0*\0 ';
/** The keypad from 47h on, with Num Lock. */
const KEYPAD: string = '789-456+1230.';

const CONTROL: u32 = 0x1d;
const LEFT_SHIFT: u32 = 0x2a;
const RIGHT_SHIFT: u32 = 0x36;
const ALT: u32 = 0x38;
const CAPS_LOCK: u32 = 0x3a;
const NUM_LOCK: u32 = 0x45;
const DELETE: u32 = 0x53;
const RELEASED: u32 = 0x80;
const EXTENDED: u32 = 0xe0;
/** Pause sends E1 and two codes. */
const PAUSE: u32 = 0xe1;

export abstract class Keyboard {
  private shift: i32 = 0;
  private ctrl: bool = false;
  private alt: bool = false;
  private caps: bool = false;
  private num: bool = true;
  private extended: bool = false;
  private skipped: i32 = 0;

  abstract typed(byte: u32): void;
  abstract resetWanted(): void;

  /** A byte from the keyboard. */
  code(byte: u32): void {
    if (this.skipped) {
      this.skipped--;
      return;
    }
    if (byte == EXTENDED || byte == PAUSE) {
      this.extended = byte == EXTENDED;
      this.skipped = byte == PAUSE ? 2 : 0;
      return;
    }
    const extended = this.extended;
    this.extended = false;
    const key = byte & ~RELEASED;
    const pressed = !(byte & RELEASED);
    if (this.modifier(key, pressed, extended) || !pressed) return;
    if (key == DELETE && this.ctrl && this.alt) this.resetWanted();
    else if (extended) this.special(key);
    else if (key >= 0x47 && key <= DELETE) {
      if (this.num) this.character(<u32>KEYPAD.charCodeAt(key - 0x47));
      else this.special(key);
    } else if (key >= 0x3b && key <= 0x44) this.functionKey(key - 0x3a);
    else if (key == 0x57 || key == 0x58) this.functionKey(key - 0x4c);
    else this.letter(key);
  }

  private modifier(key: u32, pressed: bool, extended: bool): bool {
    if (key == LEFT_SHIFT || key == RIGHT_SHIFT) {
      // Extended ones are the keyboard's own doing.
      const bit = key == LEFT_SHIFT ? 1 : 2;
      if (!extended) this.shift = pressed ? this.shift | bit : this.shift & ~bit;
    } else if (key == CONTROL) this.ctrl = pressed;
    else if (key == ALT) this.alt = pressed;
    else if (key == CAPS_LOCK) this.caps = pressed ? !this.caps : this.caps;
    else if (key == NUM_LOCK) this.num = pressed ? !this.num : this.num;
    else return false;
    return true;
  }

  private letter(key: u32): void {
    if (key >= <u32>PLAIN.length) return;
    let byte = <u32>PLAIN.charCodeAt(key);
    const isLetter = byte >= 0x61 && byte <= 0x7a;
    if ((this.shift != 0) != (isLetter && this.caps)) byte = <u32>SHIFTED.charCodeAt(key);
    if (!byte) return;
    if (this.ctrl) {
      if (byte >= 0x40 && byte < 0x7f) byte &= 0x1f;
      else if (byte == 0x20 || byte == 0x32) byte = 0;
      else if (byte == 0x2f || byte == 0x2d) byte = 0x1f;
    }
    this.character(byte);
  }

  private character(byte: u32): void {
    if (this.alt) this.typed(0x1b);
    this.typed(byte);
  }

  private send(text: string): void {
    this.typed(0x1b);
    for (let i = 0; i < text.length; i++) this.typed(<u32>text.charCodeAt(i));
  }

  private special(key: u32): void {
    if (key == 0x48) this.send('[A');
    else if (key == 0x50) this.send('[B');
    else if (key == 0x4d) this.send('[C');
    else if (key == 0x4b) this.send('[D');
    else if (key == 0x47) this.send('[H');
    else if (key == 0x4f) this.send('[F');
    else if (key == 0x52) this.send('[2~');
    else if (key == DELETE) this.send('[3~');
    else if (key == 0x49) this.send('[5~');
    else if (key == 0x51) this.send('[6~');
    // Enter and / of the keypad.
    else if (key == 0x1c) this.character(0x0d);
    else if (key == 0x35) this.character(0x2f);
  }

  private functionKey(number: u32): void {
    this.send(FUNCTIONS[number - 1]);
  }
}

const FUNCTIONS: StaticArray<string> = ['OP', 'OQ', 'OR', 'OS', '[15~', '[17~', '[18~', '[19~', '[20~', '[21~', '[23~', '[24~'];
