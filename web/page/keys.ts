// SPDX-License-Identifier: MIT
/**
 * @fileoverview Keys of the PC's keyboard: by the names that browsers give them, and by what they write on a US keyboard, which is
 * what guests assume of a keyboard that they have not been told of.
 *
 * Codes are set 1 make codes (IBM PS/2 Technical Reference, keyboard), E000h + code for extended keys.
 */

/** A key goes down or up. */
export type KeyEvent = readonly [code: number, pressed: boolean];
/** What belongs together: a key with the keys held meanwhile. */
export type Stroke = readonly KeyEvent[];

/** By `KeyboardEvent.code`. */
export const KEYS: Readonly<Record<string, number>> = {
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

/** Characters of the keys in the order of their codes: first code, without Shift, with Shift. */
const CHARACTERS: readonly [number, string, string][] = [
  [0x02, '1234567890-=\b\t', '!@#$%^&*()_+\b\t'],
  [0x10, 'qwertyuiop[]\n', 'QWERTYUIOP{}\n'],
  [0x1e, "asdfghjkl;'`", 'ASDFGHJKL:"~'],
  [0x2b, '\\zxcvbnm,./', '|ZXCVBNM<>?'],
  [0x39, ' ', ' '],
];
const STROKES = new Map<string, Stroke>();
for (const [first, plain, shifted] of CHARACTERS) {
  for (const [index, character] of [...plain].entries()) {
    STROKES.set(character, stroke(first + index));
    if (shifted[index] !== character) STROKES.set(shifted[index], stroke(KEYS.ShiftLeft, first + index));
  }
}

/** Keys pressed one after the other and released in the reverse order. */
export function stroke(...codes: readonly number[]): Stroke {
  return [...codes.map((code) => [code, true] as const), ...codes.toReversed().map((code) => [code, false] as const)];
}

/** How a character is typed; undefined if the keyboard lacks it. `\n` is Enter, `\b` Backspace. */
export const strokeOf = (character: string): Stroke | undefined => STROKES.get(character);
