// SPDX-License-Identifier: MIT
/**
 * @fileoverview Runs a machine in slices of some milliseconds and lets the worker's messages in between.
 *
 * A turn of the loop: stand while paused; wait while the page owes credit for output; run a slice; send what the ports wrote; if the machine
 * is idle, sleep until its next timer or until something is typed, and let as much virtual time pass (pace.ts). Figures, and what the page
 * watches, go out several times a second.
 */
import { Debugger } from '../../emulator/machine/debugger.ts';
import type { Machine, MachineEnd } from '../../emulator/machine/machine.ts';
import { nextTask } from '../nextTask.ts';
import type { Stroke } from '../page/keys.ts';
import { type Figures, type FromWorker, PORTS, type Port, type Speed, type View } from './messages.ts';
import { Observer } from './observer.ts';
import { Pace } from './pace.ts';

/** Milliseconds; what is typed waits that long at most. */
const SLICE = 8;
const FIGURES_INTERVAL = 250;
const SCREEN_INTERVAL = 33;
/** Instructions in one call of the machine. Nothing is known of the host's speed at first. */
const FIRST_COUNT = 50_000;
const LARGEST_COUNT = 20_000_000;
/** Instructions in one call while breakpoints are looked for. */
const WATCHED_COUNT = 2000;
/** Keys typed in advance: more than this are forgotten. */
const STROKES_LIMIT = 4096;
/** Bytes of output that may be under way to the terminal. */
const OUTPUT_UNDER_WAY = 65_536;
/** Milliseconds between two looks whether output has been shown. */
const CREDIT_CHECK = 1000;
/** Nanoseconds. */
const MS = 1e6;

export class Runner {
  readonly #machine: Machine;
  readonly #post: (message: FromWorker, transfer?: Transferable[]) => void;
  readonly #pace = new Pace();
  readonly #output: Record<Port, number[]> = { com1: [], com2: [], hvc0: [] };
  readonly #debugger: Debugger;
  readonly #observer: Observer;
  #paused = false;
  #underWay = 0;
  #count = FIRST_COUNT;
  /** Typed keys, frames and buttons, waiting for the next slice. */
  #inputs: (() => void)[] = [];
  /** Keys that wait until the guest has taken those before: a PC's keyboard keeps a few only. */
  #strokes: Stroke[] = [];
  /** Ends the present pause, if there is one. */
  #wake: () => void = () => {};
  /** Milliseconds of running, and instructions, since the last figures. */
  #ranFor = 0;
  #figuresAt = 0;
  #screenAt = 0;
  #instructionsThen = 0;

  constructor(machine: Machine, post: (message: FromWorker, transfer?: Transferable[]) => void) {
    this.#machine = machine;
    this.#post = post;
    this.#debugger = new Debugger(machine);
    this.#observer = new Observer(machine, this.#debugger);
    this.#instructionsThen = machine.instructions;
    machine.onConsoleOutput((byte) => this.#output.com1.push(byte));
    machine.onSecondSerialOutput((byte) => this.#output.com2.push(byte));
  }

  /** For the console port that the machine was made with. */
  hvc0(bytes: Uint8Array): void {
    for (const byte of bytes) this.#output.hvc0.push(byte);
  }

  /** Happens to the machine before the next slice, after the time since the last one has passed; at once while it stands. */
  input(action: (machine: Machine) => void): void {
    this.#inputs.push(() => action(this.#machine));
    this.#wake();
  }
  /** The same, with an answer. */
  ask<Value>(action: (machine: Machine) => Value): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.input((machine) => {
        try {
          resolve(action(machine));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  strokes(strokes: readonly Stroke[]): void {
    this.#strokes.push(...strokes.slice(0, Math.max(0, STROKES_LIMIT - this.#strokes.length)));
    this.#wake();
  }
  reset(): void {
    this.input((machine) => {
      this.#strokes = [];
      machine.pressResetButton();
    });
  }

  credit(bytes: number): void {
    this.#underWay -= bytes;
    if (this.#underWay < OUTPUT_UNDER_WAY) this.#wake();
  }

  set speed(speed: Speed) {
    this.#machine.waitsWhenIdle = speed === 'real';
    this.#wake();
  }

  pause(paused: boolean, breakpoint?: bigint): void {
    this.#paused = paused;
    if (!paused) this.#debugger.passHere();
    // Whoever hears that it stands has the figures of where it does.
    if (paused) this.#tell();
    this.#post({ kind: 'paused', paused, breakpoint });
    this.#wake();
  }
  /** While paused. */
  step(count: number): void {
    this.input((machine) => {
      if (!this.#paused) return;
      // An idle machine has no instruction to execute before its next timer.
      machine.passIdle(machine.idleFor);
      machine.run(machine.instructions + count);
      this.#tell();
    });
  }
  breakpoint(address: bigint, set: boolean): void {
    this.input(() => {
      if (set) this.#debugger.breakpoints.add(address);
      else this.#debugger.breakpoints.delete(address);
      this.#tell();
    });
  }
  look(processor: number, address: bigint | undefined): void {
    this.input(() => {
      this.#observer.look(processor, address);
      this.#tell();
    });
  }
  watch(views: readonly View[]): void {
    this.input(() => {
      this.#observer.views = new Set(views);
      this.#observer.forgetScreen();
      this.#tell();
    });
  }

  /** Until the machine has ended. */
  async run(): Promise<void> {
    for (;;) {
      while (this.#underWay >= OUTPUT_UNDER_WAY) await this.#sleep(CREDIT_CHECK);
      for (const input of this.#inputs.splice(0)) input();
      if (this.#paused) {
        this.#flush();
        if (performance.now() - this.#figuresAt >= FIGURES_INTERVAL) this.#tell();
        if (this.#inputs.length === 0) await this.#sleep(FIGURES_INTERVAL);
        continue;
      }
      const typed = this.#typeStroke();
      const end = this.#runSlice();
      this.#flush();
      if (end) {
        this.#tell();
        this.#post({ kind: 'ended', end: end.kind, message: end.message, figures: this.#figures() });
        return;
      }
      const wait = this.#machine.waitsWhenIdle && !this.#paused ? this.#machine.idleFor / MS : 0;
      const sleep = wait > 0 ? this.#pace.sleepFor(wait) : 0;
      if (performance.now() - this.#figuresAt >= FIGURES_INTERVAL) this.#tell();
      if (performance.now() - this.#screenAt >= SCREEN_INTERVAL) this.#show();
      if (sleep === 0 || typed) {
        await nextTask();
        continue;
      }
      const started = performance.now();
      if (this.#inputs.length === 0) await this.#sleep(sleep);
      this.#machine.passIdle(this.#pace.settle(wait, performance.now() - started) * MS);
    }
  }

  /** Types the next keys if the guest has taken the last ones; whether it did. */
  #typeStroke(): boolean {
    const { keyboard } = this.#machine.board;
    if (this.#strokes.length === 0 || !keyboard.allKeysTaken) return false;
    for (const [code, pressed] of this.#strokes.shift()!) keyboard.keyEvent(code, pressed);
    return true;
  }

  /** Runs until the slice's time is up, or there is something to sleep for. */
  #runSlice(): MachineEnd | undefined {
    const machine = this.#machine;
    const started = performance.now();
    let took = 0;
    do {
      const before = machine.instructions;
      const watched = this.#debugger.breakpoints.size > 0;
      const count = watched ? WATCHED_COUNT : this.#count;
      const { end, hit } = this.#debugger.run(before + count);
      const now = performance.now() - started;
      // A run that ended early says little about the speed.
      if (!watched && machine.instructions - before >= this.#count) this.#count = adapted(this.#count, now - took);
      took = now;
      if (end) return end;
      if (hit) {
        this.pause(true, hit.address);
        break;
      }
      const wait = machine.waitsWhenIdle ? machine.idleFor / MS : 0;
      if (wait === 0) continue;
      if (this.#pace.sleepFor(wait) > 0) break;
      machine.passIdle(this.#pace.settle(wait, 0) * MS);
    } while (took < SLICE);
    this.#ranFor += took;
    return undefined;
  }

  #flush(): void {
    for (const port of PORTS) {
      if (this.#output[port].length === 0) continue;
      const bytes = Uint8Array.from(this.#output[port]);
      this.#output[port].length = 0;
      this.#underWay += bytes.length;
      this.#post({ kind: 'output', port, bytes });
    }
  }

  #tell(): void {
    this.#post({ kind: 'figures', figures: this.#figures() });
    const inspection = this.#observer.inspection();
    if (inspection) this.#post({ kind: 'inspection', inspection });
    this.#show();
  }
  #show(): void {
    this.#screenAt = performance.now();
    const screen = this.#observer.screen();
    if (screen) this.#post({ kind: 'screen', screen }, screen.kind === 'picture' ? [screen.pixels.buffer] : []);
  }

  #figures(): Figures {
    const { instructions, now } = this.#machine;
    const ran = instructions - this.#instructionsThen;
    // Time in which the machine did next to nothing would make a speed of chance.
    const mips = this.#ranFor >= SLICE ? ran / this.#ranFor / 1000 : undefined;
    const at = performance.now();
    const busy = Math.min(1, this.#ranFor / Math.max(at - this.#figuresAt, 1));
    this.#figuresAt = at;
    this.#instructionsThen = instructions;
    this.#ranFor = 0;
    return { instructions, mips, busy, virtualSeconds: now / 1e9 };
  }

  /** Until so many milliseconds have passed, or `#wake`. */
  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** The count of instructions that would have taken half a slice, approached by steps. */
function adapted(count: number, took: number): number {
  const wanted = (count * SLICE) / 2 / Math.max(took, 0.1);
  return Math.round(Math.min(Math.max(wanted, count / 4, FIRST_COUNT), count * 4, LARGEST_COUNT));
}
