// SPDX-License-Identifier: MIT
/**
 * @fileoverview lofs: a directory, or a file, of another file system under a second name (lofs(4FS)): what zones get their /usr by, read-only.
 *
 * A node stands for one vnode below and passes everything on; it exists while it is held, and there is one for each vnode, so that nodes can be
 * compared. File systems mounted below the directory are seen through it. What cannot be changed below cannot be changed through it; what is
 * mounted `ro` cannot be, whatever lies below. Its files are the same files ({@link Vnode.real}): locks, fifos, sockets and devices are shared.
 */
import { EINVAL, ENOTDIR, EXDEV, failure, setError, setFailure } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { Walk } from './lookup';
import { cachedLookup } from './nameCache';
import { ALWAYS, FileSystemType, hasOption } from './mount';
import { Poller } from './poll';
import { Ace } from './acl';
import { Attributes, DirectoryReader, FileSystem, Statistics, Vnode } from './vnode';

class LofFileSystem extends FileSystem {
  readonly nodes: Map<Vnode, LofNode> = new Map<Vnode, LofNode>();

  constructor(public readonly below: Vnode) {
    super('lofs', below.fileSystem.device, below.isReadOnly);
  }

  /** The node of a vnode, held, in place of the vnode's hold. */
  nodeOf(below: Vnode): LofNode {
    if (this.nodes.has(below)) {
      const known = this.nodes.get(below);
      known.hold();
      below.release();
      return known;
    }
    const made = new LofNode(this, below);
    this.nodes.set(below, made);
    made.hold();
    return made;
  }

  statistics(): Statistics {
    return this.below.fileSystem.statistics();
  }
  sync(): i32 {
    return this.below.fileSystem.sync();
  }
}

class LofNode extends Vnode {
  constructor(
    fileSystem: LofFileSystem,
    /** Held while this node is. */
    readonly below: Vnode,
  ) {
    super(fileSystem, below.type);
  }

  private get system(): LofFileSystem {
    return changetype<LofFileSystem>(this.fileSystem);
  }
  private wrap(below: Vnode | null): Vnode | null {
    return below ? this.system.nodeOf(below) : null;
  }

  inactive(): void {
    this.system.nodes.delete(this.below);
    this.below.release();
  }
  get real(): Vnode {
    return this.below.real;
  }
  get isReadOnly(): bool {
    return this.fileSystem.readOnly || this.below.isReadOnly;
  }
  attributes(): Attributes {
    return this.below.attributes();
  }

  open(flags: i32): Vnode | null {
    const below = this.below;
    below.hold();
    const opened = below.open(flags);
    if (!opened || opened == below) {
      const errno = failure;
      below.release();
      if (opened) return this;
      setFailure(errno);
      return null;
    }
    this.release();
    return opened;
  }
  opened(readers: i32, writers: i32): i32 {
    return this.below.opened(readers, writers);
  }
  read(offset: u64, to: u64, count: u64, nonblocking: bool): i64 {
    return this.below.read(offset, to, count, nonblocking);
  }
  write(offset: u64, from: u64, count: u64, nonblocking: bool): i64 {
    return this.below.write(offset, from, count, nonblocking);
  }
  ioctl(request: i32, argument: u64): i64 {
    return this.below.ioctl(request, argument);
  }
  poll(events: i32, poller: Poller | null): i32 {
    return this.below.poll(events, poller);
  }
  get seekable(): bool {
    return this.below.seekable;
  }
  truncate(size: u64): i32 {
    return this.below.truncate(size);
  }
  freeSpace(offset: u64, length: u64): i32 {
    return this.below.freeSpace(offset, length);
  }
  page(offset: u64, shared: bool = false, write: bool = false): usize {
    return this.below.page(offset, shared, write);
  }
  putPages(offset: u64, length: u64): i32 {
    return this.below.putPages(offset, length);
  }
  sync(dataOnly: bool): i32 {
    return this.below.sync(dataOnly);
  }
  pathconf(name: i32): i64 {
    return this.below.pathconf(name);
  }

  lookup(name: string): Vnode | null {
    let found = cachedLookup(this.below, name);
    // What is mounted below is seen, too.
    while (found && found.mounted) {
      const mounted = found.mounted!;
      mounted.hold();
      found.release();
      found = mounted;
    }
    return this.wrap(found);
  }
  parent(): Vnode | null {
    const top = this.system.below;
    let at = this.below;
    while (at != top && at.covered) at = at.covered!;
    return at == top ? null : this.wrap(at.parent());
  }
  create(name: string, mode: i32, uid: i32, gid: i32, rdev: u64 = 0): Vnode | null {
    return this.wrap(this.below.create(name, mode, uid, gid, rdev));
  }
  symlink(name: string, target: string, uid: i32, gid: i32): i32 {
    return this.below.symlink(name, target, uid, gid);
  }
  link(name: string, target: Vnode): i32 {
    return target instanceof LofNode ? this.below.link(name, changetype<LofNode>(target).below) : setError(EXDEV);
  }
  remove(name: string): i32 {
    return this.below.remove(name);
  }
  removeDirectory(name: string): i32 {
    return this.below.removeDirectory(name);
  }
  rename(from: string, to: Vnode, name: string): i32 {
    return to instanceof LofNode ? this.below.rename(from, changetype<LofNode>(to).below, name) : setError(EXDEV);
  }
  readDirectory(offset: u64, reader: DirectoryReader): i32 {
    return this.below.readDirectory(offset, reader);
  }
  readLink(): string | null {
    return this.below.readLink();
  }
  extendedDirectory(make: bool): Vnode | null {
    return this.wrap(this.below.extendedDirectory(make));
  }
  setMode(mode: i32): i32 {
    return this.below.setMode(mode);
  }
  dropSetIds(mode: i32): i32 {
    return this.below.dropSetIds(mode);
  }
  get hasAcl(): bool {
    return this.below.hasAcl;
  }
  acl(): Ace[] | null {
    return this.below.acl();
  }
  setAcl(aces: Ace[]): i32 {
    return this.below.setAcl(aces);
  }
  setOwner(uid: i32, gid: i32): i32 {
    return this.below.setOwner(uid, gid);
  }
  setTimes(accessed: u64, modified: u64): i32 {
    return this.below.setTimes(accessed, modified);
  }
}

/** mount -F lofs DIRECTORY MOUNTPOINT: the special is a path. */
export class LofType extends FileSystemType {
  constructor() {
    super('lofs', ALWAYS, true);
  }
  make(special: string, options: string, covered: Vnode): FileSystem | null {
    const process = currentProcess();
    const found = new Walk(process.root!, process.credentials).find(process.directory!, special, true);
    if (!found) return null;
    const wrong = found.isDirectory != covered.isDirectory ? ENOTDIR : 0;
    if (wrong || found == covered) {
      found.release();
      setFailure(wrong ? wrong : EINVAL);
      return null;
    }
    const system = new LofFileSystem(found);
    // The mount holds the root; the root holds what is below.
    const root = new LofNode(system, found);
    system.nodes.set(found, root);
    system.root = root;
    if (hasOption(options, 'ro')) system.readOnly = true;
    return system;
  }
}
