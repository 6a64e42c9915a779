// SPDX-License-Identifier: MIT
/** @fileoverview pkill(1): signal processes by name and other marks: see pgrep(1) */
export { main, USAGE } from './pgrep';
