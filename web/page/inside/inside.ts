// SPDX-License-Identifier: MIT
/**
 * @fileoverview The windows onto the inside. Each is a module of its own on the one inspection interface (`emulator/machine/inspect.ts`); the
 * worker tells only what the window that is open shows.
 */
import type { Figures, Inspection, View } from '../../worker/messages.ts';
import { element, tabs } from '../dom.ts';
import type { PageMachine } from '../machine.ts';
import { DebugView } from './debug.ts';
import { DevicesView } from './devices.ts';
import { MemoryView } from './memory.ts';
import { ProcessorView } from './processor.ts';

const VIEWS: Record<string, View | undefined> = {
  processor: 'processor',
  'memory-view': 'memory',
  devices: 'devices',
  debug: 'debug',
};

export class Inside {
  readonly #processor = new ProcessorView();
  readonly #memory = new MemoryView();
  readonly #devices = new DevicesView();
  readonly #debug: DebugView;
  readonly #tabs: { show(id: string): void };
  readonly #changed: () => void;
  #view: View | undefined;
  processors = 1;

  /** `changed`: another view is wanted. */
  constructor(machine: PageMachine, changed: () => void) {
    this.#debug = new DebugView(machine);
    this.#changed = changed;
    this.#tabs = tabs(element('inside-tabs'), (id) => {
      this.#view = VIEWS[id];
      changed();
    });
  }

  /** What is to be watched; nothing while the window is closed. */
  get view(): View | undefined {
    return this.isOpen ? this.#view : undefined;
  }
  get isOpen(): boolean {
    return element('inside').offsetParent !== null;
  }
  open(id: string): void {
    this.#tabs.show(id);
    this.#changed();
  }
  figures(figures: Figures): void {
    this.#processor.figures(figures);
  }
  show({ processors, memory, devices, debug }: Inspection): void {
    if (processors) this.#processor.show(processors);
    if (memory) this.#memory.show(memory);
    if (devices) this.#devices.show(devices);
    if (debug) this.#debug.show(debug, this.processors);
  }
  stateChanged(): void {
    this.#debug.stateChanged();
  }
  /** At a breakpoint. */
  stopped(): void {
    this.open('debug');
    this.#debug.stopped();
  }
}
