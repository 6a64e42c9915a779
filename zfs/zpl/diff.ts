// SPDX-License-Identifier: MIT
/**
 * @fileoverview What is different about the files of a snapshot and a later one of the same history, or its head: the objects whose blocks of dnodes have changed
 * (dmu/changes.ts), with what each of the two sides knows of them. Which of these are changes, and what to call them, is the command's business
 * (cmd/zfs/diff.ts), as in illumos.
 *
 * A file's path is found upwards: each file knows a directory that it is in, and the name is looked for there. One that waits in the delete queue has none.
 */
import { EIO, ENOENT, setError } from '../../guest-os/kernel/errno';
import { NvList } from '../port/nvlist';
import { findChange, found, foundEnd, foundHole } from '../dmu/changes';
import { DNODES_PER_BLOCK, isFreeObject, nextObject, releaseDnode } from '../dmu/dnode';
import { zapName } from '../zap/zap';
import { A_CTIME, A_GEN, A_LINKS, A_MODE, A_PARENT } from './attributes';
import { FileSystem } from './fileSystem';

const S_IFMT: u64 = 0xf000;
const S_IFDIR: u64 = 0x4000;
const NANOSECONDS: u64 = 1000000000;
const DEEPEST: i32 = 1024;

/** Where {@link diffPiece} goes on; u64.MAX_VALUE: it has come to the end. */
export let diffNext: u64 = 0;

/**
 * Differences from object `first` on, about `most` of them, come to `into`: a number `object`, and lists `from` and `to` where it is a file there. `to` has been
 * synced; `since`: the group of `from`.
 */
export function diffPiece(from: FileSystem, to: FileSystem, since: u64, first: u64, most: i32, into: NvList[]): i32 {
  let object = max(first, 1);
  while (into.length < most) {
    if (!findChange(to.objset.meta!, object / DNODES_PER_BLOCK, since)) {
      // What is behind the last block of one side can still be the other's.
      return addRange(from, to, max(object, (to.objset.meta!.maxBlock + 1) * DNODES_PER_BLOCK), u64.MAX_VALUE, most, into);
    }
    object = max(object, found * DNODES_PER_BLOCK);
    const past = foundHole ? foundEnd * DNODES_PER_BLOCK : (found + 1) * DNODES_PER_BLOCK;
    let result = 0;
    if (foundHole) result = addRange(from, to, object, past, most, into);
    else for (; object < past && result == 0; object++) result = add(from, to, object, into);
    if (result < 0) return result;
    object = foundHole ? min(diffNext, past) : past;
  }
  diffNext = object;
  return 0;
}

/** Objects in [first, past), of which `to` has none. */
function addRange(from: FileSystem, to: FileSystem, first: u64, past: u64, most: i32, into: NvList[]): i32 {
  let object = nextObject(from.objset, first - 1);
  let result = 0;
  while (object && object < past && into.length < most && result == 0) {
    result = add(from, to, object, into);
    object = nextObject(from.objset, object);
  }
  diffNext = object ? object : u64.MAX_VALUE;
  return result;
}

function add(from: FileSystem, to: FileSystem, object: u64, into: NvList[]): i32 {
  const before = new NvList();
  const after = new NvList();
  const had = describe(from, object, before);
  const has = describe(to, object, after);
  if (had < 0 && had != setError(ENOENT)) return had;
  if (has < 0 && has != setError(ENOENT)) return has;
  if (had < 0 && has < 0) return 0;
  const one = new NvList().setNumber('object', object);
  if (had == 0) one.setList('from', before);
  if (has == 0) one.setList('to', after);
  into.push(one);
  return 0;
}

/** ENOENT: no file. Without `path`: it has no name. */
function describe(fs: FileSystem, object: u64, into: NvList): i32 {
  const dn = fs.hold(object);
  if (!dn) return setError(isFreeObject(fs.objset, object) || isNoFile(fs, object) ? ENOENT : EIO);
  const znodes = fs.znodes;
  const changed = znodes.time(dn, A_CTIME);
  into.setNumber('mode', znodes.get(dn, A_MODE));
  into.setNumber('links', znodes.get(dn, A_LINKS));
  into.setNumber('generation', znodes.get(dn, A_GEN));
  into.setNumber('seconds', changed / NANOSECONDS);
  into.setNumber('nanoseconds', changed % NANOSECONDS);
  releaseDnode(dn);
  const result = pathOf(fs, object);
  if (result == 0) into.setText('path', pathFound);
  return result == setError(ENOENT) ? 0 : result;
}
function isNoFile(fs: FileSystem, object: u64): bool {
  const dn = fs.holdAny(object);
  if (!dn) return false;
  releaseDnode(dn);
  return true;
}

let pathFound: string = '';
/** The path of a file comes to {@link pathFound}. ENOENT: it has none. */
export function pathOf(fs: FileSystem, object: u64): i32 {
  let path = '';
  let at = object;
  for (let depth = 0; at != fs.rootObject; depth++) {
    const dn = fs.hold(at);
    if (!dn || depth > DEEPEST) return setError(EIO);
    const above = fs.znodes.get(dn, A_PARENT);
    const isUnlinked = !fs.znodes.get(dn, A_LINKS);
    const isAttributes = fs.znodes.isExtended(dn) && (fs.znodes.get(dn, A_MODE) & S_IFMT) == S_IFDIR;
    releaseDnode(dn);
    if (isUnlinked) return setError(ENOENT);
    if (isAttributes) path = '/<xattrdir>' + path;
    else {
      const result = nameIn(fs, above, at);
      if (result < 0) return result;
      path = '/' + zapName + path;
    }
    at = above;
  }
  pathFound = path.length ? path : '/';
  return 0;
}

/** By which name an object is in a directory comes to `zapName`. */
function nameIn(fs: FileSystem, directory: u64, object: u64): i32 {
  const dn = fs.hold(directory);
  // The directory has gone, and another file may have its number.
  if (!dn) return setError(ENOENT);
  const result = fs.isDirectory(dn) ? fs.nameOf(dn, object) : setError(ENOENT);
  releaseDnode(dn);
  return result;
}
