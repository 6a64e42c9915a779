// SPDX-License-Identifier: MIT
/** @fileoverview What a program sees of sockets, event ports, pseudo terminals, mounts, disks and keys of a shell: `io`, run by test/os/io.test.ts. */
import { report } from '../check';
import { testDisks, testPseudo } from './disks';
import { testKeys } from './keys';
import { testMounts } from './mounts';
import { testPorts } from './ports';
import { testSockets } from './sockets';

export function main(): i32 {
  testSockets();
  testPorts();
  testMounts();
  testDisks();
  testPseudo();
  testKeys();
  return report();
}
