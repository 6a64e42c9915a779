// SPDX-License-Identifier: MIT
/**
 * @fileoverview A terminal on a port of the machine: xterm.js, as large as its element.
 *
 * Guests are not told the size: a serial line has no way to. They ask with an escape sequence (as busybox's shell does), which
 * xterm.js answers by itself.
 */
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';

export interface SerialTerminal {
  /** Resolves when the bytes have been digested. */
  write(bytes: Uint8Array): Promise<void>;
  clear(): void;
  focus(): void;
  /** Whether keys are taken. */
  setEnabled(enabled: boolean): void;
}

const SCROLLBACK = 10_000;

/** Takes its colours from the custom properties --terminal-background and --terminal-text of the element. */
export function openTerminal(element: HTMLElement, onKeys: (bytes: Uint8Array) => void): SerialTerminal {
  const style = getComputedStyle(element);
  const background = style.getPropertyValue('--terminal-background');
  const foreground = style.getPropertyValue('--terminal-text');
  const terminal = new Terminal({
    scrollback: SCROLLBACK,
    fontFamily: style.fontFamily,
    fontSize: Number.parseFloat(style.fontSize),
    theme: { background, foreground, cursor: foreground },
    disableStdin: true,
    // At 1, underscores of some fonts fall below the line.
    lineHeight: 1.15,
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(element);
  new ResizeObserver(() => {
    terminal.options.fontSize = Number.parseFloat(getComputedStyle(element).fontSize);
    fit.fit();
  }).observe(element);

  const encoder = new TextEncoder();
  terminal.onData((text) => onKeys(encoder.encode(text)));
  // Mouse reports in the old encoding, whose characters are bytes.
  terminal.onBinary((text) => onKeys(Uint8Array.from(text, (character) => character.charCodeAt(0))));

  return {
    write: (bytes) => new Promise((resolve) => terminal.write(bytes, resolve)),
    clear: () => terminal.reset(),
    focus: () => terminal.focus(),
    setEnabled(enabled) {
      terminal.options.disableStdin = !enabled;
    },
  };
}
