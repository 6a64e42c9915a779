// SPDX-License-Identifier: MIT
/**
 * @fileoverview One run of a machine from power-on to its end, and what the end means.
 *
 * The machine runs in slices of a fixed number of instructions; between them the host's events are served: keys, time-out. What
 * depends on the guest alone happens inside the slice, at the instruction that caused it: the script sees each byte of console
 * output as it is written, its answers enter there, and its last step stops the machine there. So the same image and the same
 * script end at the same instruction. Where somebody sits at the terminal, an idle machine lets the host idle too, and time passes
 * for it as for the host.
 *
 * A script that ends by typing is done when the guest has had its say: when the machine ends, or COM1 has been silent for SETTLE.
 *
 * Exit codes: 0 the script is done, or the machine was powered off or reached its number of instructions with none of the script
 * left, or the user left; 1 time-out, or an end with some of the script left; 3 guest panic or triple fault.
 */

import { ConsoleScript, type ScriptStep } from './script.ts';

/** Why a machine no longer runs. `message` says more, in as many lines as it takes (registers, disassembly). */
export interface MachineEnd {
  kind: 'power-off' | 'panic' | 'triple-fault' | 'halted';
  message?: string;
}

/** What a session needs of a machine. */
export interface SessionMachine {
  /** Instructions retired since power-on. */
  readonly instructions: number;
  /** Nanoseconds of virtual time since power-on. */
  readonly now: number;
  /** Runs until that many instructions have retired, `stop` was called, or the machine has ended; undefined unless it has ended. */
  run(untilInstructions: number): MachineEnd | undefined;
  /** Called by listeners during `run`: no further instruction retires. */
  stop(): void;
  /** COM1's output, each byte at the instruction that wrote it. */
  onConsoleOutput(listener: (byte: number) => void): void;
  /** Queues bytes to arrive at COM1, paced by the line. */
  typeOnConsole(bytes: Uint8Array): void;
  /** Whether `run` returns while the machine idles, instead of letting its clock jump to the next timer. */
  waitsWhenIdle: boolean;
  /** Nanoseconds until the next timer while the machine idles, 0 while it has something to do. */
  readonly idleFor: number;
  /** Lets idle time pass, at most up to the next timer. */
  passIdle(nanoseconds: number): void;
  /** All processors are halted with interrupts disabled. */
  readonly isDeaf: boolean;
}

export interface SessionOptions {
  script: readonly ScriptStep[];
  /** Seconds of the host's time. */
  timeout?: number;
  instructions?: number;
  /** Somebody sits at the terminal: an idle machine waits as long as its clock says. */
  interactive?: boolean;
  /** Takes console output, a piece at a time. */
  output(bytes: Uint8Array): void;
  /** Milliseconds of the host's time, for the time-out and the report only. */
  clock?: () => number;
  /** Lets the host's events happen; resolves when the machine may go on, at the latest after that many milliseconds. */
  pause?: (milliseconds: number, wakeUp: AbortSignal) => Promise<void>;
}

export type Outcome = 'script done' | 'instructions reached' | 'time-out' | 'left' | MachineEnd['kind'];

export interface SessionResult {
  outcome: Outcome;
  exitCode: 0 | 1 | 3;
  /** For the user, on stderr; empty when there is nothing to say. */
  message: string;
  seconds: number;
}

/** Some 5 to 50 ms of the host's time: short enough for a key to be felt at once, long enough to cost nothing. */
const SLICE = 4_000_000;
const OUTPUT_PIECE = 4096;
/** Nanoseconds of virtual time; an orderly shutdown pauses for a second or two between its messages. */
const SETTLE = 5e9;
/** Nanoseconds of virtual time after which a processor that is halted with interrupts disabled is taken to have halted for good. */
const DEAF = 10e9;
/** Milliseconds of the host's time after which an idle session looks around: for its time-out, and for others that stop it. */
const NAP = 100;

export class Session {
  readonly #machine: SessionMachine;
  readonly #options: SessionOptions;
  readonly #script: ConsoleScript;
  /** Whether the last step types, so that the guest is still to be heard when the script is finished. */
  readonly #endsTyping: boolean;
  readonly #piece = new Uint8Array(OUTPUT_PIECE);
  #pieceLength = 0;
  #left = false;
  /** When the machine was first seen deaf, and at which instruction. */
  #deaf: { instructions: number; now: number } | undefined;
  /** Ends a nap. */
  #alarm = new AbortController();
  /** Virtual time of the last byte on COM1, in either direction. */
  #lastTraffic = 0;

  constructor(machine: SessionMachine, options: SessionOptions) {
    this.#machine = machine;
    this.#options = options;
    this.#script = new ConsoleScript(options.script);
    const last = options.script.at(-1);
    this.#endsTyping = last !== undefined && 'send' in last;
    this.#lastTraffic = machine.now;
    machine.onConsoleOutput((byte) => this.#hear(byte));
  }

  /** The user types. */
  type(bytes: Uint8Array): void {
    this.#machine.typeOnConsole(bytes);
    this.#alarm.abort();
  }

  /** The user has had enough: the session ends after the current slice. */
  leave(): void {
    this.#left = true;
    this.#alarm.abort();
  }

  async run(): Promise<SessionResult> {
    const { clock = () => performance.now(), pause = nap, timeout, instructions = Number.MAX_SAFE_INTEGER } = this.#options;
    const started = clock();
    const finish = (outcome: Outcome, end?: MachineEnd): SessionResult => {
      this.#flush();
      return { outcome, ...this.#judge(outcome, end), seconds: (clock() - started) / 1000 };
    };
    this.#machine.waitsWhenIdle = this.#options.interactive ?? false;
    for (const bytes of this.#script.start()) this.#machine.typeOnConsole(bytes);
    while (true) {
      const end = this.#machine.run(Math.min(instructions, this.#machine.instructions + SLICE));
      this.#flush();
      if (this.#isDone()) return finish('script done');
      if (end) return finish(end.kind, end);
      if (this.#isGone()) return finish('halted');
      if (this.#machine.instructions >= instructions) return finish('instructions reached');
      if (timeout !== undefined && clock() - started >= timeout * 1000) {
        return finish(this.#endsTyping && this.#script.finished ? 'script done' : 'time-out');
      }
      await this.#pause(pause, clock);
      if (this.#left) return finish('left');
    }
  }

  async #pause(pause: NonNullable<SessionOptions['pause']>, clock: () => number): Promise<void> {
    const idle = this.#machine.waitsWhenIdle ? this.#machine.idleFor : 0;
    const began = clock();
    this.#alarm = new AbortController();
    await pause(Math.min(idle / 1e6, NAP), this.#alarm.signal);
    if (idle > 0) this.#machine.passIdle((clock() - began) * 1e6);
  }

  #hear(byte: number): void {
    this.#piece[this.#pieceLength++] = byte;
    if (this.#pieceLength === OUTPUT_PIECE) this.#flush();
    this.#lastTraffic = this.#machine.now;
    if (this.#script.finished) return;
    for (const bytes of this.#script.feed(Uint8Array.of(byte))) this.#machine.typeOnConsole(bytes);
    if (this.#isDone()) this.#machine.stop();
  }

  #isGone(): boolean {
    const { instructions, now, isDeaf } = this.#machine;
    if (!isDeaf) this.#deaf = undefined;
    else if (this.#deaf?.instructions !== instructions) this.#deaf = { instructions, now };
    return this.#deaf !== undefined && now - this.#deaf.now >= DEAF;
  }

  #isDone(): boolean {
    if (this.#options.script.length === 0 || !this.#script.finished) return false;
    return !this.#endsTyping || this.#machine.now - this.#lastTraffic >= SETTLE;
  }

  #flush(): void {
    if (this.#pieceLength > 0) this.#options.output(this.#piece.slice(0, this.#pieceLength));
    this.#pieceLength = 0;
  }

  #judge(outcome: Outcome, end: MachineEnd | undefined): Pick<SessionResult, 'exitCode' | 'message'> {
    const waiting = this.#script.waitingFor;
    const rest = waiting ? `, still waiting for /${waiting.source}/` : '';
    switch (outcome) {
      case 'script done':
        return { exitCode: 0, message: '' };
      case 'time-out':
        return { exitCode: 1, message: `time-out after ${this.#options.timeout} s${rest}` };
      case 'panic':
        return { exitCode: 3, message: end?.message ?? 'the guest reported a panic' };
      case 'triple-fault':
        return { exitCode: 3, message: end?.message ?? 'triple fault' };
      case 'halted':
        return { exitCode: 1, message: `the processor halted with nothing left to wake it${rest}` };
      case 'power-off':
      case 'instructions reached':
      case 'left':
        return waiting ? { exitCode: 1, message: `${outcome}${rest}` } : { exitCode: 0, message: '' };
    }
  }
}

function nap(milliseconds: number, wakeUp: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    // A timer would cost a millisecond where there is nothing to wait for.
    if (milliseconds === 0) {
      setImmediate(resolve);
      return;
    }
    const timer = setTimeout(resolve, milliseconds);
    wakeUp.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
