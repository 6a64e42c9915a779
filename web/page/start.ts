// SPDX-License-Identifier: MIT
/**
 * @fileoverview The page's first script, which only brings the others. What a document's own script does shares a task with the end of parsing, which
 * computes the style of the whole page and lays it out; what is brought comes in a task of its own.
 */
void import('./main.ts');
