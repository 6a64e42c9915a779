// SPDX-License-Identifier: MIT
/** @fileoverview The host's calls about pools and datasets: made, searched for, imported, left; scanned. */
import { ENOENT, setError } from '../../guest-os/kernel/errno';
import { findDataset } from '../dsl/names';
import { cloneSnapshot, createDataset, takeSnapshot } from '../dsl/operations';
import { reapplyBelow } from '../dsl/properties';
import { system } from '../port/port';
import { createError, createPool } from '../spa/create';
import { importError, importPool, importReason, searchPools } from '../spa/import';
import { addPool, allPools, findPool, removePool } from '../spa/pools';
import { Leaf } from '../vdev/leaf';
import { Mirror } from '../vdev/mirror';
import { Raidz } from '../vdev/raidz';
import { Vdev } from '../vdev/vdev';
import { zapSet } from '../zap/zap';
import { argument } from './node';
import { host } from './subject';

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

export function createPoolOf(name: usize, nameBytes: u32, version: u64, vdevs: usize, vdevBytes: u32, ashift: u32): i32 {
  const tops = parseVdevs(argument(vdevs, vdevBytes).split(' '));
  for (let i = 0; i < tops.length; i++) tops[i].ashift = max(ashift, 9);
  host.pool = createPool(argument(name, nameBytes), version, tops);
  if (host.pool) addPool(host.pool!);
  return host.pool ? 0 : createError;
}

/** Looks at devices; how many pools they hold. */
export function search(list: usize, bytes: u32): i32 {
  const paths = argument(list, bytes).split(' ');
  host.found = searchPools(paths);
  host.said = '';
  for (let i = 0; i < host.found.length; i++) {
    const one = host.found[i];
    host.said += one.name + ' ' + one.guid.toString() + ' ' + one.state.toString() + ' ' + one.version.toString() + '\n';
  }
  return host.found.length;
}

export function importFound(index: i32, writable: bool, limit: u64): i32 {
  host.pool = importPool(host.found[index], writable, limit);
  host.said = importReason;
  if (host.pool) addPool(host.pool!);
  return host.pool ? 0 : importError;
}

export function exportPool(): i32 {
  host.forgetFiles();
  const result = host.pool!.export();
  removePool(host.pool!);
  host.pool = null;
  return result;
}

/** Blocks above this size become gangs from now on; 0: only where there is no room. */
export function gangAbove(bytes: u32): void {
  host.pool!.gangAbove = bytes;
}

/** Closes a pool that has been synced without saying so in its labels. */
export function closePool(): void {
  host.forgetFiles();
  host.pool!.close();
  removePool(host.pool!);
  host.pool = null;
}

/** As if the power failed: nothing more is written. */
export function abandon(): void {
  host.forgetFiles();
  if (host.pool) removePool(host.pool!);
  host.pool = null;
}

export function sync(): i32 {
  return host.pool!.sync();
}

/** The transaction group that is open. */
export function openGroup(): i32 {
  return <i32>host.pool!.openTxg;
}

/** Names of all datasets, one a line. */
export function list(): void {
  const all = host.pool!.allDatasets();
  host.said = '';
  for (let i = 0; i < all.length; i++) if (!all[i].name.includes('$')) host.said += all[i].name + '\n';
}

export function createFs(name: usize, bytes: u32): i32 {
  return createDataset(host.pool!, argument(name, bytes));
}

export function snapshot(name: usize, bytes: u32): i32 {
  const words = argument(name, bytes).split('@');
  const head = findDataset(host.pool!, words[0]);
  return head ? takeSnapshot(head, words[1]) : setError(ENOENT);
}

export function clone(from: usize, fromBytes: u32, to: usize, toBytes: u32): i32 {
  const origin = findDataset(host.pool!, argument(from, fromBytes));
  return origin ? cloneSnapshot(host.pool!, origin, argument(to, toBytes)) : setError(ENOENT);
}

/** Sets a number without asking what it means. */
export function setNumber(name: usize, bytes: u32, property: usize, propertyBytes: u32, value: u64): i32 {
  const dataset = findDataset(host.pool!, argument(name, bytes));
  if (!dataset) return setError(ENOENT);
  const result = zapSet(host.pool!.mos!, dataset.dir.phys.properties, argument(property, propertyBytes), value);
  reapplyBelow(dataset.dir);
  return result;
}

/** A slice of scrubs and resilvers, about so many bytes; 0: there is nothing to do. */
export function scanSlice(bytes: u64): i32 {
  const pools = allPools();
  let more = 0;
  for (let i = 0; i < pools.length; i++) if (pools[i].scan.step(bytes)) more = 1;
  return more;
}

/** Reads every block of a pool that is open for reading only, and notes what is lost; nothing is written. */
export function scanAll(): void {
  host.pool!.scan.beginReading();
  while (host.pool!.scan.step(1 << 20));
}

/** The other calls here mean the pool of this name from now on. */
export function usePool(name: usize, bytes: u32): i32 {
  host.forgetFiles();
  host.pool = findPool(argument(name, bytes));
  return host.pool ? 0 : setError(ENOENT);
}
