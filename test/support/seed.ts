// SPDX-License-Identifier: MIT
/**
 * @fileoverview The seeds of random tests. The suite's verdict on a commit has to be about that commit, so what it tries is always the
 * same; looking for new failures is a command of its own, `DIORAMA_SEED=random ./diorama test`, which prints the seed that it drew,
 * and `DIORAMA_SEED=N` repeats it.
 */
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';

const FIXED = 20261126;
/** Where there is no git to ask. */
const WITHOUT_GIT = 20260101;

let drawn: number | undefined;

/** DIORAMA_SEED: undefined where it is not set. Processes started from here get what was drawn. */
function given(): number | undefined {
  const { DIORAMA_SEED: value } = process.env;
  if (value === undefined) return undefined;
  if (value !== 'random') return Number(value) >>> 0;
  if (drawn === undefined) {
    drawn = randomInt(2 ** 32);
    process.env.DIORAMA_SEED = String(drawn);
    console.log(`DIORAMA_SEED=${drawn}`);
  }
  return drawn;
}

/** The seed of a random test: an unsigned 32-bit number. */
export function testSeed(): number {
  return given() ?? FIXED;
}

/**
 * Another one for every commit, the same whenever and wherever that commit is tested. Only for samples of something that has been
 * seen to hold whole, such as the recorded vectors of which each commit repeats some.
 */
export function commitSeed(): number {
  const override = given();
  if (override !== undefined) return override;
  try {
    const head = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return Number.parseInt(head.slice(0, 8), 16) >>> 0;
  } catch {
    return WITHOUT_GIT;
  }
}
