// SPDX-License-Identifier: MIT
/** @fileoverview A change to the DSL that is made while a transaction group is synced, when everything before it has been written. */
import { Spa } from './spa';

export abstract class Task {
  result: i32 = 0;
  /** Makes the change; a negative errno: nothing was changed. */
  abstract run(spa: Spa, txg: u64): i32;
}
