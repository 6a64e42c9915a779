// SPDX-License-Identifier: MIT
/**
 * @fileoverview Will the next new entry make a table's memory grow? A map or an array that is full moves to a piece of twice the size, which must be there
 * (heapRoom.ts); until then a new entry needs none. Both are AssemblyScript's own (std/assembly/map.ts, array.ts), whose private fields say it.
 */

/** Entries that were removed take their places until the map is made anew. */
export function isFullMap<K, V>(map: Map<K, V>): bool {
  const at = changetype<usize>(map);
  return load<i32>(at, offsetof<Map<K, V>>('entriesOffset')) == load<i32>(at, offsetof<Map<K, V>>('entriesCapacity'));
}

export function isFullArray<T>(array: T[]): bool {
  const capacity = load<i32>(changetype<usize>(array), offsetof<Array<T>>('byteLength')) >> alignof<T>();
  return array.length == capacity;
}
