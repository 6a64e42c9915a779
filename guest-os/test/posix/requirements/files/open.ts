// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about opening files. */
import { contentOf, exists, longName, makeFile, readText, requirement, unprivileged, writeText } from '../../harness';
import * as sys from '../../system/system';

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
