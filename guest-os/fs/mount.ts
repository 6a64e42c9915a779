// SPDX-License-Identifier: MIT
/**
 * @fileoverview Mounts: which file systems there are, and on which directories their roots lie.
 *
 * A kind of file system that mount(2) can make is one {@link FileSystemType}, registered at boot. Mounting makes the root's `covered` and the
 * directory's `mounted` point at each other; both are held. Another mount may cover the root again: lookup goes through all of them. A
 * file system is unmounted when nothing but its root is in use.
 *
 * A mount belongs to the zone in whose root its mount point lies. Mount points are kept as the global zone sees them; a zone sees those in its
 * root, without that in front.
 *
 * Options are a comma-separated list, as mount -o has them: ro and rw, nosuid and suid, nodevices and devices, noexec and exec, noatime and
 * atime are everybody's; what a type has besides it looks for itself.
 */
import { wallTime } from '../kernel/time/clock';
import { GLOBAL_ZONE } from '../kernel/process/credentials';
import { EBUSY, EINVAL, ENODEV, ENOTDIR, EPERM, failure, setError, setFailure } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { globalZone, Zone, zoneAt, zoneOf } from '../kernel/zone/zone';
import { forgetNames } from './nameCache';
import { FileSystem, Vnode } from './vnode';

export const ALWAYS: i32 = 0;
export const IF_ALLOWED: i32 = 1;
export const NEVER: i32 = 2;

export abstract class FileSystemType {
  constructor(
    public readonly name: string,
    /** May a zone's own processes mount it: always, if the zone's fs-allowed names it, or never (what it gives is not theirs)? */
    readonly zones: i32 = IF_ALLOWED,
    /** May it lie on a file? */
    readonly coversFiles: bool = false,
  ) {}
  /** A file system with its root, not yet mounted; null: see failure. `covered`: what it will be mounted on. */
  abstract make(special: string, options: string, covered: Vnode): FileSystem | null;
  /** The same for a mount in a zone's root, where that makes a difference. */
  makeIn(zone: Zone, special: string, options: string, covered: Vnode): FileSystem | null {
    return this.make(special, options, covered);
  }
}

const types: FileSystemType[] = [];
const mounts: FileSystem[] = [];
/** Counts changes, for who watches /etc/mnttab. */
let generation: u64 = 0;

export function registerFileSystemType(type: FileSystemType): void {
  types.push(type);
}
export function fileSystemTypes(): FileSystemType[] {
  return types;
}
export function mountList(): FileSystem[] {
  return mounts;
}
export function mountGeneration(): u64 {
  return generation;
}

/** The first of all: nothing lies below it. */
export function mountRoot(fileSystem: FileSystem): void {
  fileSystem.mountPoint = '/';
  fileSystem.mountedAt = wallTime() / 1000000000;
  applyOptions(fileSystem, '');
  fileSystem.root!.hold();
  mounts.push(fileSystem);
}

/** Puts a file system's root onto a directory. `mountPoint`: its path in the global zone, for mnttab. */
export function mountOn(fileSystem: FileSystem, directory: Vnode, mountPoint: string): void {
  const root = fileSystem.root!;
  fileSystem.mountPoint = mountPoint;
  fileSystem.zoneid = zoneAt(mountPoint).id;
  fileSystem.mountedAt = wallTime() / 1000000000;
  directory.hold();
  root.hold();
  directory.mounted = root;
  root.covered = directory;
  mounts.push(fileSystem);
  generation++;
}

/** mount(2), all but what the system call checks. `mountPoint` is the caller's path. */
export function mount(special: string, directory: Vnode, mountPoint: string, typeName: string, options: string): i32 {
  const zone = zoneOf(currentProcess().credentials.zoneid);
  let type: FileSystemType | null = null;
  for (let i = 0; i < types.length; i++) if (types[i].name == typeName) type = types[i];
  if (!type) return setError(ENODEV);
  if (zone != globalZone && !mayMount(zone, type)) return setError(EPERM);
  if (!directory.isDirectory && !type.coversFiles) return setError(ENOTDIR);
  const path = zone.rootPath + mountPoint;
  const fileSystem = type.makeIn(zoneAt(path), special, options, directory);
  if (!fileSystem) return setError(failure);
  fileSystem.special = special;
  applyOptions(fileSystem, permitted(options));
  mountOn(fileSystem, directory, path);
  return 0;
}

function mayMount(zone: Zone, type: FileSystemType): bool {
  return type.zones == ALWAYS || (type.zones == IF_ALLOWED && zone.fsAllowed.includes(type.name));
}

/** Options as the caller may give them: device files are the global zone's to allow. */
export function permitted(options: string): string {
  return currentProcess().credentials.zoneid == GLOBAL_ZONE ? options : options + ',nodevices';
}

export function remount(fileSystem: FileSystem, options: string): i32 {
  const error = fileSystem.remount(hasOption(options, 'ro'), options);
  if (error) return error;
  applyOptions(fileSystem, options);
  generation++;
  return 0;
}

/** What is mounted goes. `force`: whoever still uses it keeps what it has, under no name. */
export function unmount(fileSystem: FileSystem, force: bool): i32 {
  const root = fileSystem.root!;
  const directory = root.covered;
  if (!directory) return setError(EBUSY);
  if (root.mounted) return setError(EBUSY);
  const prepared = fileSystem.prepareUnmount();
  if (prepared && !force) return prepared;
  forgetNames(fileSystem);
  // Its own root is in use by the mount alone.
  if (!force && fileSystem.isBusy) return setError(EBUSY);
  const error = fileSystem.unmount(force);
  // Somebody else may have unmounted it meanwhile, or mounted something on it.
  if (error && (!force || !root.covered || root.mounted != null)) return error;
  mounts.splice(mounts.indexOf(fileSystem), 1);
  directory.mounted = null;
  root.covered = null;
  root.release();
  directory.release();
  generation++;
  return 0;
}

/** The file system whose mount point has this path, or that was made of this special; the latest one. Null: EINVAL. */
export function findMount(name: string, zoneid: i32): FileSystem | null {
  const zone = zoneOf(zoneid);
  for (let i = mounts.length - 1; i >= 0; i--) {
    const found = mounts[i];
    if (found.zoneid != zoneid && zoneid != GLOBAL_ZONE) continue;
    if (found.mountPoint == zone.rootPath + name || found.special == name) return found;
  }
  setFailure(EINVAL);
  return null;
}

// ---- options

/** The value of `name=value`, '' for a bare name, null if it is not there. The last one counts. */
export function optionValue(options: string, name: string): string | null {
  const words = options.split(',');
  for (let i = words.length - 1; i >= 0; i--) {
    const word = words[i];
    if (word == name) return '';
    if (word.startsWith(name + '=')) return word.substring(name.length + 1);
  }
  return null;
}

export function hasOption(options: string, name: string): bool {
  return optionValue(options, name) != null;
}

/** Of an option and its opposite, the last one said. */
function isOn(options: string, name: string, opposite: string, before: bool): bool {
  const words = options.split(',');
  for (let i = words.length - 1; i >= 0; i--) {
    if (words[i] == name) return true;
    if (words[i] == opposite) return false;
  }
  return before;
}

/** Sets what every file system has, and says all of it in the form that mnttab shows. */
export function applyOptions(fileSystem: FileSystem, options: string): void {
  fileSystem.readOnly = isOn(options, 'ro', 'rw', fileSystem.readOnly);
  fileSystem.noSetuid = isOn(options, 'nosuid', 'suid', fileSystem.noSetuid);
  fileSystem.noDevices = isOn(options, 'nodevices', 'devices', fileSystem.noDevices || fileSystem.noSetuid);
  fileSystem.noExecute = isOn(options, 'noexec', 'exec', fileSystem.noExecute);
  fileSystem.noAccessTime = isOn(options, 'noatime', 'atime', fileSystem.noAccessTime);
  let text = fileSystem.readOnly ? 'ro' : 'rw';
  text += fileSystem.noSetuid ? ',nosetuid' : ',setuid';
  text += fileSystem.noDevices ? ',nodevices' : ',devices';
  if (fileSystem.noExecute) text += ',noexec';
  if (fileSystem.noAccessTime) text += ',noatime';
  const words = options.split(',');
  for (let i = 0; i < words.length; i++) if (words[i].length && !isCommon(words[i])) text += ',' + words[i];
  fileSystem.options = text + ',dev=' + fileSystem.device.toString(16);
}

const COMMON = ['ro', 'rw', 'suid', 'nosuid', 'setuid', 'nosetuid', 'devices', 'nodevices', 'exec', 'noexec', 'atime', 'noatime'];
function isCommon(word: string): bool {
  return COMMON.includes(word) || word.startsWith('dev=') || word == 'remount';
}
