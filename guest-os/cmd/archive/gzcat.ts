// SPDX-License-Identifier: MIT
/** @fileoverview gzcat(1): show compressed files */
export { main, USAGE } from './gzip';
