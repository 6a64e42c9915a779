// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about descriptors: dup and fcntl. */
import { contentOf, makeFile, readText, requirement, writeText } from '../../harness';
import * as sys from '../../system/system';

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
