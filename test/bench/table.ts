// SPDX-License-Identifier: MIT
/** @fileoverview What a comparison found, as figures and as a table. */
import type { KernelName } from './payload.ts';

/** Milliseconds of every round, by subject. */
export type Rounds = Map<string, number[]>;

export interface Row {
  kernel: KernelName;
  /** Median milliseconds, by subject. */
  median: Record<string, number>;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** The geometric mean of `subject`'s times over `other`'s, for the rows named. */
export function meanRatio(rows: readonly Row[], subject: string, other: string, kernels: readonly string[]): number | undefined {
  const ratios = rows
    .filter(({ kernel, median }) => kernels.includes(kernel) && median[subject] !== undefined && median[other] !== undefined)
    .map(({ median }) => median[subject] / median[other]);
  return ratios.length === 0 ? undefined : geometricMean(ratios);
}

/** Times of the first subject in milliseconds, of the others as multiples of it; below 10 with two decimals. */
export function formatRows(subjects: readonly string[], rows: readonly Row[]): string {
  const [first, ...others] = subjects;
  const header = ['', `${first} ms`, ...others.map((name) => `${name} x`)];
  const lines = rows.map(({ kernel, median }) => [
    kernel,
    median[first].toFixed(0),
    ...others.map((name) => (median[name] === undefined ? '-' : multiple(median[name] / median[first]))),
  ]);
  return alignColumns([header, ...lines]);
}

const multiple = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(1));

/** The first column to the left, the others to the right. */
export function alignColumns(lines: readonly (readonly string[])[]): string {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const cell = (text: string, column: number) => (column === 0 ? text.padEnd(widths[0]) : text.padStart(widths[column] + 2));
  return lines.map((line) => line.map(cell).join('').trimEnd()).join('\n');
}
