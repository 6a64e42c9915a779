// SPDX-License-Identifier: MIT
/** @fileoverview gunzip(1): decompress files, as gzip -d */
export { main, USAGE } from './gzip';
