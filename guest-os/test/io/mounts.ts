// SPDX-License-Identifier: MIT
/** @fileoverview Mounts: mount(2), umount2(2), lofs(4FS), tmpfs(4FS). */
import * as calls from '../../lib/calls';
import { BUFFER, buffer, check, text, writeText } from '../check';

export function testMounts(): void {
  calls.mkdir(text('/tmp/a'), 0o755);
  calls.mkdir(text('/tmp/b'), 0o755);
  check('mount lofs', mount('/tmp/a', '/tmp/b', 'lofs', ''), 0);
  const made = calls.open(text('/tmp/a/file'), 0x102, 0o644);
  writeText(<i32>made, 'hello');
  check('the file is there', calls.stat(text('/tmp/b/file'), BUFFER), 0);
  const inode = load<u64>(buffer, 8);
  calls.stat(text('/tmp/a/file'), BUFFER);
  check('the same', <i64>load<u64>(buffer, 8), <i64>inode);
  check('make one through it', calls.mkdir(text('/tmp/b/dir'), 0o755), 0);
  check('seen below', calls.access(text('/tmp/a/dir'), 0), 0);
  check('rename within', calls.rename(text('/tmp/b/dir'), text('/tmp/b/other')), 0);
  check('link across: EXDEV', calls.link(text('/tmp/a/file'), text('/tmp/b/link')), -18);
  check('.. leads out', calls.stat(text('/tmp/b/..'), BUFFER), 0);
  const up = load<u64>(buffer, 8);
  calls.stat(text('/tmp'), BUFFER);
  check('to where it is mounted', <i64>load<u64>(buffer, 8), <i64>up);
  check('chdir', calls.chdir(text('/tmp/b/other')), 0);
  check('in use: EBUSY', calls.umount2(text('/tmp/b'), 0), -16);
  calls.getcwd(BUFFER, 100);
  check('getcwd through it', load<u8>(buffer, 5), 0x62);
  calls.chdir(text('/'));
  check('umount', calls.umount2(text('/tmp/b'), 0), 0);
  check('empty again', calls.access(text('/tmp/b/file'), 0), -2);
  check('read-only', mount('/tmp/a', '/tmp/b', 'lofs', 'ro'), 0);
  check('EROFS', calls.open(text('/tmp/b/new'), 0x101, 0o644), -30);
  check('EROFS to write', calls.open(text('/tmp/b/file'), 1, 0), -30);
  check('EROFS to remove', calls.unlink(text('/tmp/b/file')), -30);
  check('EROFS to change the mode', calls.chmod(text('/tmp/b/file'), 0o600), -30);
  check('but readable', calls.close(<i32>calls.open(text('/tmp/b/file'), 0, 0)), 0);
  check('mount again: EBUSY', mount('/tmp/a', '/tmp/b', 'lofs', ''), -16);
  check('umount', calls.umount2(text('/tmp/b'), 0), 0);
  check('umount what is not: EINVAL', calls.umount2(text('/tmp/b'), 0), -22);
  check('no such type: ENODEV', mount('x', '/tmp/b', 'nosuchfs', ''), -19);
  check('tmpfs of 64 KiB', mount('swap', '/tmp/b', 'tmpfs', 'size=64k'), 0);
  check('statvfs', calls.statvfs(text('/tmp/b'), BUFFER), 0);
  check('has 16 blocks', <i64>load<u64>(buffer, 16), 16);
  const full = <i32>calls.open(text('/tmp/b/full'), 0x102, 0o644);
  let written: i64 = 0;
  while (true) {
    const part = calls.write(full, BUFFER, 8192);
    if (part < 0) {
      check('full: ENOSPC', part, -28);
      break;
    }
    written += part;
  }
  check('took its size', written, 65536);
  store<u32>(buffer, 0);
  store<u64>(buffer, 4096, 8);
  store<u64>(buffer, 0, 16);
  check('F_FREESP cuts it', calls.fcntl(full, 11, BUFFER), 0);
  calls.close(full);
  calls.statvfs(text('/tmp/b'), BUFFER);
  check('free again', <i64>load<u64>(buffer, 24), 15);
  check('remount read-only', calls.mount(text('swap'), text('/tmp/b'), 0x21, text('tmpfs'), 0, 0), 0);
  check('EROFS', calls.mkdir(text('/tmp/b/d'), 0o755), -30);
  check('umount', calls.umount2(text('/tmp/b'), 0), 0);
  calls.close(<i32>made);
}

function mount(special: string, path: string, type: string, options: string): i64 {
  return calls.mount(text(special), text(path), 0x100, text(type), text(options), options.length + 1);
}
