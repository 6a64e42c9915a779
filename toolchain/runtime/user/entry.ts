// SPDX-License-Identifier: MIT
/**
 * @fileoverview The runtime of a user program. What is exported here is exported by every program: the entry stub calls
 * `main` and then `exit`, the collector's stub calls `collectFrom`.
 */
import 'runtime/abort';

export { collectFrom } from 'runtime/heap';
export { exit } from 'runtime/system';
