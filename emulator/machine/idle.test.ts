// SPDX-License-Identifier: MIT
import { describe, expect, test } from 'vitest';
import { multibootKernel } from '../../test/support/multibootKernel.ts';
import { interpreter } from '../interp/interpreter.ts';
import { Machine } from './machine.ts';

function machineWith(code: number[]): Machine {
  const machine = new Machine({ memory: 4 << 20, interpreter: interpreter() });
  machine.loadKernel(multibootKernel(code));
  return machine;
}

const CLI_HLT = [0xfa, 0xf4];
const PLENTY = 1e9;

describe('an idle machine', () => {
  test('lets its clock jump, and gives the host its turn now and then', () => {
    const machine = machineWith(CLI_HLT);
    expect(machine.run(PLENTY)).toBeUndefined();
    expect(machine.instructions).toBe(2);
    expect(machine.now).toBeGreaterThanOrEqual(1e9);
  });

  test('waits for the host where it is interactive', () => {
    const machine = machineWith(CLI_HLT);
    machine.waitsWhenIdle = true;
    expect(machine.run(PLENTY)).toBeUndefined();
    expect(machine.now).toBe(2);
    const wait = machine.idleFor;
    expect(wait).toBeGreaterThan(1);

    expect(machine.passIdle(1.5)).toBe(1);
    expect(machine.now).toBe(3);
    expect(machine.idleFor).toBe(wait - 1);
    expect(machine.passIdle(-1)).toBe(0);
    expect(machine.passIdle(Number.POSITIVE_INFINITY)).toBe(wait - 1);
    expect(machine.idleFor).toBe(0);
    machine.run(PLENTY);
    expect(machine.now).toBe(2 + wait);
    expect(machine.idleFor).toBeGreaterThan(0);
  });

  test('has no idle time while there is something to run', () => {
    const machine = machineWith([0xeb, 0xfe]);
    machine.waitsWhenIdle = true;
    machine.run(1000);
    expect(machine.idleFor).toBe(0);
    expect(machine.passIdle(5)).toBe(0);
    expect(machine.now).toBe(1000);
  });
});
