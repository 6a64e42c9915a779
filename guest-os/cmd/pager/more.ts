// SPDX-License-Identifier: MIT
/** @fileoverview more(1): read files page by page, and end behind the last: see less(1) */
export { main, USAGE } from './less';
