// SPDX-License-Identifier: MIT
/**
 * @fileoverview The end of the kernel: why, where, by which calls; then the machine stops.
 *
 * Nothing here allocates. A panic inside a panic halts at once. The machine is stopped through pvpanic (port 0x505, bit 0:
 * "guest panicked", QEMU docs/specs/pvpanic), so that whoever runs it headless learns of it, and halts where there is none.
 */
import { cli, framePointer, hlt, outb } from 'machine/cpu';
import { print } from 'runtime/console';
import { kernelTables, printPlace, printStack } from 'runtime/symbols';

const PVPANIC: u32 = 0x505;
const PANICKED: u32 = 1;

// @ts-ignore: decorator
@lazy let panicking: bool = false;

export function panic(reason: string): void {
  beginPanic(reason);
  endPanicHere();
}

/** For traps, which know better where it happened: `beginPanic(…); print(details); endPanic(rip, rbp)`. */
export function beginPanic(reason: string): void {
  cli();
  if (panicking) for (;;) hlt();
  panicking = true;
  print('\npanic: ');
  print(reason);
}

/** For callers that fail where they are. */
export function endPanicHere(): void {
  print('\n');
  printStack(kernelTables(), framePointer());
  stop();
}

export function endPanic(instruction: u64, frame: u64): void {
  print('\n  at ');
  printPlace(kernelTables(), instruction);
  print('\n');
  printStack(kernelTables(), frame);
  stop();
}

function stop(): void {
  outb(PVPANIC, PANICKED);
  for (;;) {
    cli();
    hlt();
  }
}
