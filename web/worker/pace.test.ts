// SPDX-License-Identifier: MIT
import { describe, expect, test } from 'vitest';
import { Pace } from './pace.ts';

describe('idle time', () => {
  test('passes after as long a sleep', () => {
    const pace = new Pace();
    expect(pace.sleepFor(20)).toBe(20);
    expect(pace.settle(20, 20)).toBe(20);
    expect(pace.sleepFor(20)).toBe(20);
  });

  test('passes in part when a sleep is cut short', () => {
    const pace = new Pace();
    expect(pace.settle(20, 7)).toBe(7);
    expect(pace.sleepFor(13)).toBe(13);
    expect(pace.settle(13, 13)).toBe(13);
  });

  test('of many short waits is slept for in instalments', () => {
    const pace = new Pace();
    let slept = 0;
    for (let i = 0; i < 1000; i++) {
      for (let wait = 0.3; wait > 0; ) {
        const sleep = pace.sleepFor(wait);
        slept += sleep;
        wait -= pace.settle(wait, sleep);
      }
    }
    expect(slept).toBeGreaterThan(295);
    expect(slept).toBeLessThanOrEqual(300);
  });

  test('makes up for sleeps that took too long, but not for ever', () => {
    const pace = new Pace();
    expect(pace.settle(20, 45)).toBe(20);
    expect(pace.sleepFor(20)).toBe(0);
    expect(pace.settle(20, 0)).toBe(20);
    expect(pace.sleepFor(20)).toBe(15);

    expect(pace.settle(20, 3_600_000)).toBe(20);
    let free = 0;
    while (pace.sleepFor(10) === 0) free += pace.settle(10, 0);
    expect(free).toBe(50);
  });

  test('without end is slept for a second at a time', () => {
    const pace = new Pace();
    expect(pace.sleepFor(Number.POSITIVE_INFINITY)).toBe(1000);
    expect(pace.settle(Number.POSITIVE_INFINITY, 1000)).toBe(1000);
  });
});
