// SPDX-License-Identifier: MIT
/** @fileoverview egrep(1): grep -E, lines that match an extended regular expression */
/** @manual
 * DESCRIPTION
 * Searches as grep -E does.
 *
 * SEE ALSO
 * grep(1)
 */

export const USAGE: string = 'egrep [options] pattern [file ...]';

export { main } from './grep';
