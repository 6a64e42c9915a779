// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about directories. */
import {
  buffer,
  contentOf,
  exists,
  inChild,
  longName,
  makeFile,
  namesIn,
  requirement,
  textAt,
  unprivileged,
} from '../../harness';
import * as sys from '../../system/system';

requirement('mkdir: a directory with the mode less the mask', () => {
  sys.umask(0o027);
  return sys.mkdir('d', 0o777) == 0 && sys.stat('d') == 0 && sys.st.mode == (0x4000 | 0o750);
});
requirement('mkdir: is empty but for . and ..', () => {
  sys.mkdir('d');
  const names: string[] = [];
  sys.getdents(sys.open('d', sys.O_RDONLY), names);
  return names.length == 2 && names.includes('.') && names.includes('..');
});
requirement('mkdir: EEXIST for any file of that name', () => {
  makeFile('f');
  sys.mkdir('d');
  return sys.mkdir('f') == -sys.EEXIST && sys.mkdir('d') == -sys.EEXIST;
});
requirement('mkdir: EEXIST for a symbolic link to nothing', () => {
  sys.symlink('nowhere', 'l');
  return sys.mkdir('l') == -sys.EEXIST;
});
requirement('mkdir: ENOENT where the parent is not there', () => sys.mkdir('a/b') == -sys.ENOENT);
requirement('mkdir: ENOTDIR where the parent is a file', () => {
  makeFile('f');
  return sys.mkdir('f/d') == -sys.ENOTDIR;
});
requirement('mkdir: ENAMETOOLONG', () => sys.mkdir(longName(256)) == -sys.ENAMETOOLONG);
requirement('mkdir: a slash behind the name', () => sys.mkdir('d/') == 0 && exists('d'));
requirement('mkdir: EACCES where the parent cannot be written', () => {
  sys.mkdir('d', 0o755);
  return unprivileged(() => sys.mkdir('d/e') == -sys.EACCES);
});
requirement('mkdir: the parent has one more link', () => {
  sys.mkdir('d');
  sys.stat('d');
  const before = sys.st.links;
  sys.mkdir('d/e');
  return sys.stat('d') == 0 && sys.st.links == before + 1;
});
requirement('mkdir: the owner is the effective user', () => {
  sys.chmod('.', 0o777);
  return unprivileged(() => sys.mkdir('mine') == 0 && sys.stat('mine') == 0 && sys.st.uid == 1000);
});
requirement('mkdirat: relative to a directory', () => {
  sys.mkdir('d');
  return sys.mkdirat(sys.open('d', sys.O_RDONLY), 'e', 0o755) == 0 && exists('d/e');
});
requirement('rmdir: an empty directory goes', () => sys.mkdir('d') == 0 && sys.rmdir('d') == 0 && !exists('d'));
requirement('rmdir: EEXIST or ENOTEMPTY for one that is not empty', () => {
  sys.mkdir('d');
  makeFile('d/f');
  const error = sys.rmdir('d');
  return error == -sys.EEXIST || error == -sys.ENOTEMPTY;
});
requirement('rmdir: ENOTDIR for a file', () => {
  makeFile('f');
  return sys.rmdir('f') == -sys.ENOTDIR;
});
requirement('rmdir: ENOTDIR for a symbolic link', () => {
  sys.mkdir('d');
  sys.symlink('d', 'l');
  return sys.rmdir('l') == -sys.ENOTDIR && exists('d');
});
requirement('rmdir: EINVAL where the last part is .', () => sys.mkdir('d') == 0 && sys.rmdir('d/.') == -sys.EINVAL);
requirement('rmdir: EEXIST or ENOTEMPTY where the last part is ..', () => {
  sys.mkdir('d');
  sys.mkdir('d/e');
  const error = sys.rmdir('d/e/..');
  return error == -sys.EEXIST || error == -sys.ENOTEMPTY || error == -sys.EINVAL;
});
requirement('rmdir: ENOENT for what is not there', () => sys.rmdir('d') == -sys.ENOENT);
requirement('rmdir: no new files in a directory that has gone', () => {
  sys.mkdir('d');
  const descriptor = sys.open('d', sys.O_RDONLY);
  sys.rmdir('d');
  return sys.openat(descriptor, 'f', sys.O_RDWR | sys.O_CREAT) == -sys.ENOENT;
});
requirement('unlinkat: AT_REMOVEDIR removes a directory', () => {
  sys.mkdir('d');
  return sys.unlinkat(sys.AT_FDCWD, 'd', sys.AT_REMOVEDIR) == 0 && !exists('d');
});
requirement('unlinkat: a file in a directory', () => {
  sys.mkdir('d');
  makeFile('d/f');
  return sys.unlinkat(sys.open('d', sys.O_RDONLY), 'f', 0) == 0 && !exists('d/f');
});
requirement('readdir: all names', () => {
  sys.mkdir('d');
  for (let i = 0; i < 5; i++) makeFile('d/f' + i.toString());
  return namesIn('d') == 'f0 f1 f2 f3 f4';
});
requirement('readdir: each of 300 names once', () => {
  sys.mkdir('d');
  for (let i = 0; i < 300; i++) makeFile('d/file-with-a-name-' + i.toString());
  const names: string[] = [];
  sys.getdents(sys.open('d', sys.O_RDONLY), names);
  const seen = new Set<string>();
  for (let i = 0; i < names.length; i++) seen.add(names[i]);
  return names.length == 302 && seen.size == 302;
});
requirement('readdir: not what was removed', () => {
  sys.mkdir('d');
  makeFile('d/a');
  makeFile('d/b');
  sys.unlink('d/a');
  return namesIn('d') == 'b';
});
requirement('readdir: again from the start', () => {
  sys.mkdir('d');
  makeFile('d/a');
  const descriptor = sys.open('d', sys.O_RDONLY);
  const first: string[] = [];
  sys.getdents(descriptor, first);
  sys.lseek(descriptor, 0, 0);
  const second: string[] = [];
  sys.getdents(descriptor, second);
  return first.length == 3 && second.length == 3;
});
requirement('readdir: ENOTDIR for a file', () => {
  makeFile('f');
  return sys.getdents(sys.open('f', sys.O_RDONLY), []) == -sys.ENOTDIR;
});
requirement('rename: a directory with what is in it', () => {
  sys.mkdir('d');
  makeFile('d/f', 'abc');
  return sys.rename('d', 'e') == 0 && contentOf('e/f') == 'abc' && !exists('d');
});
requirement('rename: replaces an empty directory', () => {
  sys.mkdir('d');
  makeFile('d/f');
  sys.mkdir('e');
  return sys.rename('d', 'e') == 0 && exists('e/f');
});
requirement('rename: EEXIST or ENOTEMPTY for one that is not empty', () => {
  sys.mkdir('d');
  sys.mkdir('e');
  makeFile('e/f');
  const error = sys.rename('d', 'e');
  return error == -sys.EEXIST || error == -sys.ENOTEMPTY;
});
requirement('rename: EINVAL into itself', () => sys.mkdir('d') == 0 && sys.rename('d', 'd/e') == -sys.EINVAL);
requirement('rename: to another directory, and .. follows', () => {
  sys.mkdir('a');
  sys.mkdir('b');
  sys.mkdir('a/d');
  sys.rename('a/d', 'b/d');
  makeFile('b/here');
  return exists('b/d/../here');
});
requirement('renameat: relative to two directories', () => {
  sys.mkdir('a');
  sys.mkdir('b');
  makeFile('a/f', 'abc');
  return sys.renameat(sys.open('a', sys.O_RDONLY), 'f', sys.open('b', sys.O_RDONLY), 'g') == 0 && contentOf('b/g') == 'abc';
});
requirement('chdir: names are relative to it', () => {
  sys.mkdir('d');
  makeFile('d/f', 'abc');
  return sys.chdir('d') == 0 && contentOf('f') == 'abc';
});
requirement('chdir: ENOTDIR for a file', () => {
  makeFile('f');
  return sys.chdir('f') == -sys.ENOTDIR;
});
requirement('chdir: ENOENT for what is not there', () => sys.chdir('d') == -sys.ENOENT);
requirement('chdir: EACCES where it cannot be searched', () => {
  sys.mkdir('d', 0o700);
  return unprivileged(() => sys.chdir('d') == -sys.EACCES);
});
requirement('fchdir: through a descriptor', () => {
  sys.mkdir('d');
  makeFile('d/f', 'abc');
  return sys.fchdir(sys.open('d', sys.O_RDONLY)) == 0 && contentOf('f') == 'abc';
});
requirement('fchdir: ENOTDIR for a file', () => {
  makeFile('f');
  return sys.fchdir(sys.open('f', sys.O_RDONLY)) == -sys.ENOTDIR;
});
requirement('getcwd: the path that chdir took', () => {
  sys.mkdir('/tmp/posix.cwd');
  sys.chdir('/tmp/posix.cwd');
  sys.getcwd(buffer, 1000);
  const right = textAt(14) == '/tmp/posix.cwd' && load<u8>(buffer, 14) == 0;
  sys.rmdir('/tmp/posix.cwd');
  return right;
});
requirement('getcwd: without symbolic links', () => {
  sys.mkdir('/tmp/posix.cw2');
  sys.symlink('/tmp/posix.cw2', 'l');
  sys.chdir('l');
  sys.getcwd(buffer, 1000);
  sys.rmdir('/tmp/posix.cw2');
  return textAt(14) == '/tmp/posix.cw2';
});
requirement('paths: several slashes are one', () => {
  sys.mkdir('d');
  makeFile('d/f', 'abc');
  return contentOf('d///f') == 'abc' && contentOf('.//d/./f') == 'abc';
});
requirement(
  'paths: .. of the root is the root',
  () =>
    sys.stat('/') == 0 &&
    inChild(() => {
      const inode = sys.st.inode;
      return sys.stat('/../..') == 0 && sys.st.inode == inode;
    }),
);
requirement('paths: a slash behind a file is ENOTDIR', () => {
  makeFile('f');
  return sys.stat('f/') == -sys.ENOTDIR;
});
requirement('directories: a new name marks the time of modification', () => {
  sys.mkdir('d');
  sys.utimens('d', 1000, 0, 2000, 0);
  makeFile('d/f');
  return sys.stat('d') == 0 && sys.st.modified > 3000000000000;
});
