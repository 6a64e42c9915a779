// SPDX-License-Identifier: MIT
/** @fileoverview What the host can ask of ZFS; texts come as bytes with their number, results are 0, a number, or -errno. */
import { AclSubject, missingOf } from '../../guest-os/fs/acl';
import { E2BIG, EINVAL, EIO, EISDIR, ENOENT, setError } from '../../guest-os/kernel/errno';
import { perform } from '../ioctl/requests';
import { NvList, packList, unpackList } from '../port/nvlist';
import { system } from '../port/port';
import { dirtyDbuf, holdDbuf, releaseDbuf } from '../dmu/dbuf';
import { dmuRead } from '../dmu/dmu';
import { bonusOf, dirtyDnode, Dnode, DNODES_PER_BLOCK, holdDnode, releaseDnode } from '../dmu/dnode';
import { createError, createPool } from '../spa/create';
import { FoundPool, importError, importPool, importReason, searchPools } from '../spa/import';
import { Caller, setCaller } from '../dsl/caller';
import { findDataset } from '../dsl/names';
import { cloneSnapshot, createDataset, createVolumeDataset, takeSnapshot } from '../dsl/operations';
import { reapplyBelow } from '../dsl/properties';
import { traverse, Visitor } from '../dmu/traverse';
import { zapCreate, zapDelete, ZapEntry, zapGet, zapSet, zapSetArray, zapSetText, zapValue } from '../zap/zap';
import { loadAces, PLAIN_ACE, PLAIN_ACES, storePlainAces } from '../zpl/aces';
import {
  A_GID,
  A_LINKS,
  A_MODE,
  A_SIZE,
  A_SYMLINK,
  A_UID,
  attributeLengths,
  attributeNames,
  ATTRIBUTES,
  attributeSwaps,
  LAYOUT_FILE,
  LEGACY_ATTRIBUTES,
} from '../zpl/attributes';
import { MASTER_NODE } from '../zpl/create';
import { VERSION_FEATURES } from '../spa/features';
import { Spa } from '../spa/spa';
import { Leaf } from '../vdev/leaf';
import { Mirror } from '../vdev/mirror';
import { Raidz } from '../vdev/raidz';
import { Vdev } from '../vdev/vdev';
import { extendedDirectory } from '../zpl/extended';
import { FileSystem } from '../zpl/fileSystem';
import { NewFile } from '../zpl/znode';
import { runZdb } from '../cmd/zdb';
import { runZpool } from '../cmd/zpool/zpool';
import { zfsCommand } from '../cmd/zfs/main';
import { addPool, allPools, findPool, removePool } from '../spa/pools';
import { VOLUME_BLOCK, VOLUME_DATA, volumeBlock, volumeError, volumeWrote } from '../zvol/volume';
import { argument, start } from './node';
import { HostSurroundings } from './surroundings';

export { start };
export { heapLive } from 'runtime/heap';

let pool: Spa | null = null;
let paths: string[] = [];
let found: FoundPool[] = [];
let fs: FileSystem | null = null;
/** File systems that have been used, and the names they were asked for by. */
const opened: FileSystem[] = [];
/** What the last call that has a text as its result said. */
let said: string = '';

export function answer(): string {
  return said;
}

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

// ---- pools

export function createPoolOf(name: usize, nameBytes: u32, version: u64, vdevs: usize, vdevBytes: u32, ashift: u32): i32 {
  const tops = parseVdevs(argument(vdevs, vdevBytes).split(' '));
  for (let i = 0; i < tops.length; i++) tops[i].ashift = max(ashift, 9);
  pool = createPool(argument(name, nameBytes), version, tops);
  if (pool) addPool(pool!);
  return pool ? 0 : createError;
}

/** Looks at devices; how many pools they hold. */
export function search(list: usize, bytes: u32): i32 {
  paths = argument(list, bytes).split(' ');
  found = searchPools(paths);
  said = '';
  for (let i = 0; i < found.length; i++) {
    const one = found[i];
    said += one.name + ' ' + one.guid.toString() + ' ' + one.state.toString() + ' ' + one.version.toString() + '\n';
  }
  return found.length;
}

export function importFound(index: i32, writable: bool, limit: u64): i32 {
  pool = importPool(found[index], writable, limit);
  said = importReason;
  if (pool) addPool(pool!);
  return pool ? 0 : importError;
}

export function exportPool(): i32 {
  opened.length = 0;
  fs = null;
  const result = pool!.export();
  removePool(pool!);
  pool = null;
  return result;
}
/** Blocks above this size become gangs from now on; 0: only where there is no room. */
export function gangAbove(bytes: u32): void {
  pool!.gangAbove = bytes;
}
/** Closes a pool that has been synced without saying so in its labels. */
export function closePool(): void {
  opened.length = 0;
  fs = null;
  pool!.close();
  removePool(pool!);
  pool = null;
}
/** As if the power failed: nothing more is written. */
export function abandon(): void {
  opened.length = 0;
  fs = null;
  if (pool) removePool(pool!);
  pool = null;
}
export function sync(): i32 {
  return pool!.sync();
}

/** The transaction group that is open. */
export function openGroup(): i32 {
  return <i32>pool!.openTxg;
}

/** Names of all datasets, one a line. */
export function list(): void {
  const all = pool!.allDatasets();
  said = '';
  for (let i = 0; i < all.length; i++) if (!all[i].name.includes('$')) said += all[i].name + '\n';
}
export function createFs(name: usize, bytes: u32): i32 {
  return createDataset(pool!, argument(name, bytes));
}
export function snapshot(name: usize, bytes: u32): i32 {
  const words = argument(name, bytes).split('@');
  const head = findDataset(pool!, words[0]);
  return head ? takeSnapshot(head, words[1]) : setError(ENOENT);
}
export function clone(from: usize, fromBytes: u32, to: usize, toBytes: u32): i32 {
  const origin = findDataset(pool!, argument(from, fromBytes));
  return origin ? cloneSnapshot(pool!, origin, argument(to, toBytes)) : setError(ENOENT);
}
/** Sets a number without asking what it means. */
export function setNumber(name: usize, bytes: u32, property: usize, propertyBytes: u32, value: u64): i32 {
  const dataset = findDataset(pool!, argument(name, bytes));
  if (!dataset) return setError(ENOENT);
  const result = zapSet(pool!.mos!, dataset.dir.phys.properties, argument(property, propertyBytes), value);
  reapplyBelow(dataset.dir);
  return result;
}

// ---- files of the dataset that was chosen last

export function choose(name: usize, bytes: u32): i32 {
  const dataset = findDataset(pool!, argument(name, bytes));
  if (!dataset) return setError(ENOENT);
  for (let i = 0; i < opened.length; i++) {
    if (opened[i].dataset != dataset) continue;
    fs = opened[i];
    return 0;
  }
  fs = FileSystem.open(dataset);
  if (!fs) return setError(EIO);
  opened.push(fs!);
  return 0;
}

// ---- volumes

export function createVolume(name: usize, nameBytes: u32, size: u64): i32 {
  return createVolumeDataset(pool!, argument(name, nameBytes), size, VOLUME_BLOCK);
}
export function writeVolume(name: usize, nameBytes: u32, offset: u64, from: usize, bytes: u32): i32 {
  const dataset = findDataset(pool!, argument(name, nameBytes));
  const objset = dataset ? dataset.objset() : null;
  const dn = objset ? holdDnode(objset, VOLUME_DATA) : null;
  if (!dn) return setError(EIO);
  let done: u32 = 0;
  let noted = 0;
  while (done < bytes && noted == 0) {
    const at = offset + done;
    const within = <u32>(at % dn.blockSize);
    const part = min(dn.blockSize - within, bytes - done);
    const db = volumeBlock(dataset!, dn, at);
    if (!db) break;
    memory.copy(db.data + within, from + done, part);
    releaseDbuf(db);
    noted = volumeWrote(dataset!, at, part);
    done += part;
  }
  releaseDnode(dn);
  if (noted < 0) return noted;
  return done < bytes ? volumeError : <i32>done;
}
export function readVolume(name: usize, nameBytes: u32, offset: u64, to: usize, bytes: u32): i32 {
  const dataset = findDataset(pool!, argument(name, nameBytes));
  const objset = dataset ? dataset.objset() : null;
  const dn = objset ? holdDnode(objset, VOLUME_DATA) : null;
  if (!dn) return setError(EIO);
  const result = dmuRead(dn, offset, bytes, to);
  releaseDnode(dn);
  return result < 0 ? result : <i32>bytes;
}
/** What a volume has been told is on stable storage afterwards. */
export function syncVolume(name: usize, nameBytes: u32): i32 {
  const dataset = findDataset(pool!, argument(name, nameBytes));
  return dataset ? dataset.commit(VOLUME_DATA) : setError(ENOENT);
}

// ---- paths

/** The dnode of a path's directory, held, and the last word in `lastName`. `@` behind a file: the directory of its extended attributes. */
let lastName: string = '';
function directoryOf(path: string): Dnode | null {
  const words = path.split('/');
  let dn = fs!.hold(fs!.rootObject);
  for (let i = 0; i < words.length - 1 && dn; i++) {
    if (!words[i].length) continue;
    const result = words[i] == '@' ? extendedDirectory(fs!, dn, false) : fs!.lookup(dn, words[i]);
    releaseDnode(dn);
    dn = result < 0 ? null : fs!.hold(fs!.found);
  }
  lastName = words[words.length - 1];
  return dn;
}

function fileOf(path: string): Dnode | null {
  const directory = directoryOf(path);
  if (!directory) return null;
  const result = lastName.length ? fs!.lookup(directory, lastName) : 0;
  if (!lastName.length) return directory;
  releaseDnode(directory);
  return result < 0 ? null : fs!.hold(fs!.found);
}

export function makeFile(path: usize, pathBytes: u32, mode: u64, target: usize, targetBytes: u32): i32 {
  const directory = directoryOf(argument(path, pathBytes));
  if (!directory) return setError(ENOENT);
  const file = new NewFile();
  file.mode = mode;
  file.target = argument(target, targetBytes);
  const result = fs!.create(directory, lastName, file);
  releaseDnode(directory);
  return result;
}
export function remove(path: usize, pathBytes: u32): i32 {
  const directory = directoryOf(argument(path, pathBytes));
  if (!directory) return setError(ENOENT);
  let result = fs!.remove(directory, lastName, false);
  if (result == setError(EISDIR)) result = fs!.removeDirectory(directory, lastName);
  releaseDnode(directory);
  return result;
}
export function rename(from: usize, fromBytes: u32, to: usize, toBytes: u32): i32 {
  const old = directoryOf(argument(from, fromBytes));
  const name = lastName;
  const directory = directoryOf(argument(to, toBytes));
  let result = setError(ENOENT);
  if (old && directory) result = fs!.rename(old, name, directory, lastName, false);
  if (old) releaseDnode(old);
  if (directory) releaseDnode(directory);
  return result;
}
export function truncate(path: usize, pathBytes: u32, size: u64): i32 {
  const dn = fileOf(argument(path, pathBytes));
  if (!dn) return setError(ENOENT);
  const result = fs!.truncate(dn, size);
  releaseDnode(dn);
  return result;
}
export function writeFile(path: usize, pathBytes: u32, offset: u64, from: usize, bytes: u32): i32 {
  const dn = fileOf(argument(path, pathBytes));
  if (!dn) return setError(ENOENT);
  const result = fs!.write(dn, offset, bytes, from);
  releaseDnode(dn);
  return <i32>result;
}
export function readFile(path: usize, pathBytes: u32, offset: u64, to: usize, bytes: u32): i32 {
  const dn = fileOf(argument(path, pathBytes));
  if (!dn) return setError(ENOENT);
  const result = fs!.read(dn, offset, bytes, to);
  releaseDnode(dn);
  return <i32>result;
}
/** Sees to it that a file has a directory of extended attributes. */
export function makeExtended(path: usize, pathBytes: u32): i32 {
  const dn = fileOf(argument(path, pathBytes));
  if (!dn) return setError(ENOENT);
  const result = extendedDirectory(fs!, dn, true);
  releaseDnode(dn);
  return result;
}
/** fsync(2) of a file. */
export function fsync(path: usize, pathBytes: u32): i32 {
  const dn = fileOf(argument(path, pathBytes));
  if (!dn) return setError(ENOENT);
  const result = fs!.commit(dn.object);
  releaseDnode(dn);
  return result;
}
export function setAttributes(path: usize, pathBytes: u32, mode: u64, uid: i32, gid: i32, accessed: u64, modified: u64): i32 {
  const dn = fileOf(argument(path, pathBytes));
  if (!dn) return setError(ENOENT);
  let result = fs!.setOwner(dn, uid, gid);
  if (result == 0) result = fs!.setMode(dn, (fs!.znodes.get(dn, A_MODE) & 0xf000) | mode);
  if (result == 0) result = fs!.setTimes(dn, accessed, modified);
  releaseDnode(dn);
  return result;
}
/** Sets a file's list of access: entries of twelve bytes, as acl(2) has them. */
export function setAces(path: usize, pathBytes: u32, from: usize, bytes: u32): i32 {
  const dn = fileOf(argument(path, pathBytes));
  if (!dn) return setError(ENOENT);
  const aces = loadAces(from, bytes, PLAIN_ACES);
  const result = aces ? fs!.setAces(dn, aces) : setError(EINVAL);
  releaseDnode(dn);
  return result;
}
/** The list comes to `to`; its bytes. */
export function readAces(path: usize, pathBytes: u32, to: usize, bytes: u32): i32 {
  const dn = fileOf(argument(path, pathBytes));
  if (!dn) return setError(ENOENT);
  const aces = fs!.aces(dn);
  releaseDnode(dn);
  if (!aces || <u32>aces.length * PLAIN_ACE > bytes) return setError(EIO);
  storePlainAces(aces, to);
  return aces.length * <i32>PLAIN_ACE;
}
class Member extends AclSubject {
  constructor(
    uid: i32,
    private readonly gid: i32,
    owner: i32,
    owningGroup: i32,
  ) {
    super(uid, owner, owningGroup);
  }
  isMember(gid: i32): bool {
    return gid == this.gid;
  }
}
/** Of permissions, those that a file's list does not give to a user of one group. */
export function missingRights(path: usize, pathBytes: u32, uid: i32, gid: i32, wanted: u32): i32 {
  const dn = fileOf(argument(path, pathBytes));
  if (!dn) return setError(ENOENT);
  const aces = fs!.aces(dn);
  const member = new Member(uid, gid, <i32>fs!.znodes.get(dn, A_UID), <i32>fs!.znodes.get(dn, A_GID));
  releaseDnode(dn);
  return aces ? <i32>missingOf(aces, wanted, member) : setError(EIO);
}
export function link(path: usize, pathBytes: u32, to: usize, toBytes: u32): i32 {
  const dn = fileOf(argument(path, pathBytes));
  const directory = dn ? directoryOf(argument(to, toBytes)) : null;
  const result = dn && directory ? fs!.link(directory, lastName, dn) : setError(ENOENT);
  if (directory) releaseDnode(directory);
  if (dn) releaseDnode(dn);
  return result;
}
/** Makes a hole. */
export function freeRange(path: usize, pathBytes: u32, offset: u64, bytes: u64): i32 {
  const dn = fileOf(argument(path, pathBytes));
  if (!dn) return setError(ENOENT);
  const result = fs!.freeRange(dn, offset, bytes);
  releaseDnode(dn);
  return result;
}
/** Mode, size and links of a file, a number each; for a link its target. */
export function describe(path: usize, pathBytes: u32): i32 {
  const dn = fileOf(argument(path, pathBytes));
  if (!dn) return setError(ENOENT);
  const mode = fs!.znodes.get(dn, A_MODE);
  said = mode.toString() + ' ' + fs!.znodes.get(dn, A_SIZE).toString() + ' ' + fs!.znodes.get(dn, A_LINKS).toString();
  if ((mode & 0xf000) == 0xa000) {
    const target = fs!.target(dn);
    said += ' ' + (target ? target : '?');
  }
  releaseDnode(dn);
  return 0;
}
/** Names in a directory, one a line. */
export function listDirectory(path: usize, pathBytes: u32): i32 {
  const dn = fileOf(argument(path, pathBytes));
  if (!dn) return setError(ENOENT);
  const entry = new ZapEntry();
  let position: u64 = 0;
  const names: string[] = [];
  while (fs!.next(dn, position, entry) == 0) {
    position = entry.next;
    names.push(entry.name);
  }
  said = names.join('\n');
  releaseDnode(dn);
  return names.length;
}

/**
 * Changes bytes of an object of a dataset (an empty name: of the pool's own) so that every checksum will be right: those of its block `block`, or,
 * where that is -1, of its dnode. Exclusive-or with `mask`, at a byte that is a multiple of 8. ENOENT: there is none.
 */
export function poke(name: usize, bytes: u32, object: u64, block: i64, offset: u32, mask: u64): i32 {
  const dataset = bytes ? findDataset(pool!, argument(name, bytes)) : null;
  if (bytes && !dataset) return setError(ENOENT);
  const objset = dataset ? dataset.objset() : pool!.mos;
  if (!objset) return setError(EIO);
  const dn = block < 0 ? objset.meta : holdDnode(objset, object);
  if (!dn) return setError(ENOENT);
  const at = block < 0 ? object / DNODES_PER_BLOCK : <u64>block;
  const db = at <= dn.maxBlock ? holdDbuf(dn, 0, at, true) : null;
  if (db) {
    const place = block < 0 ? ((<u32>(object % DNODES_PER_BLOCK)) << 9) + (offset & 511) : offset % db.size;
    dirtyDbuf(db);
    const word = db.data + <usize>(place & ~7);
    store<u64>(word, load<u64>(word) ^ mask);
    releaseDbuf(db);
  }
  if (block >= 0) releaseDnode(dn);
  return db ? 0 : setError(ENOENT);
}

/**
 * Gives the attributes and layouts of a file system other numbers, as if another implementation had made it: attributes whose numbers are not fixed
 * backwards, without SYMLINK, which nobody has used yet; another layout where ours is. It has nothing but its root directory, and is not open.
 */
export function renumberAttributes(name: usize, bytes: u32): i32 {
  const dataset = findDataset(pool!, argument(name, bytes));
  const objset = dataset ? dataset.objset() : null;
  if (!objset || zapGet(objset, MASTER_NODE, 'SA_ATTRS') < 0) return setError(ENOENT);
  const master = zapValue;
  if (zapGet(objset, master, 'REGISTRY') < 0) return setError(ENOENT);
  const registry = zapValue;
  const numbers: i32[] = [];
  let next = LEGACY_ATTRIBUTES;
  for (let i = 0; i < ATTRIBUTES; i++) numbers.push(i);
  for (let i = ATTRIBUTES - 1; i >= LEGACY_ATTRIBUTES; i--) {
    zapDelete(objset, registry, attributeNames[i]);
    if (i == A_SYMLINK) continue;
    numbers[i] = next;
    const value = ((<u64>attributeLengths[i]) << 24) | ((<u64>attributeSwaps[i]) << 16) | <u64>next;
    zapSet(objset, registry, attributeNames[i], value);
    next++;
  }
  if (zapGet(objset, master, 'LAYOUTS') < 0) return setError(ENOENT);
  const layouts = zapValue;
  for (let i = 2; i <= 4; i++) zapDelete(objset, layouts, i.toString());
  const list = new StaticArray<u16>(LAYOUT_FILE.length);
  for (let i = 0; i < LAYOUT_FILE.length; i++) list[i] = <u16>numbers[LAYOUT_FILE[i]];
  zapSetArray(objset, layouts, '4', 2, list.length, changetype<usize>(list));
  // Another list under the number that our files have in our own.
  zapSetArray(objset, layouts, '2', 2, list.length - 2, changetype<usize>(list));
  if (zapGet(objset, MASTER_NODE, 'ROOT') < 0) return setError(ENOENT);
  const root = holdDnode(objset, zapValue);
  if (!root) return setError(EIO);
  const at = bonusOf(root) + 4;
  store<u16>(at, <u16>((load<u16>(at) & ~0x3ff) | 4));
  dirtyDnode(root);
  releaseDnode(root);
  return pool!.sync();
}

/**
 * Makes the pool one of version 5000 in which features are in use that are needed for reading, and for writing (empty: none), as such pools say it in their MOS.
 * Some that are only allowed are there as well.
 */
export function useFeatures(reading: usize, readingBytes: u32, writing: usize, writingBytes: u32): i32 {
  const mos = pool!.mos!;
  const lists: u64[] = [];
  for (let i = 0; i < 3; i++) lists.push(zapCreate(mos, ZAP_OF_METADATA, 0, 0));
  zapSet(mos, 1, 'features_for_read', lists[0]);
  zapSet(mos, 1, 'features_for_write', lists[1]);
  zapSet(mos, 1, 'feature_descriptions', lists[2]);
  zapSet(mos, lists[0], 'org.illumos:lz4_compress', 0);
  zapSet(mos, lists[1], 'com.delphix:async_destroy', 0);
  const forReading = argument(reading, readingBytes);
  const forWriting = argument(writing, writingBytes);
  if (forReading.length) zapSet(mos, lists[0], forReading, 1);
  if (forWriting.length) zapSet(mos, lists[1], forWriting, 1);
  zapSetText(mos, lists[2], forReading.length ? forReading : forWriting.length ? forWriting : 'none', 'something new');
  pool!.version = VERSION_FEATURES;
  // Without such a list OpenZFS takes a label for damaged. Here it is the MOS that is to tell.
  pool!.labelFeatures = new NvList();
  pool!.configChanged();
  return pool!.sync();
}
/** The type that OpenZFS gives to what is a ZAP of metadata and has no type of its own. */
const ZAP_OF_METADATA: u32 = 0xc4;

class Counter extends Visitor {
  count: u32 = 0;
  block(bp: usize, object: u64, level: i32, block: u64): i32 {
    this.count++;
    return 0;
  }
}
/** Blocks of a dataset that were born after a group. */
export function countBlocks(name: usize, bytes: u32, since: u64): i32 {
  const dataset = findDataset(pool!, argument(name, bytes));
  if (!dataset) return setError(ENOENT);
  const counter = new Counter();
  const result = traverse(pool!, dataset.phys.root.pointer, since, counter);
  return result < 0 ? result : counter.count;
}

/**
 * zpool(8): `words`, separated by zeros, follow its name; `devices`, one a line, are the files there are. What it printed is {@link answer}, what it complained of
 * {@link complaints}; the result is its exit status.
 */
export function zpool(words: usize, wordBytes: u32, devices: usize, deviceBytes: u32): i32 {
  const place = new HostSurroundings(argument(devices, deviceBytes).split('\n'));
  const line = argument(words, wordBytes);
  const status = runZpool(place, line.length ? line.split('\0') : []);
  said = place.output;
  complained = place.errors;
  return status;
}
/** zdb(8), in the same way. */
export function zdb(words: usize, wordBytes: u32): i32 {
  const place = new HostSurroundings();
  const status = runZdb(place, argument(words, wordBytes).split('\0'));
  said = place.output;
  complained = place.errors;
  return status;
}
let complained: string = '';
export function complaints(): string {
  return complained;
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
  pool!.scan.beginReading();
  while (pool!.scan.step(1 << 20));
}
/** The other calls here mean the pool of this name from now on. */
export function usePool(name: usize, bytes: u32): i32 {
  opened.length = 0;
  fs = null;
  pool = findPool(argument(name, bytes));
  return pool ? 0 : setError(ENOENT);
}

/** A request of commands (ioctl/requests.ts), packed; its answer is packed at `to`, whose size is the result. */
export function request(name: usize, nameBytes: u32, input: usize, inputBytes: u32, to: usize, room: u32): i32 {
  const output = new NvList();
  const given = inputBytes ? unpackList(input, inputBytes) : new NvList();
  if (!given) return setError(EINVAL);
  const result = perform(argument(name, nameBytes), given, output);
  if (result < 0) return result;
  const bytes = packList(output, to, room);
  return bytes ? <i32>bytes : setError(E2BIG);
}

/** Requests come from a zone with these datasets, by lines, from now on; with an empty text from the global zone again. */
export function actAs(datasets: usize, bytes: u32): void {
  setCaller(new Caller(!bytes, true, bytes ? argument(datasets, bytes).split('\n') : []));
}

// ---- commands

const around = new HostSurroundings();

/** Runs zfs(8): words by lines, `zfs` first. Its exit status; what it said comes to {@link answer}, errors after a byte 1. */
export function command(words: usize, bytes: u32): i32 {
  around.output = '';
  around.errors = '';
  // Datasets may go.
  opened.length = 0;
  fs = null;
  const status = zfsCommand(around, argument(words, bytes).split('\n'));
  said = around.output + '\x01' + around.errors;
  return status;
}
/** What a command is to read, in pieces. */
export function give(from: usize, bytes: u32): void {
  const piece = new StaticArray<u8>(bytes);
  memory.copy(changetype<usize>(piece), from, bytes);
  around.given.push(piece);
}
/** The next piece of what a command wrote; 0: no more. */
export function take(to: usize, room: u32): i32 {
  if (!around.written.length) return 0;
  const piece = around.written.shift();
  assert(<u32>piece.length <= room, 'room for a piece');
  memory.copy(to, changetype<usize>(piece), piece.length);
  return piece.length;
}
/** Streams that are received do not come to their end. */
export function cutReceive(isCut: bool): i32 {
  around.isCut = isCut;
  return 0;
}
export function pretendMounts(does: bool): i32 {
  around.pretendsMounts = does;
  return 0;
}
export function forgetGiven(): void {
  around.forgetGiven();
}
