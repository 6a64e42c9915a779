// SPDX-License-Identifier: MIT
/** @fileoverview The four mistakes that must end in a clear report, on demand: `null`, `stack`, `range`, `unreachable`. */
class Box {
  pad: i32 = 0;
  value: i32 = 7;
}
const values: i32[] = [1, 2, 3];
let nothing: usize = 0;

export function provoke(word: string): i32 {
  if (word == 'null') return changetype<Box>(nothing).value;
  if (word == 'stack') return recurse(1);
  if (word == 'range') return values[values.length];
  if (word == 'unreachable') unreachable();
  return 0;
}

function recurse(depth: i32): i32 {
  return depth ? recurse(depth + 1) * depth : 0;
}
