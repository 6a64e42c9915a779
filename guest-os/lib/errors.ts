// SPDX-License-Identifier: MIT
/** @fileoverview What errors are called on illumos (strerror(3C)), by errno. */
export const EINTR: i32 = 4;
export const ENOENT: i32 = 2;
export const ENOEXEC: i32 = 8;
export const EACCES: i32 = 13;
export const ENOTDIR: i32 = 20;

export function errorText(errno: i64): string {
  switch (<i32>errno) {
    case 1:
      return 'Not owner';
    case 2:
      return 'No such file or directory';
    case 3:
      return 'No such process';
    case 4:
      return 'Interrupted system call';
    case 5:
      return 'I/O error';
    case 6:
      return 'No such device or address';
    case 7:
      return 'Arg list too long';
    case 8:
      return 'Exec format error';
    case 9:
      return 'Bad file number';
    case 10:
      return 'No child processes';
    case 11:
      return 'Resource temporarily unavailable';
    case 12:
      return 'Not enough space';
    case 13:
      return 'Permission denied';
    case 14:
      return 'Bad address';
    case 16:
      return 'Device busy';
    case 17:
      return 'File exists';
    case 18:
      return 'Cross-device link';
    case 20:
      return 'Not a directory';
    case 21:
      return 'Is a directory';
    case 22:
      return 'Invalid argument';
    case 24:
      return 'Too many open files';
    case 25:
      return 'Inappropriate ioctl for device';
    case 27:
      return 'File too large';
    case 28:
      return 'No space left on device';
    case 29:
      return 'Illegal seek';
    case 30:
      return 'Read-only file system';
    case 32:
      return 'Broken pipe';
    case 34:
      return 'Result too large';
    case 48:
      return 'Operation not supported';
    case 49:
      return 'Disc quota exceeded';
    case 78:
      return 'File name too long';
    case 89:
      return 'Operation not applicable';
    case 90:
      return 'Number of symbolic links encountered during path name traversal exceeds MAXSYMLINKS';
    case 93:
      return 'Directory not empty';
  }
  return 'Error ' + errno.toString();
}
