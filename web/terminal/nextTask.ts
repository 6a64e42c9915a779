// SPDX-License-Identifier: MIT
/** @fileoverview Long work of the page in several tasks, between which the browser serves the user. */

/** Resolves in a task of its own, after what waits now. */
export const nextTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
