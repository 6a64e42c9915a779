// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { formatRows, geometricMean, meanRatio, median, type Row } from './table.ts';

const rows: Row[] = [
  { kernel: 'sha256', median: { native: 100, ours: 200, other: 400 } },
  { kernel: 'list', median: { native: 50, ours: 400, other: 200 } },
  { kernel: 'fork', median: { native: 10, ours: 1000 } },
];

test('medians of odd and even numbers of values', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
});

test('means are geometric, over rows that both subjects have', () => {
  expect(geometricMean([1, 4])).toBe(2);
  expect(meanRatio(rows, 'ours', 'other', ['sha256', 'list', 'fork'])).toBeCloseTo(1);
  expect(meanRatio(rows, 'ours', 'native', ['fork'])).toBeCloseTo(100);
  expect(meanRatio(rows, 'ours', 'other', ['fork'])).toBeUndefined();
});

test('a subject that did not run has a dash', () => {
  expect(formatRows(['native', 'ours', 'other'], rows)).toBe(
    [
      '        native ms  ours x  other x',
      'sha256        100    2.00     4.00',
      'list           50    8.00     4.00',
      'fork           10   100.0        -',
    ].join('\n'),
  );
});
