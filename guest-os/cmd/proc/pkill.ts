// SPDX-License-Identifier: MIT
/** @fileoverview pkill(1): signal processes by name and other marks */
/** @manual
 * DESCRIPTION
 * Sends a signal, TERM unless another is named, to the processes that pgrep(1) would find; options are the same.
 */
export { main } from './pgrep';
export const USAGE: string =
  'pkill [-signal] [-fnovx] [-P ppidlist] [-g pgrplist] [-s sidlist] [-u euidlist] [-U uidlist] [-t termlist] [-z zonelist] [pattern]';
