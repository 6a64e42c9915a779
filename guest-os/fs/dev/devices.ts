// SPDX-License-Identifier: MIT
/**
 * @fileoverview devfs: the trees /dev and /devices, whose directories hold what drivers have put there.
 *
 * /devices has one node per device and minor, under the path by which the device hangs in the machine (`pci@0,0/pci1af4,2@4/blkdev@0,0:a`) or under
 * `pseudo`; /dev has the same nodes under the names by which people know them. Users can change a node's owner and mode, but not
 * make, rename or remove any.
 */
import { bootTime } from '../../kernel/time/clock';
import { Device, deviceFileSystem } from './device';
import { DeviceFolder } from './deviceFolder';
import { Attributes, FileSystem, S_IFDIR, Vnode } from '../vnode';

class DeviceDirectory extends DeviceFolder {
  private readonly names: string[] = [];
  private readonly nodes: Vnode[] = [];

  enter(name: string, node: Vnode): void {
    node.hold();
    this.names.push(name);
    this.nodes.push(node);
  }
  leave(name: string): Vnode | null {
    const at = this.names.indexOf(name);
    if (at < 0) return null;
    const node = this.nodes[at];
    this.names.splice(at, 1);
    this.nodes.splice(at, 1);
    node.release();
    return node;
  }
  entries(): string[] {
    return this.names;
  }
  find(name: string): Vnode | null {
    const at = this.names.indexOf(name);
    return at < 0 ? null : this.nodes[at];
  }
  directory(name: string): DeviceDirectory {
    const known = this.find(name);
    if (known) return changetype<DeviceDirectory>(known);
    const made = new DeviceDirectory(this.fileSystem, this);
    this.enter(name, made);
    return made;
  }

  attributes(): Attributes {
    const result = new Attributes();
    result.mode = S_IFDIR | 0o755;
    result.nlink = 2;
    for (let i = 0; i < this.nodes.length; i++) if (this.nodes[i].isDirectory) result.nlink++;
    result.inode = this.inode;
    result.size = <u64>this.names.length + 2;
    result.accessed = bootTime() * 1000000000;
    result.modified = result.accessed;
    result.changed = result.accessed;
    return result;
  }
}

const physicalFileSystem: FileSystem = new FileSystem('devfs', 5, false);
const byName: DeviceDirectory = new DeviceDirectory(deviceFileSystem, null);
const byPath: DeviceDirectory = new DeviceDirectory(physicalFileSystem, null);

/** The file systems of /dev and /devices, for boot to mount. */
export function devFileSystem(): FileSystem {
  deviceFileSystem.root = byName;
  deviceFileSystem.special = '/dev';
  return deviceFileSystem;
}
export function devicesFileSystem(): FileSystem {
  physicalFileSystem.root = byPath;
  physicalFileSystem.special = '/devices';
  return physicalFileSystem;
}

function enter(root: DeviceDirectory, path: string, device: Vnode): void {
  const names = path.split('/');
  let at = root;
  for (let i = 0; i < names.length - 1; i++) at = at.directory(names[i]);
  at.enter(names[names.length - 1], device);
}

function leave(root: DeviceDirectory, path: string): void {
  const names = path.split('/');
  let at = root;
  for (let i = 0; i < names.length - 1; i++) at = at.directory(names[i]);
  at.leave(names[names.length - 1]);
}

/** A directory of /dev that is there even while it is empty. */
export function addDeviceDirectory(name: string): void {
  const names = name.split('/');
  let at = byName;
  for (let i = 0; i < names.length; i++) at = at.directory(names[i]);
}

/** Puts a device at `/dev/NAME` and, unless the path is empty, at `/devices/PATH`. */
export function addDevice(name: string, path: string, device: Device): void {
  enter(byName, name, device);
  if (path.length) enter(byPath, path, device);
}
/** What is at `/dev/NAME`; null: nothing, or a directory. */
export function deviceNamed(name: string): Vnode | null {
  const names = name.split('/');
  let at: Vnode | null = byName;
  for (let i = 0; i < names.length && at; i++) at = at.isDirectory ? changetype<DeviceDirectory>(at).find(names[i]) : null;
  return at && !at.isDirectory ? at : null;
}
export function removeDevice(name: string, path: string): void {
  leave(byName, name);
  if (path.length) leave(byPath, path);
}
