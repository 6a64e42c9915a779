// SPDX-License-Identifier: MIT
/** @fileoverview zcat(1): show compressed files */
export { main, USAGE } from './gzip';
