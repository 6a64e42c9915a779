// SPDX-License-Identifier: MIT
/** @fileoverview A kernel that says hello, counts timer ticks and runs the program it was given. See docs/toolchain-tutorial.md. */
import { sti } from 'machine/cpu';
import { bootModule, bootModuleSize, commandLine } from 'runtime/boot';
import { print } from 'runtime/console';
import { runProgram } from 'runtime/process';
import { startTimer, ticks } from 'runtime/trap';
import { provoke } from './faults';
export { kernelStart } from 'runtime/boot';
export { systemCallHandler, threadMain } from 'runtime/process';
export { trapHandler } from 'runtime/trap';

export function kmain(): void {
  print('Hello from the kernel, booted with "' + commandLine() + '".\n');
  startTimer(1000);
  sti();
  const until = ticks() + 10;
  while (ticks() < until) {}
  print('Ten timer interrupts came.\n');
  provoke(commandLine());
  if (bootModuleSize()) {
    const status = runProgram('hello', bootModule(), bootModuleSize());
    print('The program ended with status ' + status.toString() + '.\n');
  }
}
