// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about names of files: link, unlink, symlink, rename. */
import { buffer, contentOf, exists, makeFile, readText, requirement, textAt, unprivileged } from '../../harness';
import * as sys from '../../system/system';

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
