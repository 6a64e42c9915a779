// SPDX-License-Identifier: MIT
/**
 * @fileoverview A terminal on a port of the machine: xterm.js, as large as its element.
 *
 * Guests are not told the size: a serial line has no way to. They ask with escape sequences (the cursor's position after a jump to the far
 * corner, as busybox's shell does, or the size in characters, CSI 18 t), which xterm.js answers by itself.
 *
 * Making a terminal takes some tens of milliseconds on slow computers, so it is made in several tasks of the page.
 */
import { FitAddon } from '@xterm/addon-fit';
import { type ITheme, Terminal } from '@xterm/xterm';
import { nextFrame, nextTask } from '../nextTask.ts';

export interface SerialTerminal {
  /** Resolves when the bytes have been digested. */
  write(bytes: Uint8Array): Promise<void>;
  clear(): void;
  focus(): void;
  /** Whether keys are taken. */
  setEnabled(enabled: boolean): void;
  /** Adds lines to the document that screen readers follow. */
  setScreenReader(on: boolean): void;
  /** Points to add to the size that the style sheet gives. */
  setZoom(points: number): void;
  /** Takes the colours of the page anew. */
  updateTheme(): void;
  /** What is selected, or all that is on the screen. */
  text(): string;
  /** As if typed; in brackets where the guest has asked for them. */
  paste(text: string): void;
}

const SCROLLBACK = 10_000;
/** Characters in one frame. */
const REHEARSED = 32;
const LIGHT: ITheme = {
  ...{
    black: '#23292b',
    red: '#a3271f',
    green: '#2f6b2f',
    yellow: '#7d5a00',
    blue: '#22579c',
    magenta: '#86388c',
    cyan: '#0f6b62',
  },
  ...{ white: '#6b7376', brightBlack: '#566064', brightRed: '#b5372c', brightGreen: '#3a7a36', brightYellow: '#8a6500' },
  ...{ brightBlue: '#2f68b3', brightMagenta: '#9a489f', brightCyan: '#147a70', brightWhite: '#23292b' },
};
const DARK: ITheme = {
  ...{
    black: '#1d2427',
    red: '#f28b82',
    green: '#98cf8f',
    yellow: '#f3c77a',
    blue: '#86b8f2',
    magenta: '#d8a1e0',
    cyan: '#6fd0c2',
  },
  ...{ white: '#d9e0df', brightBlack: '#7d898c', brightRed: '#ffaaa2', brightGreen: '#b5e3ad', brightYellow: '#ffdb9c' },
  ...{ brightBlue: '#a9cefa', brightMagenta: '#e8bfee', brightCyan: '#9ce6db', brightWhite: '#ffffff' },
};

/** Takes its colours from the custom properties --terminal-background, --terminal-text and --terminal-selection. */
export async function openTerminal(
  element: HTMLElement,
  label: string,
  onKeys: (bytes: Uint8Array) => void,
): Promise<SerialTerminal> {
  await nextFrame();
  const style = getComputedStyle(element);
  loadFont(element);
  await nextTask();
  loadCanvas(style);
  await nextTask();
  let zoom = 0;
  const fontSize = (): number => Math.max(8, Number.parseFloat(getComputedStyle(element).fontSize) + zoom);
  let theme = themeOf(element);
  const terminal = new Terminal({
    scrollback: SCROLLBACK,
    fontFamily: style.fontFamily,
    fontSize: fontSize(),
    theme,
    disableStdin: true,
    // At 1, underscores of some fonts fall below the line.
    lineHeight: 1.15,
    // A guest may ask how many characters there are, and nothing else.
    windowOptions: { getWinSizeChars: true },
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  await nextTask();
  terminal.open(element);
  if (terminal.textarea) terminal.textarea.ariaLabel = label;
  const resize = (): void => {
    terminal.options.fontSize = fontSize();
    fit.fit();
  };
  await nextTask();
  fit.fit();
  new ResizeObserver(resize).observe(element);
  /** What is written waits for it: the rehearsal, then the last clearing. */
  let clean = rehearse(terminal, theme);

  const encoder = new TextEncoder();
  terminal.onData((text) => onKeys(encoder.encode(text)));
  // Mouse reports in the old encoding, whose characters are bytes.
  terminal.onBinary((text) => onKeys(Uint8Array.from(text, (character) => character.charCodeAt(0))));
  // As in other terminals: with Shift, since without it they are the guest's. Tab stays the guest's too; Escape from it is Ctrl+Shift+Tab's.
  terminal.attachCustomKeyEventHandler((event) => {
    if (event.ctrlKey && event.shiftKey && event.code === 'KeyC') {
      if (event.type === 'keydown') void navigator.clipboard?.writeText(terminal.getSelection());
      event.preventDefault();
      return false;
    }
    // The browser pastes.
    if (event.ctrlKey && event.shiftKey && event.code === 'KeyV') return false;
    // A way out for the keyboard.
    return !(event.key === 'F6' || (event.key === 'Tab' && event.shiftKey));
  });

  return {
    async write(bytes) {
      await clean;
      return new Promise((resolve) => terminal.write(bytes, resolve));
    },
    clear() {
      // It takes milliseconds, and whoever clears has other work to do.
      clean = clean.then(nextTask).then(() => terminal.reset());
    },
    focus: () => terminal.focus(),
    setEnabled(enabled) {
      terminal.options.disableStdin = !enabled;
    },
    setScreenReader(on) {
      // Readers do not hear the rehearsal.
      void clean.then(() => {
        terminal.options.screenReaderMode = on;
      });
    },
    setZoom(points) {
      zoom = points;
      resize();
    },
    updateTheme() {
      const wanted = themeOf(element);
      // The terminal would write a style sheet of 50 kB again.
      if (wanted.background === theme.background && wanted.foreground === theme.foreground) return;
      theme = wanted;
      terminal.options.theme = theme;
    },
    text() {
      if (terminal.hasSelection()) return terminal.getSelection();
      const { active } = terminal.buffer;
      const lines = Array.from({ length: terminal.rows }, (_, row) =>
        active.getLine(active.viewportY + row)?.translateToString(true),
      );
      return lines.join('\n').trimEnd();
    },
    paste: (text) => terminal.paste(text),
  };
}

/** The first text in a font costs milliseconds: so it is not measured together with all else that the terminal measures. */
function loadFont(element: HTMLElement): void {
  const probe = document.createElement('i');
  probe.textContent = 'W';
  probe.style.position = 'absolute';
  element.append(probe);
  probe.getBoundingClientRect();
  probe.remove();
}

/** The terminal measures text on a canvas; a page's first one costs milliseconds, too. */
function loadCanvas({ font }: CSSStyleDeclaration): void {
  if (!('OffscreenCanvas' in globalThis)) return;
  const context = new OffscreenCanvas(1, 1).getContext('2d');
  if (!context) return;
  context.font = font;
  context.measureText('W');
}

/**
 * Draws every character once, in the colour of the background. The terminal measures each when it first draws it, and its code is new to the browser:
 * the first lines of a guest would be drawn in tens of milliseconds while the guest wants the processor, too.
 */
async function rehearse(terminal: Terminal, { background }: ITheme): Promise<void> {
  const [red, green, blue] = background?.match(/\d+/g) ?? [];
  const write = (text: string): Promise<void> => new Promise((resolve) => terminal.write(text, resolve));
  await write(`\x1b[38;2;${red};${green};${blue}m`);
  for (let first = 0x20; first < 0x7f; first += REHEARSED) {
    await write(String.fromCharCode(...Array.from({ length: Math.min(REHEARSED, 0x7f - first) }, (_, n) => first + n)));
    await nextFrame();
  }
  await write('\x1b[m\x1b[H\x1b[2J\x1b[3J');
}

function themeOf(element: HTMLElement): ITheme {
  const probe = document.createElement('i');
  element.append(probe);
  // Only a used value has light-dark() resolved.
  const colour = (name: string): string => {
    probe.style.color = `var(--terminal-${name})`;
    return getComputedStyle(probe).color;
  };
  const [background, foreground, selectionBackground] = ['background', 'text', 'selection'].map(colour);
  probe.remove();
  const [red] = /\d+/.exec(background) ?? ['0'];
  const palette = Number(red) > 128 ? LIGHT : DARK;
  return { ...palette, background, foreground, cursor: foreground, cursorAccent: background, selectionBackground };
}
