// SPDX-License-Identifier: MIT
/** @fileoverview Long work of the page in several tasks, between which the browser serves the user. */

/** Milliseconds; pages that nobody sees have no frames. */
const LONGEST_FRAME = 100;

/** Resolves in a task of its own, after what waits now. */
export const nextTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** Resolves when the browser has drawn what there is. */
export const nextFrame = (): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, LONGEST_FRAME);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      setTimeout(resolve, 0);
    });
  });
