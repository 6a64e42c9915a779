// SPDX-License-Identifier: MIT
/** @fileoverview fgrep(1): grep -F, lines that contain a string */
/** @manual
 * DESCRIPTION
 * Searches as grep -F does.
 *
 * SEE ALSO
 * grep(1)
 */

export const USAGE: string = 'fgrep [options] text [file ...]';

export { main } from './grep';
