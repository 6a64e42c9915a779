// SPDX-License-Identifier: MIT
/** @fileoverview What the host can ask of ZFS; texts come as bytes with their number, results are 0, a number, or -errno. */
import { EIO, ENOENT, setError } from '../../guest-os/kernel/errno';
import { system } from '../port/port';
import { Dnode, releaseDnode } from '../dmu/dnode';
import { createError, createPool } from '../spa/create';
import { Spa } from '../spa/spa';
import { Leaf } from '../vdev/leaf';
import { Mirror } from '../vdev/mirror';
import { Raidz } from '../vdev/raidz';
import { Vdev } from '../vdev/vdev';
import { FileSystem } from '../zpl/fileSystem';
import { NewFile } from '../zpl/znode';
import { argument, start } from './node';

export { start };
export { heapLive } from 'runtime/heap';

let pool: Spa | null = null;
let fs: FileSystem | null = null;

/** Words: files, or `mirror` or `raidz1` and the files that follow, up to the next of these. */
function parseVdevs(words: string[]): Vdev[] {
  const tops: Vdev[] = [];
  let group: Vdev | null = null;
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word == 'mirror') group = new Mirror('mirror', 0, system().random());
    else if (word == 'raidz' || word == 'raidz1') group = new Raidz('raidz', 0, system().random(), 1);
    else {
      const leaf = new Leaf('file', 0, system().random(), word);
      if (group) group.add(leaf);
      else tops.push(leaf);
      continue;
    }
    tops.push(group!);
  }
  return tops;
}

export function create(name: usize, nameBytes: u32, version: u64, vdevs: usize, vdevBytes: u32, ashift: u32): i32 {
  const tops = parseVdevs(argument(vdevs, vdevBytes).split(' '));
  for (let i = 0; i < tops.length; i++) tops[i].ashift = max(ashift, 9);
  pool = createPool(argument(name, nameBytes), version, tops);
  if (!pool) return createError;
  return mount();
}

function mount(): i32 {
  const spa = pool!;
  const dataset = spa.datasetByObject(spa.rootDir!.phys.head);
  fs = dataset ? FileSystem.open(dataset) : null;
  return fs ? 0 : setError(EIO);
}

export function exportPool(): i32 {
  fs = null;
  const result = pool!.export();
  pool = null;
  return result;
}
export function sync(): i32 {
  return pool!.sync();
}

/** The dnode of a path's directory, held, and the last word in `lastName`. */
let lastName: string = '';
function directoryOf(path: string): Dnode | null {
  const words = path.split('/');
  let dn = fs!.hold(fs!.rootObject);
  for (let i = 0; i < words.length - 1 && dn; i++) {
    if (!words[i].length) continue;
    const result = fs!.lookup(dn, words[i]);
    releaseDnode(dn);
    dn = result < 0 ? null : fs!.hold(fs!.found);
  }
  lastName = words[words.length - 1];
  return dn;
}

export function makeFile(path: usize, pathBytes: u32, mode: u64): i32 {
  const directory = directoryOf(argument(path, pathBytes));
  if (!directory) return setError(ENOENT);
  const file = new NewFile();
  file.mode = mode;
  const result = fs!.create(directory, lastName, file);
  releaseDnode(directory);
  return result;
}

export function writeFile(path: usize, pathBytes: u32, offset: u64, from: usize, bytes: u32): i32 {
  const dn = fileOf(argument(path, pathBytes));
  if (!dn) return setError(ENOENT);
  const result = fs!.write(dn, offset, bytes, from);
  releaseDnode(dn);
  return <i32>result;
}

function fileOf(path: string): Dnode | null {
  const directory = directoryOf(path);
  if (!directory) return null;
  const result = lastName.length ? fs!.lookup(directory, lastName) : 0;
  if (!lastName.length) return directory;
  releaseDnode(directory);
  return result < 0 ? null : fs!.hold(fs!.found);
}

export function readFile(path: usize, pathBytes: u32, offset: u64, to: usize, bytes: u32): i32 {
  const dn = fileOf(argument(path, pathBytes));
  if (!dn) return setError(ENOENT);
  const result = fs!.read(dn, offset, bytes, to);
  releaseDnode(dn);
  return <i32>result;
}

