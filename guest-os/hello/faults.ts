// SPDX-License-Identifier: MIT
/**
 * @fileoverview The four mistakes that must end in a clear report, on demand: the last word is `null`, `stack`, `range`
 * or `unreachable`.
 */
class Box {
  pad: i32 = 0;
  value: i32 = 7;
}
const values: i32[] = [1, 2, 3];
let nothing: usize = 0;

export function provoke(words: string): i32 {
  if (words.endsWith('null')) return changetype<Box>(nothing).value;
  if (words.endsWith('stack')) return recurse(1);
  if (words.endsWith('range')) return values[values.length];
  if (words.endsWith('unreachable')) unreachable();
  return 0;
}

function recurse(depth: i32): i32 {
  return depth ? recurse(depth + 1) * depth : 0;
}
