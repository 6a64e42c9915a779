// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { VirtualClock } from './timers.ts';

test('timers fire by deadline, then creation', () => {
  const clock = new VirtualClock();
  const log: string[] = [];
  const a = clock.timer('a', () => log.push('a'));
  const b = clock.timer('b', () => log.push('b'));
  const c = clock.timer('c', () => log.push('c'));
  c.arm(10);
  b.arm(20);
  a.arm(20);
  expect(clock.nextDeadline()).toBe(10);
  clock.fire(9);
  expect(log).toEqual([]);
  clock.fire(25);
  expect(log).toEqual(['c', 'a', 'b']);
  expect([a.deadline, clock.nextDeadline(), clock.now()]).toEqual([undefined, Number.POSITIVE_INFINITY, 25]);
});

test('re-arming replaces the deadline, cancelling removes it', () => {
  const clock = new VirtualClock();
  let fired = 0;
  const timer = clock.timer('t', () => fired++);
  timer.arm(5);
  timer.arm(50);
  clock.fire(10);
  expect([fired, timer.deadline]).toEqual([0, 50]);
  timer.cancel();
  clock.fire(100);
  expect(fired).toBe(0);
});

test('a timer re-armed in the past goes off once a round, so the CPU always gets to run', () => {
  const clock = new VirtualClock();
  let fired = 0;
  const timer = clock.timer('t', () => {
    fired++;
    timer.arm(0);
  });
  timer.arm(0);
  clock.fire(0);
  expect(fired).toBe(1);
  clock.fire(1);
  expect(fired).toBe(2);
});

test('advancing lets each timer see its own deadline as the time', () => {
  const clock = new VirtualClock();
  const seen: number[] = [];
  const timer = clock.timer('t', () => {
    seen.push(clock.now());
    timer.arm(clock.now() + 7);
  });
  timer.arm(7);
  clock.advanceTo(30);
  expect(seen).toEqual([7, 14, 21, 28]);
  expect(clock.now()).toBe(30);
});

test('time does not run backwards, and two timers of one name are refused', () => {
  const clock = new VirtualClock();
  clock.setNow(5);
  expect(() => clock.setNow(4)).toThrow('clock: 4 ns is before the current 5 ns');
  clock.timer('t', () => {});
  expect(() => clock.timer('t', () => {})).toThrow('two timers called t');
  const other = new VirtualClock();
  other.load(clock.save());
  expect(other.now()).toBe(5);
});

test('arming before the deadline the machine knows of tells it so', () => {
  const clock = new VirtualClock();
  let told = 0;
  clock.onEarlierDeadline = () => told++;
  const [a, b] = [clock.timer('a', () => {}), clock.timer('b', () => {})];
  a.arm(100);
  expect([told, clock.nextDeadline()]).toEqual([1, 100]);
  b.arm(200);
  b.arm(100);
  a.cancel();
  expect(told).toBe(1);
  b.arm(50);
  b.arm(60);
  expect([told, clock.nextDeadline()]).toEqual([2, 60]);
  b.arm(55);
  expect(told).toBe(3);
});
