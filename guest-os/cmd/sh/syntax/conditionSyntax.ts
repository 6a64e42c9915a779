// SPDX-License-Identifier: MIT
/** @fileoverview What `[[ … ]]` of bash is made of. */

/** A leaf: `operator` with one operand (-f, -z …) or two (==, -lt …), or nothing, for a word alone. A node: `!`, `&&`, `||`. */
export class Condition {
  left: Condition | null = null;
  right: Condition | null = null;
  /** Words as they are written. */
  first: string = '';
  second: string = '';
  constructor(public readonly operator: string) {}
}
