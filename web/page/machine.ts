// SPDX-License-Identifier: MIT
/**
 * @fileoverview The machine as the page sees it: a worker, its state, and events.
 *
 *   preparing --ready--> off --start--> starting --started--> on --ended, fault, stop--> off
 *                                          `--refused, fault, stop--> off
 *
 * A worker holds one machine only. So whenever a machine is gone its worker is terminated, which gives its memory back, and the next
 * worker is made ready at once. `start` may be called while preparing: it takes effect when the worker is ready.
 */
import type { Figures, FromWorker, Port, StartMessage, ToWorker } from '../worker/messages.ts';

export type MachineState = 'preparing' | 'off' | 'starting' | 'on';

export interface MachineEvents {
  stateChanged(state: MachineState): void;
  /** Resolves when the bytes have been shown. */
  output(port: Port, bytes: Uint8Array): Promise<void>;
  /** An Ethernet frame from the machine's network card. */
  frame(frame: Uint8Array): void;
  figures(figures: Figures): void;
  missing(message: string): void;
  /** Why there is no machine any more: it ended, could not be, or failed. Not called after `stop`. */
  over(message: Extract<FromWorker, { kind: 'ended' | 'refused' | 'fault' }>): void;
}

export class PageMachine {
  readonly #events: MachineEvents;
  #worker!: Worker;
  #ready = false;
  #wanted: StartMessage | undefined;
  #on = false;

  constructor(events: MachineEvents) {
    this.#events = events;
    this.#prepare();
  }

  get state(): MachineState {
    if (this.#on) return 'on';
    if (this.#wanted) return 'starting';
    return this.#ready ? 'off' : 'preparing';
  }

  start(options: StartMessage): void {
    if (this.state === 'on' || this.state === 'starting') return;
    this.#wanted = options;
    if (this.#ready) this.#send(options);
    this.#events.stateChanged(this.state);
  }

  /** Pulls the plug. */
  stop(): void {
    if (this.state !== 'on' && this.state !== 'starting') return;
    this.#prepare();
  }

  type(port: Port, bytes: Uint8Array): void {
    if (this.#on) this.#send({ kind: 'type', port, bytes });
  }

  sendFrame(frame: Uint8Array): void {
    if (this.#on) this.#send({ kind: 'frame', frame });
  }

  /** A new worker in place of the old one. */
  #prepare(): void {
    this.#worker?.terminate();
    this.#ready = this.#on = false;
    this.#wanted = undefined;
    const worker = new Worker(new URL('../worker/worker.ts', import.meta.url), { type: 'module' });
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (worker === this.#worker) this.#receive(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (worker === this.#worker) this.#over({ kind: 'fault', message: event.message || 'the worker could not be loaded' });
    };
    this.#events.stateChanged(this.state);
  }

  #receive(message: FromWorker): void {
    const events = this.#events;
    switch (message.kind) {
      case 'ready':
        this.#ready = true;
        if (this.#wanted) this.#send(this.#wanted);
        events.stateChanged(this.state);
        return;
      case 'started':
        this.#on = true;
        events.stateChanged(this.state);
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
        return;
      case 'missing':
        events.missing(message.message);
        return;
      default:
        this.#over(message);
    }
  }

  #over(message: Extract<FromWorker, { kind: 'ended' | 'refused' | 'fault' }>): void {
    // A worker that fails before it is ready would only fail again.
    if (this.#ready) this.#prepare();
    this.#events.over(message);
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }
}
