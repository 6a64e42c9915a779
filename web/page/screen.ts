// SPDX-License-Identifier: MIT
/**
 * @fileoverview The machine's display: VGA text and graphics on a canvas, and the PC's keyboard and mouse while it has the focus.
 *
 * Text is drawn with the page's own font: our firmware loads none into the VGA. Characters are those of code page 437, which PCs have in their
 * ROM. The same text is in the document for screen readers and for copying.
 *
 * Keyboards on touch screens belong to a text field and send no keys but changes of its text. So a touch of the display gives the focus to a
 * field that nobody sees, and what changes in it is typed on the PC's keyboard: the field always holds the same blanks, lest there be
 * nothing to delete; what a suggestion replaces is deleted by Backspace and typed anew.
 */
import type { ScreenText } from '../../emulator/device/vga.ts';
import type { Screen } from '../worker/messages.ts';
import { element, toast } from './dom.ts';
import { KEYS, type Stroke, strokeOf } from './keys.ts';

/** Code page 437, 00h-1Fh and 7Fh-FFh as displays draw them. */
const LOW = ' ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼';
const HIGH =
  '⌂ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ ';
const CELL_WIDTH = 9;
const CELL_HEIGHT = 16;
const FONT = '14px "DejaVu Sans Mono", "Cascadia Mono", Menlo, Consolas, monospace';

const BLANKS = ' '.repeat(16);

export interface DisplayEvents {
  key(code: number, pressed: boolean): void;
  strokes(strokes: readonly Stroke[]): void;
  mouse(dx: number, dy: number, wheel: number, buttons: number): void;
}

export class Display {
  readonly #canvas = element<HTMLCanvasElement>('canvas');
  readonly #text = element('screen-text');
  readonly #field = element<HTMLTextAreaElement>('screen-keys');
  readonly #events: DisplayEvents;
  readonly #pressed = new Set<number>();
  /** The last pointer was a finger or a pen: the mouse that browsers make of it is none. */
  #touched = false;
  /** What the field held when it was looked at last. */
  #typed = BLANKS;

  constructor(events: DisplayEvents) {
    this.#events = events;
    this.#canvas.tabIndex = 0;
    this.#listen();
    this.#listenToTouch();
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

  /** Types a text on the PC's keyboard. */
  type(text: string): void {
    const missing = new Set<string>();
    const strokes: Stroke[] = [];
    for (const character of text.replaceAll(/\r\n?/g, '\n')) {
      const stroke = strokeOf(character);
      if (stroke) strokes.push(stroke);
      else missing.add(character);
    }
    this.#events.strokes(strokes);
    if (missing.size > 0) toast(`The PC keyboard has no key for ${[...missing].join(' ')}`);
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
    canvas.onblur = () => this.#releaseAll();
    const held = (): boolean => document.pointerLockElement === canvas;
    canvas.onmousedown = (event) => {
      // Or the canvas would take the focus.
      if (this.#touched) event.preventDefault();
      else if (held()) this.#events.mouse(0, 0, 0, buttonsOf(event));
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

  #listenToTouch(): void {
    const field = this.#field;
    this.#canvas.onpointerdown = ({ pointerType }) => {
      this.#touched = pointerType !== 'mouse';
    };
    // Browsers raise their keyboards only while they tell of a touch.
    this.#canvas.onclick = () => {
      if (this.#touched) field.focus({ preventScroll: true });
    };
    field.onfocus = () => this.#resetField();
    field.oninput = (event) => {
      this.#typeChange();
      // A word under way is the keyboard's until it is done with it.
      if (!(event as InputEvent).isComposing) this.#resetField();
    };
    field.addEventListener('compositionend', () => this.#resetField());
    // Keys without characters come as keys from some keyboards; characters always as changes, whatever these keyboards say of Shift.
    const isKey = ({ key, ctrlKey, altKey }: KeyboardEvent): boolean => ctrlKey || altKey || ([...key].length > 1 && key in KEYS);
    field.onkeydown = (event) => {
      if (isKey(event)) this.#key(event, true);
    };
    field.onkeyup = (event) => this.#key(event, false);
    field.onblur = () => this.#releaseAll();
  }
  #typeChange(): void {
    const { value } = this.#field;
    let same = 0;
    while (same < value.length && value[same] === this.#typed[same]) same++;
    this.type('\b'.repeat(this.#typed.length - same) + value.slice(same));
    this.#typed = value;
  }
  #resetField(): void {
    this.#typed = this.#field.value = BLANKS;
    this.#field.setSelectionRange(BLANKS.length, BLANKS.length);
  }
  #releaseAll(): void {
    for (const code of this.#pressed) this.#events.key(code, false);
    this.#pressed.clear();
  }

  #key(event: KeyboardEvent, pressed: boolean): void {
    // The way out, for the keyboard and for the mouse.
    if (event.ctrlKey && event.altKey && (event.code === 'AltLeft' || event.code === 'ControlLeft')) {
      document.exitPointerLock();
      element('screen-tab').focus();
      return;
    }
    const code = KEYS[event.code];
    if (code === undefined || (!pressed && !this.#pressed.has(code))) return;
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
