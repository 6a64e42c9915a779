// SPDX-License-Identifier: MIT
/** @fileoverview fgrep(1): grep -F, lines that contain a string */
export { main, USAGE } from './grep';
