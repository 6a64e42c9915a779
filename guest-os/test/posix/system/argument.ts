// SPDX-License-Identifier: MIT
/** @fileoverview What arguments of calls are made with. */

/** Where structures are that a call reads or writes: good until the next call. */
export const page = memory.data(4096, 16);

/** An int as kernels take it. */
export function u(value: i32): u64 {
  return <u64>(<i64>value);
}
