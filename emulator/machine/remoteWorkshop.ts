// SPDX-License-Identifier: MIT
/**
 * @fileoverview A workshop (`jit/order.ts`) on another thread: hot code of all machines of a host is compiled there while they go on interpreting it.
 * Either end is given by the host: Node and browsers start threads, and pass messages, in ways of their own.
 *
 * The thread is begun with the first order. If it cannot be, or ends, machines compile for themselves.
 */
import { cpuModel } from '../isa/system/models.ts';
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
  private broken = false;

  constructor(begin: BeginThread) {
    this.begin = begin;
  }
  submit(order: Order, done: (product: Product | undefined) => void): void {
    const id = this.next++;
    this.waiting.set(id, done);
    try {
      this.thread ??= this.begin(
        ({ id, product }) => this.answer(id, product),
        () => this.fail(),
      );
    } catch {
      this.fail();
    }
    if (this.broken) this.fail();
    else this.thread!.post({ id, order });
  }
  private answer(id: number, product: Product | undefined): void {
    const done = this.waiting.get(id);
    this.waiting.delete(id);
    done?.(product);
  }
  /** Nothing comes back from the thread any more. */
  private fail(): void {
    this.broken = true;
    for (const id of [...this.waiting.keys()]) this.answer(id, undefined);
  }
}

/** The other end: what a thread does with each task. `keys`: of the interpreter, by handler. */
export const workshopFloor =
  (keys: readonly string[]) =>
  ({ id, order }: Task): Result => {
    const model = cpuModel(order.model);
    return { id, product: model && fulfil(order, tablesOf(model), keys) };
  };
