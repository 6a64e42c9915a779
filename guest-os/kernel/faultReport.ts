// SPDX-License-Identifier: MIT
/**
 * @fileoverview What the console says when a program fails: the reason and, for images with our tables, the calls by name and line.
 *
 * Nothing is said where the program has a handler for the signal. What is printed comes from the program's memory and is bounded and
 * cleaned by `runtime/symbols`.
 */
import { TrapFrame } from 'layout/processor';
import { print, printDecimal, printHex } from 'runtime/console';
import { printPlace, printStack } from 'runtime/symbols';
import { Process } from './process/process';
import { SIG_DFL } from './signal/signal';
import { reasonOf } from 'runtime/exceptions';

export function printFault(process: Process, frame: TrapFrame, signal: i32, at: u64): void {
  if (process.dispositions[signal].handler != SIG_DFL || !process.tables) return;
  print(process.name);
  print('[');
  printDecimal(process.pid);
  print(']: ');
  print(reasonOf(frame.vector, frame.rip, at, true));
  if (at) {
    print(', address 0x');
    printHex(at);
  }
  print('\n  at ');
  printPlace(process.tables, frame.rip);
  print('\n');
  printStack(process.tables, frame.rbp);
}
