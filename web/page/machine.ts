// SPDX-License-Identifier: MIT
/**
 * @fileoverview The machine as the page sees it: a worker, its state, and events.
 *
 *   preparing --ready--> off --start--> starting --started--> on <--pause, breakpoint, resume--> paused --ended, fault, stop--> off
 *                                          `--refused, fault, stop--> off
 *
 * A worker holds one machine only. So whenever a machine is gone its worker is terminated, which gives its memory back. While a machine runs
 * the next worker is made ready, so that a restart or a snapshot need not wait for it. `start` may be called while preparing: it takes effect when
 * the worker is ready. The first worker is made when it is first needed: it and the browser's compilers keep two processors busy, so a page
 * that has still to draw itself had better do that first.
 */
import type {
  Answers,
  Call,
  Figures,
  FromWorker,
  Inspection,
  Port,
  Screen,
  Speed,
  StartMessage,
  ToWorker,
  View,
} from '../worker/messages.ts';

import type { Stroke } from './keys.ts';

export type MachineState = 'preparing' | 'off' | 'starting' | 'on' | 'paused';

export interface MachineEvents {
  stateChanged(state: MachineState): void;
  /** The processors there are. */
  models(models: readonly { name: string; brand: string }[]): void;
  progress(file: string, loaded: number, total: number): void;
  /** Resolves when the bytes have been shown. */
  output(port: Port, bytes: Uint8Array): Promise<void>;
  /** An Ethernet frame from the machine's network card. */
  frame(frame: Uint8Array): void;
  figures(figures: Figures): void;
  /** The machine idles, and the next worker is ready: there is time for what can wait. Called more than once. */
  rest(): void;
  inspection(inspection: Inspection): void;
  screen(screen: Screen): void;
  breakpoint(address: bigint): void;
  missing(message: string): void;
  /** Why there is no machine any more: it ended, could not be, or failed. Not called after `stop`. */
  over(message: Extract<FromWorker, { kind: 'ended' | 'refused' | 'fault' }>): void;
}

/**
 * Milliseconds after a machine's start until the next worker is made: the first when it idles, since its user may just be beginning; the second in
 * any case. Let it boot first.
 */
const SPARE_WHEN_IDLE = 1000;
const SPARE_AFTER = 10_000;

interface Spare {
  worker: Worker;
  /** What it has said so far; that it is ready comes last. */
  heard: FromWorker[];
}

interface Waiting {
  resolve(value: never): void;
  reject(error: Error): void;
}

export class PageMachine {
  readonly #events: MachineEvents;
  #worker: Worker | undefined;
  #spare: Spare | undefined;
  #spareTimer = 0;
  /** By performance.now(). */
  #startedAt = 0;
  #ready = false;
  #wanted: StartMessage | undefined;
  #on = false;
  #paused = false;
  #speed: Speed = 'real';
  #views: readonly View[] = [];
  #calls = new Map<number, Waiting>();
  #lastCall = 0;

  constructor(events: MachineEvents) {
    this.#events = events;
  }

  get state(): MachineState {
    if (this.#on) return this.#paused ? 'paused' : 'on';
    if (this.#wanted) return 'starting';
    return this.#ready ? 'off' : 'preparing';
  }
  /** There is a machine, running or not. */
  get isOn(): boolean {
    return this.#on;
  }

  start(options: Omit<StartMessage, 'kind' | 'speed'>): void {
    if (!this.#worker || this.#on || this.#wanted) this.#prepare();
    this.#wanted = { kind: 'start', speed: this.#speed, ...options };
    if (this.#ready) this.#send(this.#wanted);
    this.#events.stateChanged(this.state);
  }

  /** Pulls the plug. */
  stop(): void {
    if (this.#on || this.#wanted) this.#prepare();
  }

  type(port: Port, bytes: Uint8Array): void {
    if (this.#on) this.#send({ kind: 'type', port, bytes });
  }
  key(code: number, pressed: boolean): void {
    if (this.#on) this.#send({ kind: 'key', code, pressed });
  }
  /** As fast as the guest takes them. */
  strokes(strokes: readonly Stroke[]): void {
    if (this.#on && strokes.length > 0) this.#send({ kind: 'strokes', strokes });
  }
  mouse(dx: number, dy: number, wheel: number, buttons: number): void {
    if (this.#on) this.#send({ kind: 'mouse', dx, dy, wheel, buttons });
  }
  sendFrame(frame: Uint8Array): void {
    if (this.#on) this.#send({ kind: 'frame', frame });
  }

  pause(): void {
    if (this.#on) this.#send({ kind: 'pause' });
  }
  resume(): void {
    if (this.#on) this.#send({ kind: 'resume' });
  }
  reset(): void {
    if (this.#on) this.#send({ kind: 'reset' });
  }
  pressPowerButton(): void {
    if (this.#on) this.#send({ kind: 'power-button' });
  }
  step(count: number): void {
    if (this.#on) this.#send({ kind: 'step', count });
  }
  setBreakpoint(address: bigint, set: boolean): void {
    if (this.#on) this.#send({ kind: 'breakpoint', address, set });
  }
  look(processor: number, address: bigint | undefined): void {
    if (this.#on) this.#send({ kind: 'look', processor, address });
  }
  get speed(): Speed {
    return this.#speed;
  }
  set speed(speed: Speed) {
    this.#speed = speed;
    if (this.#on) this.#send({ kind: 'speed', speed });
  }
  watch(views: readonly View[]): void {
    this.#views = views;
    if (this.#on) this.#send({ kind: 'watch', views });
  }

  /** Rejects with an Error of one line. */
  call<Name extends Call['name']>(call: Extract<Call, { name: Name }>): Promise<Answers[Name]> {
    if (!this.#worker) this.#prepare();
    const number = ++this.#lastCall;
    return new Promise((resolve, reject) => {
      this.#calls.set(number, { resolve, reject });
      this.#send({ kind: 'call', number, call });
    });
  }

  /** A new worker in place of the old one. */
  #prepare(): void {
    this.#worker?.terminate();
    for (const { reject } of this.#calls.values()) reject(new Error('the machine was stopped first'));
    this.#calls.clear();
    this.#ready = this.#on = this.#paused = false;
    this.#wanted = undefined;
    clearTimeout(this.#spareTimer);
    const { worker, heard } = this.#spare ?? makeSpare();
    this.#spare = undefined;
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (worker === this.#worker) this.#receive(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (worker === this.#worker) this.#over({ kind: 'fault', message: event.message || 'the worker could not be loaded' });
    };
    for (const message of heard) this.#receive(message);
    this.#events.stateChanged(this.state);
  }

  #makeSpare(): void {
    clearTimeout(this.#spareTimer);
    if (this.#on) this.#spare ??= makeSpare();
  }

  #receive(message: FromWorker): void {
    const events = this.#events;
    switch (message.kind) {
      case 'ready':
        this.#ready = true;
        events.models(message.models);
        if (this.#wanted) this.#send(this.#wanted);
        events.stateChanged(this.state);
        return;
      case 'progress':
        events.progress(message.file, message.loaded, message.total);
        return;
      case 'started':
        this.#on = true;
        this.#wanted = undefined;
        this.#startedAt = performance.now();
        this.#spareTimer = setTimeout(() => this.#makeSpare(), SPARE_AFTER) as unknown as number;
        this.watch(this.#views);
        events.stateChanged(this.state);
        return;
      case 'paused':
        this.#paused = message.paused;
        events.stateChanged(this.state);
        if (message.breakpoint !== undefined) events.breakpoint(message.breakpoint);
        return;
      case 'output': {
        const worker = this.#worker;
        void events.output(message.port, message.bytes).then(() => {
          if (worker === this.#worker) this.#send({ kind: 'credit', bytes: message.bytes.length });
        });
        return;
      }
      case 'frame':
        events.frame(message.frame);
        return;
      case 'figures':
        events.figures(message.figures);
        // The first figures come before anything has run.
        if (message.figures.mips !== undefined || performance.now() - this.#startedAt <= SPARE_WHEN_IDLE) return;
        if (this.#spare?.heard.at(-1)?.kind === 'ready') events.rest();
        this.#makeSpare();
        return;
      case 'inspection':
        events.inspection(message.inspection);
        return;
      case 'screen':
        events.screen(message.screen);
        return;
      case 'missing':
        events.missing(message.message);
        return;
      case 'reply':
        this.#calls.get(message.number)?.resolve(message.value as never);
        this.#calls.delete(message.number);
        return;
      case 'failure':
        this.#calls.get(message.number)?.reject(new Error(message.message));
        this.#calls.delete(message.number);
        return;
      default:
        this.#over(message);
    }
  }

  #over(message: Extract<FromWorker, { kind: 'ended' | 'refused' | 'fault' }>): void {
    const { figures } = message.kind === 'ended' ? message : {};
    if (figures) this.#events.figures(figures);
    // A worker that fails before it is ready would only fail again.
    if (this.#ready) this.#prepare();
    else {
      this.#wanted = undefined;
      this.#events.stateChanged(this.state);
    }
    this.#events.over(message);
  }

  #send(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }
}

function makeSpare(): Spare {
  const worker = new Worker(new URL('../worker/worker.ts', import.meta.url), { type: 'module' });
  const heard: FromWorker[] = [];
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => heard.push(data);
  return { worker, heard };
}
