// SPDX-License-Identifier: MIT
/**
 * @fileoverview The seed of random tests: another one for every commit, but the same whenever and wherever that commit is tested, so
 * that a failure is seen again by whoever looks for it. DIORAMA_SEED overrides it.
 */
import { execFileSync } from 'node:child_process';

const WITHOUT_GIT = 20260101;

/** An unsigned 32-bit number. */
export function commitSeed(): number {
  const given = process.env.DIORAMA_SEED;
  if (given !== undefined) return Number(given) >>> 0;
  try {
    const head = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return Number.parseInt(head.slice(0, 8), 16) >>> 0;
  } catch {
    return WITHOUT_GIT;
  }
}
