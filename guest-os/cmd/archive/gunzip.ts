// SPDX-License-Identifier: MIT
/** @fileoverview gunzip(1): decompress files, as gzip -d */
/** @manual
 * DESCRIPTION
 * Replaces each file whose name ends in .gz by what it holds. Options are those of gzip(1).
 */
export { main } from './gzip';
export const USAGE: string = 'gunzip [-cfklnqrtv] [-S suffix] [file ...]';
