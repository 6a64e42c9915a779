// SPDX-License-Identifier: MIT
/** @fileoverview A user program that says hello. See docs/toolchain-tutorial.md. */
import { print } from 'runtime/console';
import { getpid } from 'runtime/system';

class Greeting {
  constructor(private readonly who: string) {}
  toString(): string {
    return 'Hello from ' + this.who + ' ' + getpid().toString() + '.\n';
  }
}

export function main(): i32 {
  print(new Greeting('process').toString());
  return 42;
}
