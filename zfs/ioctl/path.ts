// SPDX-License-Identifier: MIT
/** @fileoverview The path of a file by its object number: its attributes name its directory, and that has its name. */
import { Dataset } from '../dsl/dataset';
import { releaseDnode } from '../dmu/dnode';
import { OBJSET_ZFS } from '../dmu/types';
import { ZapEntry } from '../zap/zap';
import { A_PARENT } from '../zpl/attributes';
import { FileSystem } from '../zpl/fileSystem';

const DEEPEST: i32 = 64;

/** From the root of the file system on; empty: it cannot be told. */
export function pathOfObject(dataset: Dataset, object: u64): string {
  const objset = dataset.objset();
  if (!objset || objset.type != OBJSET_ZFS) return '';
  const fs = FileSystem.open(dataset);
  if (!fs) return '';
  let path = '';
  let at = object;
  for (let depth = 0; depth < DEEPEST; depth++) {
    if (at == fs.rootObject) {
      fs.close();
      return path.length ? path : '/';
    }
    const dn = fs.hold(at);
    if (!dn) break;
    const parent = fs.znodes.get(dn, A_PARENT);
    releaseDnode(dn);
    const name = nameIn(fs, parent, at);
    if (!name.length) break;
    path = '/' + name + path;
    at = parent;
  }
  fs.close();
  return '';
}

function nameIn(fs: FileSystem, directory: u64, object: u64): string {
  const dn = fs.hold(directory);
  if (!dn) return '';
  const entry = new ZapEntry();
  let name = '';
  for (let at: u64 = 0; !name.length && fs.next(dn, at, entry) == 0; at = entry.next)
    if (entry.value == object) name = entry.name;
  releaseDnode(dn);
  return name;
}
