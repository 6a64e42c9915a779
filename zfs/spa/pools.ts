// SPDX-License-Identifier: MIT
/** @fileoverview The pools that are open, by name. */
import { Spa } from './spa';

const pools: Spa[] = [];

export function allPools(): Spa[] {
  return pools;
}
export function findPool(name: string): Spa | null {
  for (let i = 0; i < pools.length; i++) if (pools[i].name == name) return pools[i];
  return null;
}
/** The pool that a dataset's name begins with. */
export function poolOf(dataset: string): Spa | null {
  let end = 0;
  while (end < dataset.length && dataset.charCodeAt(end) != 0x2f && dataset.charCodeAt(end) != 0x40) end++;
  return findPool(dataset.substring(0, end));
}
export function addPool(spa: Spa): void {
  pools.push(spa);
}
export function removePool(spa: Spa): void {
  const at = pools.indexOf(spa);
  if (at >= 0) pools.splice(at, 1);
}
