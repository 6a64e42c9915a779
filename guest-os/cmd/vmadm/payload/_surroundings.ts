// SPDX-License-Identifier: MIT
/** @fileoverview What a payload is judged against besides itself: pools, images, other VMs, files. Tests bring their own. */
import { Json } from '../../../lib/json';

export abstract class Surroundings {
  abstract pools(): string[];
  /** The manifest of an installed image; null: there is none. */
  abstract manifest(uuid: string, pool: string): Json | null;
  /** All VMs, as they are shown. */
  abstract machines(): Json[];
  abstract exists(path: string): bool;
  /** Sixteen random bytes. */
  abstract random(): StaticArray<u8>;
}
