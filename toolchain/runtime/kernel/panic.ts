// SPDX-License-Identifier: MIT
/**
 * @fileoverview The end of the kernel: why, where, by which calls; then whoever has asked for it is called (a crash dump); then the machine stops.
 *
 * Nothing here allocates. A panic inside a panic is told to the same, or halts at once. The machine is stopped through pvpanic (port 0x505, bit 0:
 * "guest panicked", QEMU docs/specs/pvpanic), so that whoever runs it headless learns of it, and halts where there is none.
 */
import { cli, framePointer, hlt, outb } from 'machine/cpu';
import { load64 } from 'machine/mem';
import { print } from 'runtime/console';
import { kernelTables, printPlace, printStack } from 'runtime/symbols';

const PVPANIC: u32 = 0x505;
const PANICKED: u32 = 1;

// @ts-ignore: decorator
@lazy let panicking: bool = false;
// @ts-ignore: decorator
@lazy let atEnd: ((reason: string) => void) | null = null;
// @ts-ignore: decorator
@lazy let atPanicWithin: ((reason: string) => void) | null = null;
// @ts-ignore: decorator
@lazy let why: string = '';

/** Where it happened: the instruction, and the frame of its function; for a debugger that has the memory afterwards. */
export const PANIC_PLACE: usize = memory.data(16, 8);

/**
 * `end` is called when all has been said, `within` at a panic in a panic, both with interrupts off and the reason. The machine stops as without them if
 * they return.
 */
export function setPanicCalls(end: (reason: string) => void, within: (reason: string) => void): void {
  atEnd = end;
  atPanicWithin = within;
}

export function panic(reason: string): void {
  beginPanic(reason);
  endPanicHere();
}

/** For traps, which know better where it happened: `beginPanic(…); print(details); endPanic(rip, rbp)`. */
export function beginPanic(reason: string): void {
  cli();
  if (panicking) {
    const call = atPanicWithin;
    if (call) call(reason);
    for (;;) hlt();
  }
  panicking = true;
  why = reason;
  print('\npanic: ');
  print(reason);
}

/** For callers that fail where they are. */
export function endPanicHere(): void {
  print('\n');
  notePlace(load64(framePointer() + 8), load64(framePointer()));
  printStack(kernelTables(), framePointer());
  stop();
}

export function endPanic(instruction: u64, frame: u64): void {
  print('\n  at ');
  printPlace(kernelTables(), instruction);
  print('\n');
  notePlace(instruction, frame);
  printStack(kernelTables(), frame);
  stop();
}

function notePlace(instruction: u64, frame: u64): void {
  store<u64>(PANIC_PLACE, instruction);
  store<u64>(PANIC_PLACE, frame, 8);
}

function stop(): void {
  const call = atEnd;
  if (call) call(why);
  outb(PVPANIC, PANICKED);
  for (;;) {
    cli();
    hlt();
  }
}
