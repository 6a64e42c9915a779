// SPDX-License-Identifier: MIT
/** @fileoverview zcat(1): show compressed files */
/** @manual
 * DESCRIPTION
 * Writes what compressed files hold to standard output and leaves them as they are. Options are those of gzip(1).
 */
export { main } from './gzip';
export const USAGE: string = 'zcat [-flqv] [file ...]';
