// SPDX-License-Identifier: MIT
/** @fileoverview Long work of the page, or of its worker, in several tasks, between which the browser serves the user and brings messages. */

/** Milliseconds; pages that nobody sees have no frames. */
const LONGEST_FRAME = 100;

const { port1: here, port2: there } = new MessageChannel();
const waiting: (() => void)[] = [];
here.onmessage = () => waiting.shift()?.();

/** Resolves in a task of its own, after what waits now. Browsers hold back time-outs that follow each other by 4 ms, messages they do not. */
export const nextTask = (): Promise<void> =>
  new Promise((resolve) => {
    waiting.push(resolve);
    there.postMessage(undefined);
  });

/** Resolves when the browser has drawn what there is. */
export const nextFrame = (): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, LONGEST_FRAME);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      setTimeout(resolve, 0);
    });
  });
