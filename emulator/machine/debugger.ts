// SPDX-License-Identifier: MIT
/**
 * @fileoverview Stepping and breakpoints from outside: no debug register, no patched byte, nothing that a guest could notice.
 *
 * With breakpoints set the machine runs one instruction at a time and RIP is compared before each, which is exact on every processor and
 * some hundred times slower than running freely; without any it runs freely.
 */
import { linearRip } from './debugMemory.ts';
import type { Machine, MachineEnd } from './machine.ts';

export interface BreakpointHit {
  /** Whose next instruction it is. */
  processor: number;
  /** Linear address. */
  address: bigint;
}

export class Debugger {
  /** Linear addresses of instructions to stop before. */
  readonly breakpoints = new Set<bigint>();
  readonly #machine: Machine;
  /** Where the machine stands because of a breakpoint: it is passed when it goes on. */
  #passing: { address: bigint; instructions: number } | undefined;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /**
   * Like `Machine.run`, and stops before any instruction at a breakpoint: `hit` says so. The instruction that the machine stands at because of
   * a breakpoint is executed.
   */
  run(until: number): { end?: MachineEnd; hit?: BreakpointHit } {
    const machine = this.#machine;
    if (this.breakpoints.size === 0) return { end: machine.run(until) };
    while (machine.instructions < until) {
      const hit = this.#hit();
      if (hit && !(this.#passing?.address === hit.address && this.#passing.instructions === machine.instructions)) {
        this.#passing = { address: hit.address, instructions: machine.instructions };
        return { hit };
      }
      const before = machine.instructions;
      const end = machine.run(before + 1);
      if (end) return { end };
      // Idle: the host decides how time passes.
      if (machine.instructions === before) return {};
    }
    return {};
  }

  #hit(): BreakpointHit | undefined {
    for (const cpu of this.#machine.processors) {
      if (cpu.halted || cpu.parked) continue;
      const address = linearRip(cpu, BigInt.asUintN(64, cpu.rip));
      if (this.breakpoints.has(address)) return { processor: cpu.index, address };
    }
    return undefined;
  }
}
