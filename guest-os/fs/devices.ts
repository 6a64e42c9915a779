// SPDX-License-Identifier: MIT
/**
 * @fileoverview /dev: one directory of character devices that the kernel has put there. Read-only for everyone.
 *
 * `null` and `zero` are here; drivers bring their own vnodes. `tty` stands for the opener's terminal (syscall/open looks it up).
 */
import { address } from 'machine/mem';
import { bootTime } from '../kernel/clock';
import { copy } from '../kernel/user';
import { Attributes, DirectoryReader, FileSystem, S_IFCHR, S_IFDIR, Vnode } from './vnode';

const ZEROS: usize = memory.data(4096, 16);

export class DeviceDirectory extends Vnode {
  private readonly names: string[] = [];
  private readonly devices: Vnode[] = [];

  constructor(private readonly above: Vnode) {
    super(new FileSystem('dev', 2, true), S_IFDIR);
    this.hold();
    this.add('null', new NullDevice(this.fileSystem, false));
    this.add('zero', new NullDevice(this.fileSystem, true));
    this.add('tty', new ControllingTerminal(this.fileSystem));
  }

  /** Appears as this directory of the root. */
  mount(name: string): void {
    const directory = this.above.lookup(name)!;
    directory.mounted = this;
    this.covered = directory;
  }

  add(name: string, device: Vnode): void {
    device.hold();
    this.names.push(name);
    this.devices.push(device);
  }

  attributes(): Attributes {
    const result = new Attributes();
    result.mode = S_IFDIR | 0o755;
    result.nlink = 2;
    result.inode = 2;
    setTimes(result);
    return result;
  }
  lookup(name: string): Vnode | null {
    const at = this.names.indexOf(name);
    if (at < 0) return super.lookup(name);
    this.devices[at].hold();
    return this.devices[at];
  }
  readDirectory(offset: u64, reader: DirectoryReader): i32 {
    let at = offset;
    if (at == 0 && !reader.entry('.', 2, ++at)) return 0;
    if (at <= 1 && !reader.entry('..', 1, (at = 2))) return 0;
    for (; at - 2 < <u64>this.names.length; at++) {
      const i = <i32>(at - 2);
      if (!reader.entry(this.names[i], this.devices[i].attributes().inode, at + 1)) return 0;
    }
    return 0;
  }
}

function setTimes(attributes: Attributes): void {
  attributes.accessed = bootTime() * 1000000000;
  attributes.modified = attributes.accessed;
  attributes.changed = attributes.accessed;
}

class NullDevice extends Vnode {
  constructor(
    fileSystem: FileSystem,
    private readonly givesZeros: bool,
  ) {
    super(fileSystem, S_IFCHR);
  }
  attributes(): Attributes {
    const result = new Attributes();
    result.mode = S_IFCHR | 0o666;
    result.inode = this.givesZeros ? 5 : 4;
    // Major 13, minors 2 and 12 on illumos.
    result.rdev = ((<u64>13) << 32) | (this.givesZeros ? 12 : 2);
    setTimes(result);
    return result;
  }
  get seekable(): bool {
    return false;
  }
  read(offset: u64, to: u64, count: u64, nonblocking: bool): i64 {
    if (!this.givesZeros) return 0;
    for (let done: u64 = 0; done < count; done += 4096) {
      const error = copy(to + done, address(ZEROS), min<u64>(count - done, 4096));
      if (error) return error;
    }
    return <i64>count;
  }
  write(offset: u64, from: u64, count: u64, nonblocking: bool): i64 {
    return <i64>count;
  }
}

/** Never opened itself: opening it opens the process's terminal. */
export class ControllingTerminal extends Vnode {
  constructor(fileSystem: FileSystem) {
    super(fileSystem, S_IFCHR);
  }
  attributes(): Attributes {
    const result = new Attributes();
    result.mode = S_IFCHR | 0o666;
    result.inode = 6;
    result.rdev = (<u64>22) << 32;
    setTimes(result);
    return result;
  }
}
