// SPDX-License-Identifier: MIT
/**
 * @fileoverview The runtime of a kernel. What is exported here is exported by every kernel, and called by the stubs:
 * `collectFrom` by the collector's, `trapHandler` and `systemCallHandler` by the entries, `kernelStart` at boot.
 */
import 'runtime/abort';

export { collectFrom } from 'runtime/heap';
