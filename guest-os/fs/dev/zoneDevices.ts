// SPDX-License-Identifier: MIT
/**
 * @fileoverview A zone's /dev (dev(4FS)): a few devices of the system, under nodes whose owner and mode are the zone's; its pseudo terminals; and
 * its console, which is one of those.
 *
 * `mount -F dev -o zone=ID,console=pts/N`: whose terminals are shown, and which one of them is the console. Whatever isn't in SHARED can't be
 * reached from a zone: it may make no device files (PRIV_SYS_DEVICES), and those in its file systems mean nothing (nodevices).
 */
import { wallTime } from '../../kernel/time/clock';
import { EINVAL, setFailure } from '../../kernel/errno';
import { findZone } from '../../kernel/zone/zone';
import { slaveOf } from '../../driver/pty';
import { newDeviceInode } from './device';
import { DeviceFolder } from './deviceFolder';
import { deviceNamed } from './devices';
import { NEVER, FileSystemType, optionValue } from '../mount';
import { Attributes, FileSystem, newDeviceNumber, S_IFCHR, S_IFDIR, Vnode } from '../vnode';

const SHARED: StaticArray<string> = ['full', 'kstat', 'null', 'ptmx', 'random', 'tty', 'urandom', 'zero', 'zfs'];
/** Names of the console, first the one that terminals are known by. */
const CONSOLE: StaticArray<string> = ['console', 'msglog', 'syscon', 'sysmsg', 'systty'];
const PAIRS: i32 = 256;

/** A device's node with an owner and a mode of its own. */
class ZoneNode extends Vnode {
  private readonly about: Attributes;

  constructor(fileSystem: FileSystem, device: Vnode) {
    super(fileSystem, S_IFCHR);
    this.about = device.attributes();
    this.about.inode = newDeviceInode();
  }
  attributes(): Attributes {
    return this.about;
  }
  setMode(mode: i32): i32 {
    this.about.mode = S_IFCHR | (mode & 0o7777);
    return this.touched();
  }
  setOwner(uid: i32, gid: i32): i32 {
    if (uid != -1) this.about.uid = uid;
    if (gid != -1) this.about.gid = gid;
    return this.touched();
  }
  setTimes(accessed: u64, modified: u64): i32 {
    this.about.accessed = accessed;
    this.about.modified = modified;
    return this.touched();
  }
  private touched(): i32 {
    this.about.changed = wallTime();
    return 0;
  }
}

abstract class ZoneDirectory extends DeviceFolder {
  constructor(
    fileSystem: FileSystem,
    protected readonly zoneid: i32,
    above: Vnode | null,
  ) {
    super(fileSystem, above);
  }
  attributes(): Attributes {
    const result = new Attributes();
    result.mode = S_IFDIR | 0o755;
    result.nlink = 2;
    result.inode = this.inode;
    result.accessed = wallTime();
    result.modified = result.accessed;
    result.changed = result.accessed;
    return result;
  }
}

class ZoneTerminals extends ZoneDirectory {
  entries(): string[] {
    const names: string[] = [];
    for (let i = 0; i < PAIRS; i++) if (slaveOf(this.zoneid, i)) names.push(i.toString());
    return names;
  }
  find(name: string): Vnode | null {
    const index = I32.parseInt(name);
    return index.toString() == name ? slaveOf(this.zoneid, index) : null;
  }
}

class ZoneDevices extends ZoneDirectory {
  private terminals: ZoneTerminals | null = null;
  private readonly nodes: Map<string, ZoneNode> = new Map<string, ZoneNode>();

  constructor(
    fileSystem: FileSystem,
    zoneid: i32,
    private readonly console: string,
  ) {
    super(fileSystem, zoneid, null);
    this.terminals = new ZoneTerminals(fileSystem, zoneid, this);
    for (let i = 0; i < SHARED.length; i++) {
      const device = deviceNamed(SHARED[i]);
      if (device) this.nodes.set(SHARED[i], new ZoneNode(fileSystem, device));
    }
  }
  entries(): string[] {
    const names = this.nodes.keys();
    names.push('pts');
    for (let i = 0; i < CONSOLE.length; i++) names.push(CONSOLE[i]);
    return names.sort();
  }
  find(name: string): Vnode | null {
    if (name == 'pts') return this.terminals;
    if (CONSOLE.includes(name)) return this.terminals!.find(this.console);
    return this.nodes.has(name) ? this.nodes.get(name) : null;
  }
}

export class DevType extends FileSystemType {
  constructor() {
    super('dev', NEVER);
  }
  make(special: string, options: string, covered: Vnode): FileSystem | null {
    const id = optionValue(options, 'zone');
    const console = optionValue(options, 'console');
    const zone = id != null ? findZone(I32.parseInt(id)) : null;
    if (!zone || console == null || !console.startsWith('pts/')) {
      setFailure(EINVAL);
      return null;
    }
    const system = new FileSystem('dev', newDeviceNumber(), false);
    system.root = new ZoneDevices(system, zone.id, console.substring(4));
    return system;
  }
}
