// SPDX-License-Identifier: MIT
/** @fileoverview What the host can ask of ZFS; texts come as bytes with their number, results are 0, a number, or -errno. */
export { heapLive } from 'runtime/heap';
export { start } from './node';
export { answer, complaints } from './subject';
export * from './pools';
export * from './files';
export * from './volumes';
export * from './commands';
export * from './surgery';
