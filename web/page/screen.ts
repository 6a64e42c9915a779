// SPDX-License-Identifier: MIT
/**
 * @fileoverview The machine's display: VGA text and graphics on a canvas, and the PC's keyboard and mouse while it has the focus.
 *
 * Text is drawn with the page's own font: our firmware loads none into the VGA. Characters are those of code page 437, which PCs have in their
 * ROM. The same text is in the document for screen readers and for copying.
 */
import type { ScreenText } from '../../emulator/device/vga.ts';
import type { Screen } from '../worker/messages.ts';
import { element } from './dom.ts';

/** Code page 437, 00h-1Fh and 7Fh-FFh as displays draw them. */
const LOW = ' ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼';
const HIGH =
  '⌂ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ ';
const CELL_WIDTH = 9;
const CELL_HEIGHT = 16;
const FONT = '14px "DejaVu Sans Mono", "Cascadia Mono", Menlo, Consolas, monospace';

/** Set 1 make codes by the names that browsers give keys; E000h + code for extended keys. */
const KEYS: Record<string, number> = {
  ...row(0x01, 'Escape Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal Backspace Tab'),
  ...row(0x10, 'KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight Enter ControlLeft'),
  ...row(0x1e, 'KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backquote ShiftLeft Backslash'),
  ...row(0x2c, 'KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash ShiftRight NumpadMultiply AltLeft Space CapsLock'),
  ...row(
    0x3b,
    'F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 NumLock ScrollLock Numpad7 Numpad8 Numpad9 NumpadSubtract Numpad4 Numpad5 Numpad6',
  ),
  ...row(0x4e, 'NumpadAdd Numpad1 Numpad2 Numpad3 Numpad0 NumpadDecimal'),
  ...{ IntlBackslash: 0x56, F11: 0x57, F12: 0x58, NumpadEnter: 0xe01c, ControlRight: 0xe01d, NumpadDivide: 0xe035 },
  ...{ AltRight: 0xe038, Home: 0xe047, ArrowUp: 0xe048, PageUp: 0xe049, ArrowLeft: 0xe04b, ArrowRight: 0xe04d, End: 0xe04f },
  ...{ ArrowDown: 0xe050, PageDown: 0xe051, Insert: 0xe052, Delete: 0xe053, MetaLeft: 0xe05b, MetaRight: 0xe05c, Pause: 0xe11d },
};
function row(first: number, names: string): Record<string, number> {
  return Object.fromEntries(names.split(' ').map((name, index) => [name, first + index]));
}

export interface DisplayEvents {
  key(code: number, pressed: boolean): void;
  mouse(dx: number, dy: number, wheel: number, buttons: number): void;
}

export class Display {
  readonly #canvas = element<HTMLCanvasElement>('canvas');
  readonly #text = element('screen-text');
  readonly #events: DisplayEvents;
  readonly #pressed = new Set<number>();

  constructor(events: DisplayEvents) {
    this.#events = events;
    this.#canvas.tabIndex = 0;
    this.#listen();
  }

  show(screen: Screen): void {
    if (screen.kind === 'text') this.#drawText(screen.text, screen.colours);
    else if (screen.kind === 'picture') this.#drawPicture(screen.pixels, screen.width, screen.height);
    else this.clear();
  }
  clear(): void {
    this.#canvas.getContext('2d')!.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#text.textContent = '';
  }

  #drawPicture(pixels: Uint8ClampedArray<ArrayBuffer>, width: number, height: number): void {
    // Displays are 4:3 whatever the number of pixels.
    this.#resize(width, height, '4 / 3');
    this.#canvas.getContext('2d')!.putImageData(new ImageData(pixels, width, height), 0, 0);
    this.#text.textContent = 'A picture';
  }

  #drawText({ columns, rows, characters, attributes, cursor, blinking }: ScreenText, colours: Uint8Array): void {
    this.#resize(columns * CELL_WIDTH, rows * CELL_HEIGHT, '');
    const context = this.#canvas.getContext('2d')!;
    const css = Array.from({ length: 16 }, (_, n) => {
      const [red, green, blue] = colours.subarray(n * 3, n * 3 + 3).map((value) => (value << 2) | (value >>> 4));
      return `rgb(${red} ${green} ${blue})`;
    });
    context.font = FONT;
    context.textBaseline = 'middle';
    const lines: string[] = [];
    for (let y = 0; y < rows; y++) {
      let line = '';
      for (let x = 0; x < columns; x++) {
        const at = y * columns + x;
        const attribute = attributes[at];
        const character = glyph(characters[at]);
        line += character;
        context.fillStyle = css[(attribute >>> 4) & (blinking ? 7 : 15)];
        context.fillRect(x * CELL_WIDTH, y * CELL_HEIGHT, CELL_WIDTH, CELL_HEIGHT);
        if (character === ' ') continue;
        context.fillStyle = css[attribute & 15];
        context.fillText(character, x * CELL_WIDTH, y * CELL_HEIGHT + CELL_HEIGHT / 2 + 1, CELL_WIDTH);
      }
      lines.push(line.trimEnd());
    }
    if (cursor) {
      context.fillStyle = css[attributes[cursor.row * columns + cursor.column] & 15];
      context.fillRect(cursor.column * CELL_WIDTH, cursor.row * CELL_HEIGHT + CELL_HEIGHT - 3, CELL_WIDTH, 2);
    }
    const text = lines.join('\n').trimEnd();
    if (this.#text.textContent !== text) this.#text.textContent = text;
  }

  #resize(width: number, height: number, ratio: string): void {
    // Setting a size clears a canvas.
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    this.#canvas.style.aspectRatio = ratio;
    this.#canvas.style.width = ratio ? 'min(100%, 60rem)' : '';
  }

  #listen(): void {
    const canvas = this.#canvas;
    canvas.onkeydown = (event) => this.#key(event, true);
    canvas.onkeyup = (event) => this.#key(event, false);
    // Whatever is held when the focus goes would stay held.
    canvas.onblur = () => {
      for (const code of this.#pressed) this.#events.key(code, false);
      this.#pressed.clear();
    };
    const held = (): boolean => document.pointerLockElement === canvas;
    canvas.onmousedown = (event) => {
      if (held()) this.#events.mouse(0, 0, 0, buttonsOf(event));
      else if (document.activeElement === canvas) void Promise.resolve(canvas.requestPointerLock()).catch(() => {});
    };
    canvas.onmouseup = (event) => {
      if (held()) this.#events.mouse(0, 0, 0, buttonsOf(event));
    };
    canvas.onmousemove = (event) => {
      if (held()) this.#events.mouse(event.movementX, event.movementY, 0, buttonsOf(event));
    };
    canvas.onwheel = (event) => {
      if (!held()) return;
      event.preventDefault();
      this.#events.mouse(0, 0, Math.sign(event.deltaY), buttonsOf(event));
    };
    canvas.oncontextmenu = (event) => event.preventDefault();
  }

  #key(event: KeyboardEvent, pressed: boolean): void {
    // The way out, for the keyboard and for the mouse.
    if (event.ctrlKey && event.altKey && (event.code === 'AltLeft' || event.code === 'ControlLeft')) {
      document.exitPointerLock();
      element('screen-tab').focus();
      return;
    }
    const code = KEYS[event.code];
    if (code === undefined) return;
    event.preventDefault();
    // The machine's keyboard repeats by itself.
    if (event.repeat) return;
    if (pressed) this.#pressed.add(code);
    else this.#pressed.delete(code);
    this.#events.key(code, pressed);
  }
}

function glyph(code: number): string {
  if (code < 0x20) return LOW[code];
  return code < 0x7f ? String.fromCharCode(code) : HIGH[code - 0x7f];
}

/** Browsers' numbers of buttons are those of PS/2 mice. */
const buttonsOf = (event: MouseEvent): number => event.buttons & 0x1f;
