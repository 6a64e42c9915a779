// SPDX-License-Identifier: MIT
/** @fileoverview A change to the DSL that is made while a transaction group is synced, when everything before it has been written. */
import { Dataset } from '../dsl/dataset';
import { Spa } from './spa';

export abstract class Task {
  result: i32 = 0;
  /** Heads that it shares with snapshots, or destroys: their intent logs end before it runs. */
  heads(): Dataset[] {
    return [];
  }
  /** Makes the change; a negative errno: nothing was changed. */
  abstract run(spa: Spa, txg: u64): i32;
}
