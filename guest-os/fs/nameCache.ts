// SPDX-License-Identifier: MIT
/**
 * @fileoverview The directory name lookup cache: (directory, name) to vnode, for file systems whose lookups cost more than a hash.
 *
 * A file system takes part by setting {@link FileSystem.cachesNames}; those in memory do not. Absent names are remembered too, as entries
 * without a vnode. An entry holds both of its vnodes. Whoever changes a directory of such a file system calls {@link forgetName}; unmounting calls
 * {@link forgetNames}. The cache is a table of sets of four; the entry least recently used of its set makes room.
 *
 * Figures: {@link nameCacheHits} and the others, which kstat shows as unix:0:dnlcstats.
 */
import { ENOENT, failure, setFailure } from '../kernel/errno';
import { FileSystem, Vnode } from './vnode';

const WAYS: i32 = 4;
const SETS: i32 = 512;

class Entry {
  used: u32 = 0;
  constructor(
    public readonly directory: Vnode,
    public readonly name: string,
    /** Null: there is no such name. */
    public readonly vnode: Vnode | null,
  ) {}
}

const table = new StaticArray<Entry | null>(WAYS * SETS);
let clock: u32 = 0;
let hits: u64 = 0;
let negativeHits: u64 = 0;
let misses: u64 = 0;
let purges: u64 = 0;
/** Changes of directories so far. */
let changes: u64 = 0;

export function nameCacheHits(): u64 {
  return hits;
}
export function nameCacheNegativeHits(): u64 {
  return negativeHits;
}
export function nameCacheMisses(): u64 {
  return misses;
}
export function nameCachePurges(): u64 {
  return purges;
}

/** FNV-1a over the name, from the directory's address. */
function setOf(directory: Vnode, name: string): i32 {
  let hash = <u32>changetype<usize>(directory) ^ 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = (hash ^ <u32>name.charCodeAt(i)) * 0x01000193;
  return <i32>((hash ^ (hash >> 15)) % <u32>SETS) * WAYS;
}

function find(directory: Vnode, name: string): i32 {
  const first = setOf(directory, name);
  for (let i = first; i < first + WAYS; i++) {
    const entry = table[i];
    if (entry && entry.directory == directory && entry.name == name) return i;
  }
  return -1;
}

/** As `directory.lookup(name)`. */
export function cachedLookup(directory: Vnode, name: string): Vnode | null {
  if (!directory.fileSystem.cachesNames) return directory.lookup(name);
  const at = find(directory, name);
  if (at >= 0) {
    const entry = table[at]!;
    entry.used = ++clock;
    const known = entry.vnode;
    if (known) {
      hits++;
      known.hold();
    } else {
      negativeHits++;
      setFailure(ENOENT);
    }
    return known;
  }
  misses++;
  const before = changes;
  const found = directory.lookup(name);
  if (!found && failure != ENOENT) return null;
  // The lookup may have slept, and names may have changed meanwhile.
  if (changes == before) enter(directory, name, found);
  if (!found) setFailure(ENOENT);
  return found;
}

function enter(directory: Vnode, name: string, vnode: Vnode | null): void {
  const first = setOf(directory, name);
  let victim = first;
  for (let i = first; i < first + WAYS; i++) {
    const entry = table[i];
    if (!entry) {
      victim = i;
      break;
    }
    if (entry.used < table[victim]!.used) victim = i;
  }
  drop(victim);
  directory.hold();
  if (vnode) vnode.hold();
  const entry = new Entry(directory, name, vnode);
  entry.used = ++clock;
  table[victim] = entry;
}

function drop(at: i32): void {
  const entry = table[at];
  if (!entry) return;
  table[at] = null;
  const vnode = entry.vnode;
  if (vnode) vnode.release();
  entry.directory.release();
}

/** A name of a directory has come, gone, or means another file now. */
export function forgetName(directory: Vnode, name: string): void {
  changes++;
  const at = find(directory, name);
  if (at < 0) return;
  drop(at);
  purges++;
}

export function forgetNames(fileSystem: FileSystem): void {
  changes++;
  for (let i = 0; i < WAYS * SETS; i++) {
    const entry = table[i];
    if (!entry || entry.directory.fileSystem != fileSystem) continue;
    drop(i);
    purges++;
  }
}
