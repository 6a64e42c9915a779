// SPDX-License-Identifier: MIT
/** @fileoverview A piece of the system that can be taken out, and the test that has to see that (live.ts). */
export interface Hook {
  /** What it makes live: properties of vmadm(8), or what the system does. */
  readonly what: string;
  /** Below the project. */
  readonly file: string;
  readonly source: string;
  readonly without: string;
  /** Below test/os, and the name of the test there, or how it begins. */
  readonly test: string;
  readonly name: string;
}
export const hook = (what: string, file: string, source: string, without: string, test: string, name: string): Hook => ({
  ...{ what, file, source, without },
  ...{ test, name },
});
