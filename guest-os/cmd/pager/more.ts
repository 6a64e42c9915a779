// SPDX-License-Identifier: MIT
/** @fileoverview more(1): read files page by page, and end behind the last */
/** @manual
 * DESCRIPTION
 * Is less(1), whose options and keys it has, but ends when a page is asked for behind the last one.
 */
export { main } from './less';
export const USAGE: string = 'more [-eEFiINRSX] [+command] [file ...]';
