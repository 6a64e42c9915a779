// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about files: open, read, write, positions, descriptors, attributes, times, links, record locks. */
import { buffer, child, contentOf, exists, exitOf, inChild, longName, makeFile, pauseFor, readText } from './harness';
import { requirement, textAt, unprivileged, writeText } from './harness';
import * as sys from './system/system';

let shared: i32 = 0;

// ---- open

requirement('open: the lowest free descriptor', () => {
  makeFile('f');
  sys.close(0);
  return sys.open('f', sys.O_RDONLY) == 0;
});
requirement('open: ENOENT for what is not there', () => sys.open('f', sys.O_RDONLY) == -sys.ENOENT);
requirement('open: ENOENT for an empty name', () => sys.open('', sys.O_RDONLY) == -sys.ENOENT);
requirement('open: ENOTDIR where a part of the path is a file', () => {
  makeFile('f');
  return sys.open('f/g', sys.O_RDONLY) == -sys.ENOTDIR;
});
requirement('open: ENAMETOOLONG for a name of 256 bytes', () => sys.open(longName(256), sys.O_RDONLY) == -sys.ENAMETOOLONG);
requirement('open: a name of 255 bytes', () => sys.open(longName(255), sys.O_RDWR | sys.O_CREAT) >= 0);
requirement(
  'open: ENAMETOOLONG for a path of 5000 bytes',
  () => sys.open('./'.repeat(2500) + 'f', sys.O_RDONLY) == -sys.ENAMETOOLONG,
);
requirement('open: O_CREAT makes a file with the mode less the mask', () => {
  sys.umask(0o027);
  sys.open('f', sys.O_RDWR | sys.O_CREAT, 0o666);
  return sys.stat('f') == 0 && sys.st.mode == (0x8000 | 0o640);
});
requirement('open: O_CREAT leaves the mode of an existing file', () => {
  makeFile('f', '', 0o600);
  sys.open('f', sys.O_RDWR | sys.O_CREAT, 0o666);
  return sys.stat('f') == 0 && (sys.st.mode & 0o777) == 0o600;
});
requirement('open: O_EXCL is EEXIST for an existing file', () => {
  makeFile('f');
  return sys.open('f', sys.O_RDWR | sys.O_CREAT | sys.O_EXCL) == -sys.EEXIST;
});
requirement('open: O_EXCL is EEXIST for a symbolic link to nothing', () => {
  sys.symlink('nowhere', 'l');
  return sys.open('l', sys.O_RDWR | sys.O_CREAT | sys.O_EXCL) == -sys.EEXIST;
});
requirement('open: O_CREAT through a symbolic link to nothing makes its target', () => {
  sys.symlink('target', 'l');
  return sys.open('l', sys.O_RDWR | sys.O_CREAT) >= 0 && exists('target');
});
requirement('open: O_TRUNC empties a file', () => {
  makeFile('f', 'abc');
  sys.open('f', sys.O_WRONLY | sys.O_TRUNC);
  return sys.stat('f') == 0 && sys.st.size == 0;
});
requirement('open: O_APPEND writes at the end', () => {
  makeFile('f', 'abc');
  const descriptor = sys.open('f', sys.O_WRONLY | sys.O_APPEND);
  sys.lseek(descriptor, 0, 0);
  writeText(descriptor, 'def');
  return contentOf('f') == 'abcdef';
});
requirement('open: EISDIR for writing a directory', () => {
  sys.mkdir('d');
  return sys.open('d', sys.O_WRONLY) == -sys.EISDIR;
});
requirement('open: O_DIRECTORY is ENOTDIR for a file', () => {
  makeFile('f');
  return sys.open('f', sys.O_RDONLY | sys.O_DIRECTORY) == -sys.ENOTDIR;
});
requirement('open: O_NOFOLLOW is ELOOP for a symbolic link', () => {
  makeFile('f');
  sys.symlink('f', 'l');
  return sys.open('l', sys.O_RDONLY | sys.O_NOFOLLOW) == -sys.ELOOP;
});
requirement('open: ELOOP for links in a circle', () => {
  sys.symlink('b', 'a');
  sys.symlink('a', 'b');
  return sys.open('a', sys.O_RDONLY) == -sys.ELOOP;
});
requirement('open: EACCES without permission to read', () => {
  makeFile('f', 'abc', 0o200);
  sys.chown('f', 1000, 1000);
  return unprivileged(() => sys.open('f', sys.O_RDONLY) == -sys.EACCES && sys.open('f', sys.O_WRONLY) >= 0);
});
requirement('open: EACCES for a new file where the directory cannot be written', () => {
  sys.mkdir('d', 0o755);
  return unprivileged(() => sys.open('d/f', sys.O_RDWR | sys.O_CREAT) == -sys.EACCES);
});
requirement('open: EACCES where a directory cannot be searched', () => {
  sys.mkdir('d', 0o755);
  makeFile('d/f');
  sys.chmod('d', 0o600);
  return unprivileged(() => sys.open('d/f', sys.O_RDONLY) == -sys.EACCES);
});
requirement('open: the permission to write that is given counts from the next opening', () => {
  const descriptor = sys.open('f', sys.O_RDWR | sys.O_CREAT, 0);
  return descriptor >= 0 && writeText(descriptor, 'x') == 1;
});
requirement('openat: relative to a directory', () => {
  sys.mkdir('d');
  makeFile('d/f', 'in d');
  const directory = sys.open('d', sys.O_RDONLY | sys.O_DIRECTORY);
  return readText(sys.openat(directory, 'f', sys.O_RDONLY)) == 'in d';
});
requirement('openat: ENOTDIR for a descriptor that is no directory', () => {
  makeFile('f');
  return sys.openat(sys.open('f', sys.O_RDONLY), 'g', sys.O_RDONLY) == -sys.ENOTDIR;
});
requirement('openat: EBADF for what is no descriptor', () => sys.openat(77, 'g', sys.O_RDONLY) == -sys.EBADF);

// ---- read, write, positions

requirement('close: EBADF the second time', () => {
  makeFile('f');
  const descriptor = sys.open('f', sys.O_RDONLY);
  return sys.close(descriptor) == 0 && sys.close(descriptor) == -sys.EBADF;
});
requirement('read: EBADF for a descriptor that is for writing', () => {
  makeFile('f');
  return sys.read(sys.open('f', sys.O_WRONLY), buffer, 1) == -sys.EBADF;
});
requirement('read: EISDIR for a directory', () => {
  sys.mkdir('d');
  return sys.read(sys.open('d', sys.O_RDONLY), buffer, 1) == -sys.EISDIR;
});
requirement('read: 0 at the end', () => {
  makeFile('f', 'abc');
  const descriptor = sys.open('f', sys.O_RDONLY);
  return readText(descriptor) == 'abc' && sys.read(descriptor, buffer, 1) == 0;
});
requirement('read: EFAULT for what is not there', () => {
  makeFile('f', 'abc');
  return sys.read(sys.open('f', sys.O_RDONLY), 16, 3) == -sys.EFAULT;
});
requirement(
  'write: EFAULT for what is not there',
  () => sys.write(sys.open('f', sys.O_RDWR | sys.O_CREAT), 16, 3) == -sys.EFAULT,
);
requirement('write: EBADF for a descriptor that is for reading', () => {
  makeFile('f');
  return sys.write(sys.open('f', sys.O_RDONLY), buffer, 1) == -sys.EBADF;
});
requirement('write: a hole reads as zeros', () => {
  const descriptor = sys.open('f', sys.O_RDWR | sys.O_CREAT);
  sys.lseek(descriptor, 10000, 0);
  writeText(descriptor, 'x');
  sys.lseek(descriptor, 5000, 0);
  store<u8>(buffer, 1);
  return sys.read(descriptor, buffer, 1) == 1 && load<u8>(buffer) == 0 && sys.fstat(descriptor) == 0 && sys.st.size == 10001;
});
requirement('lseek: from the start, from here, from the end', () => {
  makeFile('f', 'abcdef');
  const descriptor = sys.open('f', sys.O_RDONLY);
  return sys.lseek(descriptor, 2, 0) == 2 && sys.lseek(descriptor, 1, 1) == 3 && sys.lseek(descriptor, -1, 2) == 5;
});
requirement('lseek: EINVAL for a place before the start', () => {
  makeFile('f', 'abcdef');
  const descriptor = sys.open('f', sys.O_RDONLY);
  return sys.lseek(descriptor, -1, 0) == -sys.EINVAL && sys.lseek(descriptor, 0, 1) == 0;
});
requirement('lseek: EINVAL for an unknown way', () => {
  makeFile('f');
  return sys.lseek(sys.open('f', sys.O_RDONLY), 0, 99) == -sys.EINVAL;
});
requirement('lseek: behind the end does not make the file longer', () => {
  makeFile('f', 'abc');
  const descriptor = sys.open('f', sys.O_RDWR);
  return sys.lseek(descriptor, 100, 0) == 100 && sys.fstat(descriptor) == 0 && sys.st.size == 3;
});
requirement('pread: the position stays', () => {
  makeFile('f', 'abcdef');
  const descriptor = sys.open('f', sys.O_RDONLY);
  return sys.pread(descriptor, buffer, 2, 3) == 2 && textAt(2) == 'de' && sys.lseek(descriptor, 0, 1) == 0;
});
requirement('pread: EINVAL for a negative offset', () => {
  makeFile('f', 'abcdef');
  return sys.pread(sys.open('f', sys.O_RDONLY), buffer, 2, -1) == -sys.EINVAL;
});
requirement('pwrite: at an offset, the position stays', () => {
  makeFile('f', 'abcdef');
  const descriptor = sys.open('f', sys.O_RDWR);
  store<u8>(buffer, 0x58);
  return sys.pwrite(descriptor, buffer, 1, 2) == 1 && sys.lseek(descriptor, 0, 1) == 0 && contentOf('f') == 'abXdef';
});
requirement('readv: into several places', () => {
  makeFile('f', 'abcdef');
  store<u64>(buffer + 4096, buffer + 100);
  store<u64>(buffer + 4096, 2, 8);
  store<u64>(buffer + 4096, buffer, 16);
  store<u64>(buffer + 4096, 4, 24);
  return sys.readv(sys.open('f', sys.O_RDONLY), buffer + 4096, 2) == 6 && textAt(4) == 'cdef' && load<u8>(buffer, 100) == 0x61;
});
requirement('writev: from several places', () => {
  store<u8>(buffer, 0x61);
  store<u8>(buffer, 0x62, 8);
  store<u64>(buffer + 4096, buffer + 8);
  store<u64>(buffer + 4096, 1, 8);
  store<u64>(buffer + 4096, buffer, 16);
  store<u64>(buffer + 4096, 1, 24);
  return sys.writev(sys.open('f', sys.O_RDWR | sys.O_CREAT), buffer + 4096, 2) == 2 && contentOf('f') == 'ba';
});
requirement('ftruncate: cuts', () => {
  makeFile('f', 'abcdef');
  return sys.ftruncate(sys.open('f', sys.O_RDWR), 2) == 0 && contentOf('f') == 'ab';
});
requirement('ftruncate: makes longer with zeros', () => {
  makeFile('f', 'ab');
  return sys.ftruncate(sys.open('f', sys.O_RDWR), 4) == 0 && contentOf('f') == 'ab\0\0';
});
requirement('ftruncate: cut bytes are zeros when it is longer again', () => {
  makeFile('f', 'abcdef');
  const descriptor = sys.open('f', sys.O_RDWR);
  sys.ftruncate(descriptor, 2);
  sys.ftruncate(descriptor, 4);
  return contentOf('f') == 'ab\0\0';
});
requirement('ftruncate: the position stays', () => {
  makeFile('f', 'abcdef');
  const descriptor = sys.open('f', sys.O_RDWR);
  sys.lseek(descriptor, 5, 0);
  sys.ftruncate(descriptor, 0);
  return sys.lseek(descriptor, 0, 1) == 5;
});
requirement('ftruncate: EINVAL for a negative size', () => {
  makeFile('f');
  return sys.ftruncate(sys.open('f', sys.O_RDWR), -1) == -sys.EINVAL;
});
requirement('ftruncate: not through a descriptor that is for reading', () => {
  makeFile('f', 'abc');
  const error = sys.ftruncate(sys.open('f', sys.O_RDONLY), 0);
  return (error == -sys.EINVAL || error == -sys.EBADF) && contentOf('f') == 'abc';
});
requirement('fsync: 0 for a file', () => sys.fsync(sys.open('f', sys.O_RDWR | sys.O_CREAT)) == 0);
requirement('fsync: EBADF for what is no descriptor', () => sys.fsync(77) == -sys.EBADF);

// ---- descriptors

requirement('dup: the lowest free descriptor, the same position', () => {
  makeFile('f', 'abcdef');
  const one = sys.open('f', sys.O_RDONLY);
  sys.close(0);
  const two = <i32>sys.dup(one);
  sys.lseek(one, 4, 0);
  return two == 0 && sys.lseek(two, 0, 1) == 4;
});
requirement('dup: FD_CLOEXEC is not copied', () => {
  makeFile('f');
  const one = sys.open('f', sys.O_RDONLY | sys.O_CLOEXEC);
  return sys.fcntl(one, sys.F_GETFD, 0) == sys.FD_CLOEXEC && sys.fcntl(<i32>sys.dup(one), sys.F_GETFD, 0) == 0;
});
requirement('dup: EBADF for what is no descriptor', () => sys.dup(77) == -sys.EBADF);
requirement('dup2: closes what was there', () => {
  makeFile('f', 'one');
  makeFile('g', 'two');
  const one = sys.open('f', sys.O_RDONLY);
  const two = sys.open('g', sys.O_RDONLY);
  return sys.dup2(one, two) == two && readText(two) == 'one';
});
requirement('dup2: the same descriptor stays open', () => {
  makeFile('f', 'one');
  const one = sys.open('f', sys.O_RDONLY);
  return sys.dup2(one, one) == one && readText(one) == 'one';
});
requirement('dup2: EBADF leaves what was there', () => {
  makeFile('f', 'one');
  const one = sys.open('f', sys.O_RDONLY);
  return sys.dup2(77, one) == -sys.EBADF && readText(one) == 'one';
});
requirement('dup2: EBADF for a negative descriptor', () => {
  makeFile('f');
  return sys.dup2(sys.open('f', sys.O_RDONLY), -1) == -sys.EBADF;
});
requirement('F_DUPFD: not below the number given', () => {
  makeFile('f');
  return sys.fcntl(sys.open('f', sys.O_RDONLY), sys.F_DUPFD, 20) == 20;
});
requirement('F_DUPFD_CLOEXEC: sets FD_CLOEXEC', () => {
  makeFile('f');
  const two = <i32>sys.fcntl(sys.open('f', sys.O_RDONLY), sys.F_DUPFD_CLOEXEC, 20);
  return sys.fcntl(two, sys.F_GETFD, 0) == sys.FD_CLOEXEC;
});
requirement('F_DUPFD: EINVAL for a negative number', () => {
  makeFile('f');
  return sys.fcntl(sys.open('f', sys.O_RDONLY), sys.F_DUPFD, -1) == -sys.EINVAL;
});
requirement('F_SETFD: sets and clears FD_CLOEXEC', () => {
  makeFile('f');
  const one = sys.open('f', sys.O_RDONLY);
  sys.fcntl(one, sys.F_SETFD, sys.FD_CLOEXEC);
  const set = sys.fcntl(one, sys.F_GETFD, 0) == sys.FD_CLOEXEC;
  sys.fcntl(one, sys.F_SETFD, 0);
  return set && sys.fcntl(one, sys.F_GETFD, 0) == 0;
});
requirement('F_GETFL: how it was opened', () => {
  const one = sys.open('f', sys.O_RDWR | sys.O_CREAT | sys.O_APPEND);
  const flags = <i32>sys.fcntl(one, sys.F_GETFL, 0);
  return (flags & 3) == sys.O_RDWR && (flags & sys.O_APPEND) != 0 && (flags & sys.O_CREAT) == 0;
});
requirement('F_SETFL: O_APPEND', () => {
  makeFile('f', 'abc');
  const one = sys.open('f', sys.O_WRONLY);
  sys.fcntl(one, sys.F_SETFL, sys.O_APPEND);
  writeText(one, 'd');
  return contentOf('f') == 'abcd';
});
requirement('fcntl: EBADF for what is no descriptor', () => sys.fcntl(77, sys.F_GETFD, 0) == -sys.EBADF);
requirement('fcntl: EINVAL for an unknown command', () => {
  makeFile('f');
  return sys.fcntl(sys.open('f', sys.O_RDONLY), 9999, 0) == -sys.EINVAL;
});

// ---- attributes

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

// ---- links

requirement('link: another name of the same file', () => {
  makeFile('f', 'abc');
  sys.stat('f');
  const inode = sys.st.inode;
  return sys.link('f', 'g') == 0 && sys.stat('g') == 0 && sys.st.inode == inode && sys.st.links == 2;
});
requirement('link: EEXIST', () => {
  makeFile('f');
  makeFile('g');
  return sys.link('f', 'g') == -sys.EEXIST;
});
requirement('link: ENOENT for what is not there', () => sys.link('f', 'g') == -sys.ENOENT);
requirement('link: EPERM for a directory', () => {
  sys.mkdir('d');
  return sys.link('d', 'e') == -sys.EPERM;
});
requirement('unlink: the file stays while it is open', () => {
  makeFile('f', 'still');
  const descriptor = sys.open('f', sys.O_RDONLY);
  return (
    sys.unlink('f') == 0 && !exists('f') && readText(descriptor) == 'still' && sys.fstat(descriptor) == 0 && sys.st.links == 0
  );
});
requirement('unlink: other names stay', () => {
  makeFile('f', 'abc');
  sys.link('f', 'g');
  sys.unlink('f');
  return contentOf('g') == 'abc' && sys.stat('g') == 0 && sys.st.links == 1;
});
requirement('unlink: a symbolic link itself', () => {
  makeFile('f');
  sys.symlink('f', 'l');
  return sys.unlink('l') == 0 && exists('f') && !exists('l');
});
requirement('unlink: ENOENT for what is not there', () => sys.unlink('f') == -sys.ENOENT);
requirement('unlink: ENOTDIR with a slash behind a file', () => {
  makeFile('f');
  return sys.unlink('f/') == -sys.ENOTDIR;
});
requirement('unlink: EACCES where the directory cannot be written', () => {
  sys.mkdir('d', 0o755);
  makeFile('d/f');
  return unprivileged(() => sys.unlink('d/f') == -sys.EACCES);
});
requirement('unlink: in a sticky directory only by an owner', () => {
  sys.mkdir('d', 0o777);
  sys.chmod('d', 0o1777);
  makeFile('d/f', '', 0o666);
  return unprivileged(() => {
    const error = sys.unlink('d/f');
    return error == -sys.EACCES || error == -sys.EPERM;
  });
});
requirement('symlink: readlink gives the target', () => {
  sys.symlink('some/where', 'l');
  return sys.readlink('l', buffer, 100) == 10 && textAt(10) == 'some/where';
});
requirement('readlink: cut to the room there is', () => {
  sys.symlink('some/where', 'l');
  return sys.readlink('l', buffer, 4) == 4 && textAt(4) == 'some';
});
requirement('readlink: EINVAL for what is no link', () => {
  makeFile('f');
  return sys.readlink('f', buffer, 100) == -sys.EINVAL;
});
requirement('symlink: EEXIST', () => {
  makeFile('f');
  return sys.symlink('x', 'f') == -sys.EEXIST;
});
requirement('symlink: through a link to a directory', () => {
  sys.mkdir('d');
  makeFile('d/f', 'abc');
  sys.symlink('d', 'l');
  return contentOf('l/f') == 'abc';
});
requirement('rename: another name', () => {
  makeFile('f', 'abc');
  return sys.rename('f', 'g') == 0 && !exists('f') && contentOf('g') == 'abc';
});
requirement('rename: replaces what is there', () => {
  makeFile('f', 'new');
  makeFile('g', 'old');
  return sys.rename('f', 'g') == 0 && contentOf('g') == 'new' && !exists('f');
});
requirement('rename: two names of one file: nothing happens', () => {
  makeFile('f', 'abc');
  sys.link('f', 'g');
  return sys.rename('f', 'g') == 0 && exists('f') && exists('g');
});
requirement('rename: ENOENT for what is not there', () => sys.rename('f', 'g') == -sys.ENOENT);
requirement('rename: EISDIR for a file onto a directory', () => {
  makeFile('f');
  sys.mkdir('d');
  return sys.rename('f', 'd') == -sys.EISDIR;
});
requirement('rename: ENOTDIR for a directory onto a file', () => {
  makeFile('f');
  sys.mkdir('d');
  return sys.rename('d', 'f') == -sys.ENOTDIR;
});

// ---- record locks

function inAnotherProcess(type: i32, start: i64, length: i64): i64 {
  shared = type;
  lockStart = start;
  lockLength = length;
  return exitOf(child(() => (sys.lock(sys.open('f', sys.O_RDWR), sys.F_SETLK, shared, lockStart, lockLength) == 0 ? 0 : 1)));
}
let lockStart: i64 = 0;
let lockLength: i64 = 0;
requirement('lock: a write lock keeps others out', () => {
  makeFile('f', 'abcdef');
  sys.lock(sys.open('f', sys.O_RDWR), sys.F_SETLK, sys.F_WRLCK, 0, 3);
  return inAnotherProcess(sys.F_RDLCK, 0, 1) == 1 && inAnotherProcess(sys.F_WRLCK, 2, 5) == 1;
});
requirement('lock: other bytes are free', () => {
  makeFile('f', 'abcdef');
  sys.lock(sys.open('f', sys.O_RDWR), sys.F_SETLK, sys.F_WRLCK, 0, 3);
  return inAnotherProcess(sys.F_WRLCK, 3, 2) == 0;
});
requirement('lock: read locks go together', () => {
  makeFile('f', 'abcdef');
  sys.lock(sys.open('f', sys.O_RDWR), sys.F_SETLK, sys.F_RDLCK, 0, 0);
  return inAnotherProcess(sys.F_RDLCK, 0, 0) == 0 && inAnotherProcess(sys.F_WRLCK, 0, 0) == 1;
});
requirement('lock: F_GETLK says who is in the way', () => {
  makeFile('f', 'abcdef');
  sys.lock(sys.open('f', sys.O_RDWR), sys.F_SETLK, sys.F_WRLCK, 0, 3);
  shared = sys.getpid();
  return (
    exitOf(
      child(() => {
        sys.lock(sys.open('f', sys.O_RDWR), sys.F_GETLK, sys.F_WRLCK, 0, 0);
        return sys.lockType == sys.F_WRLCK && sys.lockPid == shared ? 0 : 1;
      }),
    ) == 0
  );
});
requirement('lock: F_GETLK says F_UNLCK where nobody is', () => {
  makeFile('f', 'abcdef');
  sys.lock(sys.open('f', sys.O_RDWR), sys.F_GETLK, sys.F_WRLCK, 0, 0);
  return sys.lockType == sys.F_UNLCK;
});
requirement('lock: closing any descriptor of the file lets all go', () => {
  makeFile('f', 'abcdef');
  sys.lock(sys.open('f', sys.O_RDWR), sys.F_SETLK, sys.F_WRLCK, 0, 0);
  sys.close(sys.open('f', sys.O_RDONLY));
  return inAnotherProcess(sys.F_WRLCK, 0, 0) == 0;
});
requirement('lock: F_UNLCK of a part', () => {
  makeFile('f', 'abcdef');
  const descriptor = sys.open('f', sys.O_RDWR);
  sys.lock(descriptor, sys.F_SETLK, sys.F_WRLCK, 0, 0);
  sys.lock(descriptor, sys.F_SETLK, sys.F_UNLCK, 2, 2);
  return (
    inAnotherProcess(sys.F_WRLCK, 2, 2) == 0 &&
    inAnotherProcess(sys.F_WRLCK, 1, 1) == 1 &&
    inAnotherProcess(sys.F_WRLCK, 4, 1) == 1
  );
});
requirement('lock: F_SETLKW waits', () => {
  makeFile('f', 'abcdef');
  const descriptor = sys.open('f', sys.O_RDWR);
  sys.lock(descriptor, sys.F_SETLK, sys.F_WRLCK, 0, 0);
  const pid = child(() => (sys.lock(sys.open('f', sys.O_RDWR), sys.F_SETLKW, sys.F_WRLCK, 0, 0) == 0 ? 0 : 1));
  pauseFor(20);
  const waits = sys.waitpid(pid, sys.WNOHANG) == 0;
  sys.lock(descriptor, sys.F_SETLK, sys.F_UNLCK, 0, 0);
  return waits && exitOf(pid) == 0;
});
requirement('lock: EBADF for a write lock through a descriptor for reading', () => {
  makeFile('f', 'abcdef');
  return sys.lock(sys.open('f', sys.O_RDONLY), sys.F_SETLK, sys.F_WRLCK, 0, 0) == -sys.EBADF;
});
