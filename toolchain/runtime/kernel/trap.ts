// SPDX-License-Identifier: MIT
/**
 * @fileoverview Exceptions and interrupts of a small kernel: the IDT, handlers by vector, clear words for what went wrong.
 *
 * A fault in user mode is handed to {@link setUserFault}'s function; in the kernel it is a panic, unless the fault table names
 * the instruction (user copies).
 * APM vol. 2, chapter 8. 8259A and 8254 data sheets for the timer.
 */
import { GateDescriptor, PseudoDescriptor, TrapFrame, PerCpuAt } from 'layout/processor';
import { lidt, outb, readCr2 } from 'machine/cpu';
import { address } from 'machine/mem';
import * as percpu from 'machine/percpu';
import { trapEntries } from 'machine/stubs';
import { print, printDecimal, printHex } from 'runtime/console';
import { reasonOf, recover, VECTOR_DF, VECTOR_PF } from 'runtime/exceptions';
import { beginPanic, endPanic } from 'runtime/panic';

/** Where the interrupt controllers' lines begin. */
const VECTOR_IRQ: i32 = 32;

const KERNEL_CODE: u16 = 0x08;
const INTERRUPT_GATE: u8 = 0x8e;
/** The task state's interrupt stack for double faults. */
const DOUBLE_FAULT_STACK: u8 = 1;

const idt = memory.data(4096, 16);
const pseudo = memory.data(16, 16);
const handlers = new StaticArray<((frame: TrapFrame) => void) | null>(256);
let userFault: ((frame: TrapFrame, reason: string, at: u64) => void) | null = null;
let ticks_: u64 = 0;

/** Timer interrupts so far. */
export function ticks(): u64 {
  return ticks_;
}

export function setHandler(vector: i32, handler: (frame: TrapFrame) => void): void {
  handlers[vector] = handler;
}
/** Called for faults of user code: why, and at which address where one is involved. */
export function setUserFault(handler: (frame: TrapFrame, reason: string, at: u64) => void): void {
  userFault = handler;
}

export function initTraps(): void {
  for (let vector = 0; vector < 256; vector++) {
    const entry = trapEntries() + <u64>vector * 16;
    const gate = changetype<GateDescriptor>(idt + <usize>vector * GateDescriptor.SIZE);
    gate.offsetLow = <u16>entry;
    gate.offsetMiddle = <u16>(entry >> 16);
    gate.offsetHigh = <u32>(entry >> 32);
    gate.selector = KERNEL_CODE;
    gate.type = INTERRUPT_GATE;
    gate.ist = vector == <i32>VECTOR_DF ? DOUBLE_FAULT_STACK : 0;
  }
  const table = changetype<PseudoDescriptor>(pseudo);
  table.limit = 4095;
  table.base = address(idt);
  lidt(address(pseudo));
  routeInterrupts();
}

/** Moves the 8259A pair's lines away from the exceptions, where firmware leaves them, and masks them all. */
function routeInterrupts(): void {
  outb(0x20, 0x11);
  outb(0xa0, 0x11);
  outb(0x21, VECTOR_IRQ);
  outb(0xa1, VECTOR_IRQ + 8);
  outb(0x21, 4);
  outb(0xa1, 2);
  outb(0x21, 1);
  outb(0xa1, 1);
  outb(0x21, 0xff);
  outb(0xa1, 0xff);
}

/** Sends the timer's interrupt `hz` times a second: 8254 channel 0, line 0 of the 8259A pair. */
export function startTimer(hz: u32): void {
  setHandler(VECTOR_IRQ, (frame) => {
    ticks_++;
    outb(0x20, 0x20);
  });
  outb(0x21, 0xfe);
  const divisor: u32 = 1193182 / hz;
  outb(0x43, 0x34);
  outb(0x40, divisor & 0xff);
  outb(0x40, divisor >> 8);
}

/** Called by the stubs for every exception and interrupt, interrupts off. */
export function trapHandler(frame: TrapFrame): void {
  const vector = frame.vector;
  const handler = handlers[<i32>vector];
  if (handler) {
    percpu.add32(PerCpuAt.interruptDepthOffset, 1);
    handler(frame);
    percpu.add32(PerCpuAt.interruptDepthOffset, -1);
    return;
  }
  if (vector == VECTOR_PF && recover(frame)) return;
  const at = vector == VECTOR_PF || vector == VECTOR_DF ? readCr2() : 0;
  const reason = reasonOf(vector, frame.rip, at, (frame.cs & 3) != 0);
  const user = userFault;
  if (frame.cs & 3 && user) {
    user(frame, reason, at);
    return;
  }
  beginPanic(reason);
  if (at) {
    print(', address 0x');
    printHex(at);
  }
  print(', vector ');
  printDecimal(vector);
  print(', error 0x');
  printHex(frame.error);
  endPanic(frame.rip, frame.rbp);
}
