// SPDX-License-Identifier: MIT
/** @fileoverview egrep(1): grep -E, lines that match an extended regular expression */
export { main, USAGE } from './grep';
