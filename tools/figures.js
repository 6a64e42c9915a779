// SPDX-License-Identifier: MIT
// @ts-check
/** @fileoverview How benches sum up what they have measured. */

/** @param {readonly number[]} values @param {number} percent */
export function percentile(values, percent) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))];
}
/** @param {readonly number[]} values */
export const median = (values) => percentile(values, 50);
/** @param {string} what @param {readonly number[]} values @param {string} unit @param {string} [more] */
export function report(what, values, unit, more = '') {
  const text = `${what}: median ${median(values).toFixed(1)} ${unit}, ${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)}`;
  console.log(more ? `${text}; ${more}` : text);
}
