// SPDX-License-Identifier: MIT
/** @fileoverview [(1): test, with ] at the end. */
export { main } from './test_';
