// SPDX-License-Identifier: MIT
/** @fileoverview The consoles: a terminal for each serial port, their tabs, copy and paste, keys that touch keyboards lack. */
import type { SerialTerminal } from '../terminal/terminal.ts';
import { PORTS, type Port } from '../worker/messages.ts';
import { button, element, make, tabs, toast } from './dom.ts';
import { KEYS, type Stroke, stroke } from './keys.ts';

const HEARD_LIMIT = 2 ** 24;
const NAMES: Record<Port, string> = {
  com1: 'First serial port',
  com2: 'Second serial port',
  hvc0: 'Virtio console',
};

/** Labels, names for screen readers where labels are no words, what terminals send for them, and the keys of a PC. */
const TOUCH_KEYS: readonly [string, string, string, string][] = [
  ['Esc', 'Esc key', '\x1b', 'Escape'],
  ['Tab', 'Tab', '\t', 'Tab'],
  ['^C', 'Control C', '\x03', 'ControlLeft KeyC'],
  ['^D', 'Control D', '\x04', 'ControlLeft KeyD'],
  ['↑', 'Up', '\x1b[A', 'ArrowUp'],
  ['↓', 'Down', '\x1b[B', 'ArrowDown'],
  ['←', 'Left', '\x1b[D', 'ArrowLeft'],
  ['→', 'Right', '\x1b[C', 'ArrowRight'],
];

interface PortConsole {
  /** Opened when it is first shown or written to: most ports stay silent. What is asked of it meanwhile happens in order when it is open. */
  terminal: Promise<SerialTerminal> | undefined;
  /** What the guest has said since the start; the older part is forgotten beyond HEARD_LIMIT characters. */
  heard: string;
  decoder: TextDecoder;
}

export interface ConsoleEvents {
  type(port: Port, bytes: Uint8Array): void;
  /** On the display's keyboard: a text, or keys pressed together. */
  typeOnScreen(text: string): void;
  press(stroke: Stroke): void;
  /** A port, or the display. */
  shown(console: Port | 'screen'): void;
  /** There can be no terminal: one line. */
  failed(message: string): void;
}

export class Consoles {
  readonly #events: ConsoleEvents;
  readonly #ports: Record<Port, PortConsole>;
  readonly #tabs: { show(id: string): void };
  #shown: Port | 'screen' = 'com1';
  #enabled = false;
  #zoom = 0;
  /** A file of its own, since it is most of the page's code. */
  readonly #code = import('../terminal/terminal.ts');

  constructor(events: ConsoleEvents) {
    this.#events = events;
    const closed = (): PortConsole => ({ terminal: undefined, heard: '', decoder: new TextDecoder() });
    this.#ports = { com1: closed(), com2: closed(), hvc0: closed() };
    this.#tabs = tabs(element('tabs'), (id) => {
      this.#shown = id as Port | 'screen';
      if (this.#shown !== 'screen') this.#terminal(this.#shown);
      events.shown(this.#shown);
    });
    // Who waits for it says what is wrong.
    this.#code.catch(() => {});
  }

  setUp(): void {
    this.#zoom = Number(localStorage.getItem('zoom') ?? 0);
    this.#setUpButtons();
    this.#setZoom(0);
    this.#setScreenReader(localStorage.getItem('reader') === 'on');
  }

  #terminal(port: Port): Promise<SerialTerminal> {
    const console = this.#ports[port];
    if (!console.terminal) {
      console.terminal = this.#open(port);
      console.terminal.catch(() => this.#events.failed('The terminal could not be loaded: reload the page.'));
    }
    return console.terminal;
  }
  async #open(port: Port): Promise<SerialTerminal> {
    const { openTerminal } = await this.#code;
    const terminal = await openTerminal(element(port), NAMES[port], (bytes) => this.#events.type(port, bytes));
    terminal.setEnabled(this.#enabled);
    terminal.setZoom(this.#zoom);
    terminal.setScreenReader(button('reader').ariaPressed === 'true');
    return terminal;
  }
  /** Every terminal that there is. */
  #each(action: (terminal: SerialTerminal) => void): void {
    for (const port of PORTS) this.#ports[port].terminal?.then(action, () => {});
  }

  /** Resolves when the first terminal is there, or cannot be. */
  async open(): Promise<void> {
    await this.#terminal('com1').catch(() => {});
  }
  get shown(): Port | 'screen' {
    return this.#shown;
  }
  heard(port: Port): string {
    return this.#ports[port].heard;
  }
  output(port: Port, bytes: Uint8Array): Promise<void> {
    const console = this.#ports[port];
    const heard = console.heard + console.decoder.decode(bytes, { stream: true });
    console.heard = heard.length > HEARD_LIMIT ? heard.slice(-HEARD_LIMIT / 2) : heard;
    if (port !== this.#shown) element(`${port}-tab`).classList.add('news');
    return this.#terminal(port).then(
      (terminal) => terminal.write(bytes),
      () => {},
    );
  }
  clear(): void {
    for (const port of PORTS) {
      const console = this.#ports[port];
      if (console.heard === '') continue;
      console.heard = '';
      console.decoder = new TextDecoder();
      element(`${port}-tab`).classList.remove('news');
      void console.terminal?.then((terminal) => terminal.clear()).catch(() => {});
    }
  }
  setEnabled(enabled: boolean): void {
    this.#enabled = enabled;
    this.#each((terminal) => terminal.setEnabled(enabled));
  }
  show(console: Port | 'screen'): void {
    this.#tabs.show(console);
  }
  focus(): void {
    if (this.#shown === 'screen') element('canvas').focus();
    else {
      this.#terminal(this.#shown).then(
        (terminal) => terminal.focus(),
        () => {},
      );
    }
  }
  updateTheme(): void {
    this.#each((terminal) => terminal.updateTheme());
  }

  #setUpButtons(): void {
    button('copy').onclick = async () => {
      const text =
        this.#shown === 'screen' ? (element('screen-text').textContent ?? '') : (await this.#terminal(this.#shown)).text();
      try {
        await navigator.clipboard.writeText(text);
        toast('Copied');
      } catch {
        toast('This browser does not let the page write to the clipboard');
      }
    };
    button('paste').onclick = async () => {
      try {
        const text = await navigator.clipboard.readText();
        if (this.#shown === 'screen') this.#events.typeOnScreen(text);
        else (await this.#terminal(this.#shown)).paste(text);
      } catch {
        toast('This browser does not let the page read the clipboard: press Ctrl+Shift+V');
      }
      this.focus();
    };
    button('smaller').onclick = () => this.#setZoom(-1);
    button('larger').onclick = () => this.#setZoom(1);
    button('reader').onclick = () => this.#setScreenReader(button('reader').ariaPressed !== 'true');
    element('keys').append(
      ...TOUCH_KEYS.map(([label, name, bytes, keys]) =>
        make('button', {
          type: 'button',
          textContent: label,
          ariaLabel: name,
          // The keyboard on the screen stays while the terminal has the focus.
          onpointerdown: (event) => event.preventDefault(),
          onclick: () => {
            if (this.#shown === 'screen') this.#events.press(stroke(...keys.split(' ').map((key) => KEYS[key])));
            else this.#events.type(this.#shown, new TextEncoder().encode(bytes));
          },
        }),
      ),
    );
  }
  #setZoom(step: number): void {
    this.#zoom = Math.max(-4, Math.min(12, this.#zoom + step));
    localStorage.setItem('zoom', String(this.#zoom));
    this.#each((terminal) => terminal.setZoom(this.#zoom));
  }
  #setScreenReader(on: boolean): void {
    button('reader').ariaPressed = String(on);
    localStorage.setItem('reader', on ? 'on' : 'off');
    this.#each((terminal) => terminal.setScreenReader(on));
  }
}
