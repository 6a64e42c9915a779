// SPDX-License-Identifier: MIT
/** @fileoverview Tells the page what it watches of the inside, from the one interface to it (`machine/inspect.ts`). */
import type { Debugger } from '../../emulator/machine/debugger.ts';
import {
  inspectCode,
  inspectDevices,
  inspectInterrupts,
  inspectMemory,
  inspectProcessor,
  RamScan,
} from '../../emulator/machine/inspect.ts';
import type { Machine } from '../../emulator/machine/machine.ts';
import type { Inspection, Screen, View } from './messages.ts';

/** The memory map has about as many cells, of at least one page. */
const CELLS = 4096;
const PAGE = 4096;
/** Bytes of RAM looked at in one go: some milliseconds. */
const SCAN = 32 * 2 ** 20;
const CODE_BEFORE = 6;
const CODE_AFTER = 18;

export class Observer {
  views: ReadonlySet<View> = new Set();
  readonly #machine: Machine;
  readonly #debugger: Debugger;
  readonly #scan: RamScan;
  #look: { processor: number; address: bigint | undefined } = { processor: 0, address: undefined };
  #screenChanges = -1;

  constructor(machine: Machine, debug: Debugger) {
    this.#machine = machine;
    this.#debugger = debug;
    this.#scan = new RamScan(machine, Math.max(PAGE, 2 ** Math.ceil(Math.log2(machine.ramSize / CELLS))));
  }

  look(processor: number, address: bigint | undefined): void {
    this.#look = { processor, address };
  }

  /** Undefined if nothing is watched. */
  inspection(): Inspection | undefined {
    const { views } = this;
    const machine = this.#machine;
    const inspection: Inspection = {};
    if (views.has('processor')) inspection.processors = machine.processors.map(inspectProcessor);
    if (views.has('memory')) {
      this.#scan.advance(Math.ceil(SCAN / this.#scan.blockSize));
      const { blockSize, blocks } = this.#scan;
      inspection.memory = { regions: inspectMemory(machine), blockSize, blocks: blocks.slice() };
    }
    if (views.has('devices')) inspection.devices = { devices: inspectDevices(machine), interrupts: inspectInterrupts(machine) };
    if (views.has('debug')) {
      const { processor, address } = this.#look;
      const cpu = machine.processors[processor] ?? machine.processors[0];
      const state = inspectProcessor(cpu);
      const code = inspectCode(cpu, CODE_BEFORE, CODE_AFTER, address ?? state.rip);
      inspection.debug = {
        ...{ processor: cpu.index, processors: machine.processors.length, address: address ?? state.rip, state },
        ...{ breakpoints: [...this.#debugger.breakpoints] },
        // Structured clone would copy the whole buffer behind each line's bytes.
        code: code.map((line) => ({ ...line, bytes: line.bytes.slice() })),
      };
    }
    return Object.keys(inspection).length > 0 ? inspection : undefined;
  }

  /** The display's picture if it has changed since the last time. */
  screen(): Screen | undefined {
    const { vga } = this.#machine.board;
    if (!this.views.has('screen') || vga.changes === this.#screenChanges) return undefined;
    this.#screenChanges = vga.changes;
    const picture = vga.picture();
    if (picture) return { kind: 'picture', ...picture };
    const text = vga.screenText();
    return text ? { kind: 'text', text, colours: vga.colours() } : { kind: 'blank' };
  }
  /** The page has just begun to show the screen. */
  forgetScreen(): void {
    this.#screenChanges = -1;
  }
}
