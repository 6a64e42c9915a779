// SPDX-License-Identifier: MIT
/**
 * @fileoverview Runs a machine in slices of some milliseconds and lets the worker's messages in between.
 *
 * A turn of the loop: wait while the page owes credit for output; run a slice; send what the ports wrote; if the machine is idle, sleep until
 * its next timer or until something is typed, and let as much virtual time pass (pace.ts). Figures go out several times a second.
 */
import type { Machine, MachineEnd } from '../../emulator/machine/machine.ts';
import type { Figures, FromWorker, Port } from './messages.ts';
import { Pace } from './pace.ts';

/** Milliseconds. */
const SLICE = 10;
const FIGURES_INTERVAL = 250;
/** Instructions in one call of the machine. Nothing is known of the host's speed at first. */
const FIRST_COUNT = 50_000;
const LARGEST_COUNT = 20_000_000;
/** Bytes of output that may be under way to the terminal. */
const OUTPUT_UNDER_WAY = 65_536;
/** Milliseconds between two looks whether output has been shown. */
const CREDIT_CHECK = 1000;
/** Nanoseconds. */
const MS = 1e6;

export class Runner {
  readonly #machine: Machine;
  readonly #post: (message: FromWorker) => void;
  readonly #pace = new Pace();
  readonly #output: Record<Port, number[]> = { com1: [], hvc0: [] };
  #underWay = 0;
  #count = FIRST_COUNT;
  /** Typed keys and frames, waiting for the next slice. */
  #inputs: (() => void)[] = [];
  /** Ends the present pause, if there is one. */
  #wake: () => void = () => {};
  /** Milliseconds of running, and instructions, since the last figures. */
  #ranFor = 0;
  #figuresAt = 0;
  #instructionsThen = 0;

  constructor(machine: Machine, post: (message: FromWorker) => void) {
    this.#machine = machine;
    this.#post = post;
    machine.waitsWhenIdle = true;
    machine.onConsoleOutput((byte) => this.#output.com1.push(byte));
  }

  /** For the console port that the machine was made with. */
  hvc0(bytes: Uint8Array): void {
    for (const byte of bytes) this.#output.hvc0.push(byte);
  }

  /** Happens to the machine before the next slice, after the time since the last one has passed. */
  input(action: (machine: Machine) => void): void {
    this.#inputs.push(() => action(this.#machine));
    this.#wake();
  }

  credit(bytes: number): void {
    this.#underWay -= bytes;
    if (this.#underWay < OUTPUT_UNDER_WAY) this.#wake();
  }

  /** Until the machine has ended. */
  async run(): Promise<void> {
    for (;;) {
      while (this.#underWay >= OUTPUT_UNDER_WAY) await this.#sleep(CREDIT_CHECK);
      for (const input of this.#inputs.splice(0)) input();
      const end = this.#runSlice();
      this.#flush();
      if (end) {
        this.#post({ kind: 'ended', end: end.kind, message: end.message, figures: this.#figures() });
        return;
      }
      const wait = this.#machine.idleFor / MS;
      const sleep = wait > 0 ? this.#pace.sleepFor(wait) : 0;
      if (performance.now() - this.#figuresAt >= FIGURES_INTERVAL) this.#post({ kind: 'figures', figures: this.#figures() });
      if (sleep === 0) {
        await turn();
        continue;
      }
      const started = performance.now();
      if (this.#inputs.length === 0) await this.#sleep(sleep);
      this.#machine.passIdle(this.#pace.settle(wait, performance.now() - started) * MS);
    }
  }

  /** Runs until the slice's time is up, or there is something to sleep for. */
  #runSlice(): MachineEnd | undefined {
    const machine = this.#machine;
    const started = performance.now();
    let took = 0;
    do {
      const before = machine.instructions;
      const end = machine.run(before + this.#count);
      const now = performance.now() - started;
      // A run that ended early says little about the speed.
      if (machine.instructions - before >= this.#count) this.#count = adapted(this.#count, now - took);
      took = now;
      if (end) return end;
      const wait = machine.idleFor / MS;
      if (wait === 0) continue;
      if (this.#pace.sleepFor(wait) > 0) break;
      machine.passIdle(this.#pace.settle(wait, 0) * MS);
    } while (took < SLICE);
    this.#ranFor += took;
    return undefined;
  }

  #flush(): void {
    for (const port of ['com1', 'hvc0'] as const) {
      if (this.#output[port].length === 0) continue;
      const bytes = Uint8Array.from(this.#output[port]);
      this.#output[port].length = 0;
      this.#underWay += bytes.length;
      this.#post({ kind: 'output', port, bytes });
    }
  }

  #figures(): Figures {
    const { instructions, now } = this.#machine;
    const ran = instructions - this.#instructionsThen;
    // Time in which the machine did next to nothing would make a speed of chance.
    const mips = this.#ranFor >= SLICE ? ran / this.#ranFor / 1000 : undefined;
    this.#figuresAt = performance.now();
    this.#instructionsThen = instructions;
    this.#ranFor = 0;
    return { instructions, mips, virtualSeconds: now / 1e9 };
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

const { port1: here, port2: there } = new MessageChannel();
const waiting: (() => void)[] = [];
here.onmessage = () => waiting.shift()?.();

/** Lets messages in. A time-out of 0 would take 4 ms. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    there.postMessage(undefined);
  });
}
