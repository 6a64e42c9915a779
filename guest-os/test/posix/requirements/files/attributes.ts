// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about what stat tells of files, and changing it. */
import { inChild, makeFile, pauseFor, requirement, unprivileged, writeText } from '../../harness';
import * as sys from '../../system/system';

requirement('stat: size, links, owner', () => {
  makeFile('f', 'abc');
  return sys.stat('f') == 0 && sys.st.size == 3 && sys.st.links == 1 && sys.st.uid == 0 && sys.st.gid == sys.getegid();
});
requirement('stat: follows a symbolic link, lstat does not', () => {
  makeFile('f', 'abc');
  sys.symlink('f', 'l');
  const followed = sys.stat('l') == 0 && (sys.st.mode & 0xf000) == 0x8000;
  return followed && sys.lstat('l') == 0 && (sys.st.mode & 0xf000) == 0xa000 && sys.st.size == 1;
});
requirement('stat: ENOENT for a symbolic link to nothing', () => {
  sys.symlink('nowhere', 'l');
  return sys.stat('l') == -sys.ENOENT && sys.lstat('l') == 0;
});
requirement('fstat: EBADF for what is no descriptor', () => sys.fstat(77) == -sys.EBADF);
requirement('fstat: the same file as stat', () => {
  makeFile('f');
  sys.stat('f');
  const inode = sys.st.inode;
  return sys.fstat(sys.open('f', sys.O_RDONLY)) == 0 && sys.st.inode == inode;
});
requirement('fstatat: AT_SYMLINK_NOFOLLOW', () => {
  sys.symlink('nowhere', 'l');
  return sys.fstatat(sys.AT_FDCWD, 'l', sys.AT_SYMLINK_NOFOLLOW) == 0 && (sys.st.mode & 0xf000) == 0xa000;
});
requirement('chmod: the mode changes, the type does not', () => {
  makeFile('f');
  return sys.chmod('f', 0o4711) == 0 && sys.stat('f') == 0 && sys.st.mode == (0x8000 | 0o4711);
});
requirement('chmod: EPERM for who is not the owner', () => {
  makeFile('f');
  return unprivileged(() => sys.chmod('f', 0o777) == -sys.EPERM);
});
requirement('fchmod: through a descriptor', () => {
  makeFile('f');
  return sys.fchmod(sys.open('f', sys.O_RDONLY), 0o600) == 0 && sys.stat('f') == 0 && (sys.st.mode & 0o7777) == 0o600;
});
requirement('chmod: the time of change is marked', () => {
  makeFile('f');
  sys.stat('f');
  const before = sys.st.changed;
  pauseFor(20);
  sys.chmod('f', 0o600);
  sys.stat('f');
  return sys.st.changed > before;
});
requirement('chown: root changes owner and group', () => {
  makeFile('f');
  return sys.chown('f', 5, 6) == 0 && sys.stat('f') == 0 && sys.st.uid == 5 && sys.st.gid == 6;
});
requirement('chown: -1 leaves one', () => {
  makeFile('f');
  sys.chown('f', 5, 6);
  return sys.chown('f', -1, 7) == 0 && sys.stat('f') == 0 && sys.st.uid == 5 && sys.st.gid == 7;
});
requirement('chown: EPERM for an unprivileged user', () => {
  makeFile('f');
  return unprivileged(() => sys.chown('f', 1000, -1) == -sys.EPERM);
});
requirement('chown: clears the set-user-id bit, unprivileged', () => {
  makeFile('f');
  sys.chown('f', 1000, 1000);
  sys.chmod('f', 0o4755);
  return unprivileged(() => sys.chown('f', -1, 1000) == 0 && sys.stat('f') == 0 && (sys.st.mode & 0o4000) == 0);
});
requirement('lchown: the link itself', () => {
  makeFile('f');
  sys.symlink('f', 'l');
  sys.lchown('l', 5, 6);
  return owner(sys.lstat('l')) == 5 && owner(sys.stat('f')) == 0;
});
function owner(result: i64): i32 {
  return result < 0 ? -1 : sys.st.uid;
}
requirement('access: root may read and write anything', () => {
  makeFile('f', '', 0);
  return sys.access('f', 6) == 0;
});
requirement('access: EACCES for executing what nobody may execute', () => {
  makeFile('f', '', 0o644);
  return sys.access('f', 1) == -sys.EACCES;
});
requirement('access: by the real user', () => {
  makeFile('f', '', 0o600);
  return inChild(() => sys.setreuid(1000, 0) == 0 && sys.access('f', 4) == -sys.EACCES && sys.open('f', sys.O_RDONLY) >= 0);
});
requirement('access: F_OK only asks whether it is there', () => {
  makeFile('f', '', 0);
  return unprivileged(() => sys.access('f', 0) == 0 && sys.access('g', 0) == -sys.ENOENT);
});
requirement('access: EINVAL for unknown bits', () => {
  makeFile('f');
  return sys.access('f', 0x100) == -sys.EINVAL;
});
requirement('utimensat: both times', () => {
  makeFile('f');
  sys.utimens('f', 1000, 5, 2000, 7);
  return sys.stat('f') == 0 && sys.st.accessed == 1000000000005 && sys.st.modified == 2000000000007;
});
requirement('utimensat: UTIME_OMIT leaves one', () => {
  makeFile('f');
  sys.utimens('f', 1000, 0, 2000, 0);
  sys.utimens('f', 0, sys.UTIME_OMIT, 3000, 0);
  return sys.stat('f') == 0 && sys.st.accessed == 1000000000000 && sys.st.modified == 3000000000000;
});
requirement('utimensat: now, without times', () => {
  makeFile('f');
  sys.utimens('f', 1000, 0, 2000, 0);
  sys.utimensNow('f');
  const now = sys.clockTime(sys.CLOCK_REALTIME);
  return sys.stat('f') == 0 && now - sys.st.modified < 2000000000;
});
requirement('utimensat: EPERM for who is not the owner', () => {
  makeFile('f');
  sys.chmod('f', 0o666);
  return unprivileged(() => sys.utimens('f', 1, 0, 1, 0) == -sys.EPERM && sys.utimensNow('f') == 0);
});
requirement('utimensat: EINVAL for a billion nanoseconds', () => {
  makeFile('f');
  return sys.utimens('f', 1, 1000000000, 1, 0) == -sys.EINVAL;
});
requirement('write: marks the time of modification', () => {
  const descriptor = sys.open('f', sys.O_RDWR | sys.O_CREAT);
  sys.utimens('f', 1000, 0, 2000, 0);
  writeText(descriptor, 'x');
  return sys.stat('f') == 0 && sys.st.modified > 3000000000000 && sys.st.accessed == 1000000000000;
});
requirement('write: clears the set-user-id bit, unprivileged', () => {
  makeFile('f');
  sys.chown('f', 1000, 1000);
  sys.chmod('f', 0o4755);
  return unprivileged(() => {
    writeText(sys.open('f', sys.O_WRONLY), 'x');
    return sys.stat('f') == 0 && (sys.st.mode & 0o4000) == 0;
  });
});
