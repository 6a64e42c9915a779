// SPDX-License-Identifier: MIT
/**
 * @fileoverview A workshop (`jit/order.ts`) on another thread: hot code of all machines of a host is compiled there while they go on interpreting it.
 * Either end is given by the host: Node and browsers start threads, and pass messages, in ways of their own.
 *
 * The thread is begun when the first machine has something to compile, and takes orders once it has said that it is ready. If it cannot be begun, or
 * ends, machines compile for themselves.
 */
import { cpuModel, DEFAULT_MODEL } from '../isa/system/models.ts';
import { fulfil, type Order, type Product, type Workshop } from '../jit/order.ts';
import { tablesOf } from './tables.ts';

export interface Task {
  id: number;
  order: Order;
}
export interface Result {
  id: number;
  product: Product | undefined;
}
/** Number of what a thread answers first, unasked: it is ready. */
const READY = -1;
/** What reaches the thread. */
export interface WorkshopThread {
  post(task: Task): void;
}
/** Begins a thread, and says whom to call with what it answers, and when it has failed. */
export type BeginThread = (answer: (result: Result) => void, failed: () => void) => WorkshopThread;

export class RemoteWorkshop implements Workshop {
  private readonly begin: BeginThread;
  private thread: WorkshopThread | undefined;
  private readonly waiting = new Map<number, (product: Product | undefined) => void>();
  private next = 0;
  private working = false;
  private broken = false;

  constructor(begin: BeginThread) {
    this.begin = begin;
  }
  get ready(): boolean {
    if (!this.thread && !this.broken) this.start();
    return this.working;
  }
  private start(): void {
    try {
      this.thread = this.begin(
        ({ id, product }) => {
          if (id === READY) this.working = !this.broken;
          else this.answer(id, product);
        },
        () => this.fail(),
      );
    } catch {
      this.fail();
    }
  }
  submit(order: Order, done: (product: Product | undefined) => void): void {
    const id = this.next++;
    this.waiting.set(id, done);
    if (this.working) this.thread!.post({ id, order });
    else this.answer(id, undefined);
  }
  private answer(id: number, product: Product | undefined): void {
    const done = this.waiting.get(id);
    this.waiting.delete(id);
    done?.(product);
  }
  /** Nothing comes back from the thread any more. */
  private fail(): void {
    this.broken = true;
    this.working = false;
    for (const id of [...this.waiting.keys()]) this.answer(id, undefined);
  }
}

/** The other end: what a thread says first, and what it does with each task. `keys`: of the interpreter, by handler. */
export function workshopFloor(keys: readonly string[]): { first: Result; work: (task: Task) => Result } {
  // Most machines have this one, whose tables take long.
  tablesOf(cpuModel(DEFAULT_MODEL)!);
  return {
    first: { id: READY, product: undefined },
    work: ({ id, order }) => {
      const model = cpuModel(order.model);
      return { id, product: model && fulfil(order, tablesOf(model), keys) };
    },
  };
}
