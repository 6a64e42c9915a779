// SPDX-License-Identifier: MIT
/** @fileoverview [(1): test, with ] at the end. */
/** @manual
 * DESCRIPTION
 * Evaluates a condition, as test(1) does.
 *
 * SEE ALSO
 * test(1)
 */

export const USAGE: string = '[ expression ]';

export { main } from './test_';
