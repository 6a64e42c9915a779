// SPDX-License-Identifier: MIT
/**
 * @fileoverview The windows onto the inside. Each is a module of its own on the one inspection interface (`emulator/machine/inspect.ts`); the
 * worker tells only what the window that is open shows.
 *
 * A view is made when there is first something to show in it, and thrown away when the machine is gone: nothing of one machine is
 * taken for the next one's.
 */
import type { Figures, Inspection, View } from '../../worker/messages.ts';
import { element, make, tabs } from '../dom.ts';
import type { PageMachine } from '../machine.ts';
import { DebugView } from './debug.ts';
import { DevicesView } from './devices.ts';
import { MemoryView } from './memory.ts';
import { ProcessorView, SAMPLES, type Sample } from './processor.ts';

/** By the elements that hold them, with their titles. */
const VIEWS: Record<string, { view: View; title: string } | undefined> = {
  processor: { view: 'processor', title: 'Processor' },
  'memory-view': { view: 'memory', title: 'Memory' },
  devices: { view: 'devices', title: 'Devices' },
  debug: { view: 'debug', title: 'Debugger' },
};

export class Inside {
  readonly #machine: PageMachine;
  readonly #changed: () => void;
  readonly #tabs: { show(id: string): void };
  #processor: ProcessorView | undefined;
  #memory: MemoryView | undefined;
  #devices: DevicesView | undefined;
  #debug: DebugView | undefined;
  #samples: Sample[] = [];
  #view: View | undefined;
  #isOpen = false;
  /** The views say that there is no machine. */
  #empty = false;

  /** `changed`: another view is wanted. */
  constructor(machine: PageMachine, changed: () => void) {
    this.#machine = machine;
    this.#changed = changed;
    this.#tabs = tabs(element('inside-tabs'), (id) => {
      this.#view = VIEWS[id]?.view;
      changed();
    });
  }

  setUp(): void {
    // Whoever asks the document instead makes it compute its whole layout at once.
    new ResizeObserver(([{ contentRect }]) => {
      this.#isOpen = contentRect.width > 0;
      this.#changed();
    }).observe(element('inside'));
  }

  /** What is to be watched; nothing while the window is closed. */
  get view(): View | undefined {
    return this.#isOpen ? this.#view : undefined;
  }
  /** As of the last frame. */
  get isOpen(): boolean {
    return this.#isOpen;
  }
  open(id: string): void {
    this.#tabs.show(id);
  }
  figures({ mips, busy }: Figures): void {
    this.#samples.push({ mips: mips ?? 0, busy });
    if (this.#samples.length > SAMPLES) this.#samples.shift();
  }
  show({ processors, memory, devices, debug }: Inspection): void {
    this.#empty = false;
    if (processors) {
      this.#processor ??= new ProcessorView(this.#samples);
      this.#processor.show(processors);
    }
    if (memory) {
      this.#memory ??= new MemoryView();
      this.#memory.show(memory);
    }
    if (devices) {
      this.#devices ??= new DevicesView();
      this.#devices.show(devices);
    }
    if (debug) {
      this.#debug ??= new DebugView(this.#machine);
      this.#debug.show(debug);
    }
  }
  stateChanged(): void {
    if (this.#machine.isOn) this.#debug?.stateChanged();
    else if (!this.#empty) this.#clear();
  }
  /** At a breakpoint. */
  stopped(): void {
    this.open('debug');
    this.#debug?.stopped();
  }

  #clear(): void {
    this.#empty = true;
    this.#processor = this.#memory = this.#devices = this.#debug = undefined;
    this.#samples = [];
    for (const [id, view] of Object.entries(VIEWS)) {
      element(id).replaceChildren(
        make('h2', { textContent: view!.title }),
        make('p', { className: 'quiet', textContent: 'There is no machine: start one to look inside.' }),
      );
    }
  }
}
