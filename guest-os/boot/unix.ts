// SPDX-License-Identifier: MIT
/** @fileoverview What the entry stubs call in the kernel `unix`. */
export { kernelStart } from './loader';
export { threadMain } from '../kernel/process/life';
export { systemCallHandler, trapHandler } from '../kernel/trap';
