// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about reading and writing, positions, sizes. */
import { buffer, contentOf, makeFile, readText, requirement, textAt, writeText } from '../../harness';
import * as sys from '../../system/system';

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
