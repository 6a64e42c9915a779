// SPDX-License-Identifier: MIT
/**
 * @fileoverview What a CPU model consists of.
 */

export interface ModelDefinition {
  name: string;
  /** Up to 48 characters. */
  brand: string;
  features: ReadonlySet<string>;
  physicalBits: number;
}
