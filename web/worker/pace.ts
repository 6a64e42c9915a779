// SPDX-License-Identifier: MIT
/**
 * @fileoverview Keeps idle time in step with the wall clock.
 *
 * While the machine idles, the worker sleeps. Browsers sleep roughly (some milliseconds more than asked for, in hidden tabs a second),
 * and guests ask for much shorter waits, so waits are paid in instalments: those too short to sleep for pass at once and are
 * owed, and the worker sleeps when enough is owed. A sleep that took too long counts towards the following waits, up to a limit:
 * a guest that was put aside for an hour does not live through that hour in a hurry.
 */

/** Milliseconds; the shortest sleep that browsers grant. */
const SHORTEST_SLEEP = 4;
const LARGEST_CREDIT = 50;
/** A sleep ends at least this often, so that the figures stay alive. Also the largest that fits setTimeout, by far. */
const LONGEST_SLEEP = 1000;

export class Pace {
  /** Milliseconds that the wall clock is ahead of idle time; negative when behind. */
  #ahead = 0;

  /** How long to sleep before `wait` milliseconds of idle time may pass; 0 if they may at once. */
  sleepFor(wait: number): number {
    const rest = wait - this.#ahead;
    return rest < SHORTEST_SLEEP ? 0 : Math.min(rest, LONGEST_SLEEP);
  }
  /** The worker has slept so many milliseconds (0 if not at all): how much of the wait passes now. */
  settle(wait: number, slept: number): number {
    this.#ahead += slept;
    const passing = wait - this.#ahead < SHORTEST_SLEEP ? wait : Math.max(0, this.#ahead);
    this.#ahead = Math.min(this.#ahead - passing, LARGEST_CREDIT);
    return passing;
  }
}
