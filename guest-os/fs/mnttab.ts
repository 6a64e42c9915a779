// SPDX-License-Identifier: MIT
/**
 * @fileoverview mntfs: /etc/mnttab, a file that reads as the list of mounts (mnttab(5)): special, mount point, type, options, time, by tabs.
 *
 * It is written anew whenever it is read from its start, so that a reader sees one state of the list.
 */
import { address } from 'machine/mem';
import { wallTime } from '../kernel/time/clock';
import { currentProcess } from '../kernel/process/processes';
import { copyShared, storeText } from '../kernel/memory/user';
import { pathIn, zoneOf } from '../kernel/zone/zone';
import { IF_ALLOWED, FileSystemType, mountList } from './mount';
import { Attributes, FileSystem, newDeviceNumber, S_IFREG, Vnode } from './vnode';

/** At most so much is read at once. */
const CHUNK: u64 = 4096;
const chunk = memory.data(4096);

export class MntTab extends Vnode {
  private text: string = '';

  constructor() {
    super(new FileSystem('mntfs', newDeviceNumber(), false), S_IFREG);
    this.fileSystem.root = this;
    this.fileSystem.special = 'mnttab';
  }

  attributes(): Attributes {
    const result = new Attributes();
    result.mode = S_IFREG | 0o444;
    result.inode = 1;
    result.size = listing().length;
    result.accessed = wallTime();
    result.modified = result.accessed;
    result.changed = result.accessed;
    return result;
  }

  read(offset: u64, to: u64, count: u64, nonblocking: bool): i64 {
    if (!offset) this.text = listing();
    const text = this.text;
    if (offset >= <u64>text.length) return 0;
    const part = text.substring(<i32>offset, <i32>min<u64>(offset + min<u64>(count, CHUNK), text.length));
    storeText(chunk, part);
    const error = copyShared(to, address(chunk), part.length);
    return error ? error : <i64>part.length;
  }
}

/** What the caller's zone sees: a zone sees first what its root lies in, whoever else has that too. */
function listing(): string {
  const credentials = currentProcess().credentials;
  const zone = zoneOf(credentials.zoneid);
  const list = mountList();
  const root = zone.root;
  let text = root ? line(root.fileSystem, '/') : '';
  for (let i = 0; i < list.length; i++) {
    const mount = list[i];
    if (!credentials.sees(mount.zoneid) || (root && mount.mountPoint == zone.rootPath)) continue;
    text += line(mount, pathIn(zone, mount.mountPoint));
  }
  return text;
}

function line(mount: FileSystem, point: string): string {
  const fields = [mount.special, point, mount.type, mount.options, mount.mountedAt.toString()];
  return fields.join('\t') + '\n';
}

/** mount -F mntfs: a zone has one of its own, though all read alike to the same reader. */
export class MntType extends FileSystemType {
  constructor() {
    super('mntfs', IF_ALLOWED, true);
  }
  make(special: string, options: string, covered: Vnode): FileSystem | null {
    return new MntTab().fileSystem;
  }
}
