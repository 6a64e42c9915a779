// SPDX-License-Identifier: MIT
/** @fileoverview What the page needs of a browser, and what it says where that is missing. */

/** (func (result v128) i32.const 0, i8x16.splat): valid only where WebAssembly has SIMD. */
const SIMD = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11);

/** Undefined if everything is there. */
export function whatIsMissing(): string | undefined {
  if (typeof WebAssembly !== 'object')
    return 'This browser has no WebAssembly, or it is switched off: the machine cannot run here.';
  if (!WebAssembly.validate(SIMD)) {
    return "This browser's WebAssembly has no SIMD, which the machine needs: browsers have had it since 2021 (Safari since 2023).";
  }
  if (typeof Worker !== 'function') return 'This browser has no workers: the machine cannot run here.';
  return undefined;
}
