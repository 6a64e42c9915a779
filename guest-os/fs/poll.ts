// SPDX-License-Identifier: MIT
/**
 * @fileoverview Readiness: how poll(2), event ports and whoever else waits for several files at once learn that one of them has changed.
 *
 * A file that can be waited for has a {@link PollHead} (two, where both directions can be waited for apart). `vnode.poll(events, poller)` first looks
 * whether any event holds; with a poller it also puts a {@link Watch} of it onto the head, so that nothing is missed between the
 * look and the wait. Whoever changes the state calls {@link PollHead.wake}, interrupt handlers too: pollers are told, nothing is
 * allocated. A poller then looks again at what it watches; a watch stays until {@link Poller.forget}.
 *
 * A head also has threads that wait for just this one file ({@link PollHead.wait}), as read and write do.
 */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { WaitQueue } from '../kernel/thread/waitQueue';

/** Events (<sys/poll.h>). */
export const POLLIN: i32 = 0x01;
export const POLLPRI: i32 = 0x02;
export const POLLOUT: i32 = 0x04;
export const POLLERR: i32 = 0x08;
export const POLLHUP: i32 = 0x10;
export const POLLNVAL: i32 = 0x20;
export const POLLRDNORM: i32 = 0x40;
export const POLLRDBAND: i32 = 0x80;
export const POLLWRBAND: i32 = 0x100;
/** What asks for reading and for writing, and what always holds for a plain file. */
export const POLL_READ: i32 = POLLIN | POLLRDNORM;
export const POLL_WRITE: i32 = POLLOUT;
export const POLL_ALWAYS: i32 = POLL_READ | POLL_WRITE | POLLRDBAND | POLLWRBAND;

export class Watch {
  next: Watch | null = null;
  /** The next of the same poller. */
  sibling: Watch | null = null;
  constructor(
    public readonly head: PollHead,
    public readonly poller: Poller,
  ) {}
}

export class PollHead {
  private readonly queue: WaitQueue = new WaitQueue();
  private watches: Watch | null = null;

  /** Something may hold now that did not. */
  wake(): void {
    this.queue.wakeAll();
    const flags = saveInterrupts();
    let watch: Watch | null = this.watches;
    while (watch) {
      const next = watch.next;
      watch.poller.changed();
      watch = next;
    }
    restoreInterrupts(flags);
  }

  /**
   * Waits until {@link wake}; interrupts may be on: whoever looked at the state before has not slept since. 0 or -EINTR. `deadline`: at most
   * until then, in nanoseconds since boot, then 0 and isTimedOut; 0: for ever.
   */
  wait(deadline: u64 = 0): i32 {
    const flags = saveInterrupts();
    const error = this.queue.waitUntil(true, deadline);
    restoreInterrupts(flags);
    return error;
  }

  add(watch: Watch): void {
    watch.next = this.watches;
    this.watches = watch;
  }
  remove(watch: Watch): void {
    let before: Watch | null = null;
    let at: Watch | null = this.watches;
    while (at) {
      if (at == watch) {
        if (before) before.next = at.next;
        else this.watches = at.next;
        return;
      }
      before = at;
      at = at.next;
    }
  }
}

/** Who watches files. {@link changed} may come from an interrupt handler. */
export abstract class Poller {
  private watches: Watch | null = null;

  abstract changed(): void;

  watch(head: PollHead): void {
    const watch = new Watch(head, this);
    const flags = saveInterrupts();
    watch.sibling = this.watches;
    this.watches = watch;
    head.add(watch);
    restoreInterrupts(flags);
  }

  /** Watches nothing any more. */
  forget(): void {
    const flags = saveInterrupts();
    let watch: Watch | null = this.watches;
    this.watches = null;
    while (watch) {
      watch.head.remove(watch);
      watch = watch.sibling;
    }
    restoreInterrupts(flags);
  }
}
