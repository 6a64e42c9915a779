// SPDX-License-Identifier: MIT
/** A treap: insertion by recursion with rotations, lookup, and a recursive walk. Nodes come from a pool. */
@unmanaged
class Node {
  left: Node | null;
  right: Node | null;
  key: u32;
  priority: u32;
}
const COUNT: u32 = 50000;
const pool: usize = memory.data(50000 * 16, 16);
let used: usize = 0;
let seed: u32 = 1;

@inline
function random(): u32 {
  seed = seed * 1664525 + 1013904223;
  return seed ^ (seed >> 15);
}

function insert(at: Node | null, key: u32): Node {
  if (at === null) {
    const made = changetype<Node>(pool + used);
    used += offsetof<Node>();
    made.key = key;
    made.priority = random();
    made.left = null;
    made.right = null;
    return made;
  }
  if (key < at.key) {
    const left = insert(at.left, key);
    at.left = left;
    if (left.priority > at.priority) {
      at.left = left.right;
      left.right = at;
      return left;
    }
  } else if (key > at.key) {
    const right = insert(at.right, key);
    at.right = right;
    if (right.priority > at.priority) {
      at.right = right.left;
      right.left = at;
      return right;
    }
  }
  return at;
}

function find(at: Node | null, key: u32): bool {
  let node = at;
  while (node !== null) {
    if (node.key == key) return true;
    node = key < node.key ? node.left : node.right;
  }
  return false;
}

function walk(at: Node | null, depth: u32): u64 {
  if (at === null) return depth;
  return walk(at.left, depth + 1) * 3 + at.key + walk(at.right, depth + 1);
}

export function run(): u64 {
  used = 0;
  seed = 1;
  let root: Node | null = null;
  for (let i: u32 = 0; i < COUNT; i++) root = insert(root, random() & 0xfffff);
  let found: u64 = 0;
  for (let i: u32 = 0; i < 4 * COUNT; i++) if (find(root, random() & 0xfffff)) found++;
  return found * 1000003 + walk(root, 0);
}
