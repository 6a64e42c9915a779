// SPDX-License-Identifier: MIT
/**
 * @fileoverview Exact conversion between virtual nanoseconds and the ticks of a clock that started at power-on.
 *
 * A clock of `hz` has made `floor(ns * hz / 1e9)` ticks at time `ns`. Whole seconds are split off first, so that no product exceeds
 * 2^53 for clocks below 9 MHz and all times below 2^53 ns.
 */

/** Ticks made up to and including `ns`. */
export function ticksAt(ns: number, hz: number): number {
  const seconds = Math.floor(ns / 1e9);
  return seconds * hz + Math.floor(((ns - seconds * 1e9) * hz) / 1e9);
}

/** The first nanosecond at which `tick` ticks have been made. */
export function timeOfTick(tick: number, hz: number): number {
  const seconds = Math.floor(tick / hz);
  return seconds * 1e9 + Math.ceil(((tick - seconds * hz) * 1e9) / hz);
}
