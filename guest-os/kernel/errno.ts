// SPDX-License-Identifier: MIT
/**
 * @fileoverview Error numbers, by illumos's values (<sys/errno.h>), and the one place where errors begin.
 *
 * Kernel functions return a negative errno, or 0 and above. Those that return an object return null and leave the errno in
 * {@link failure}, which the caller reads at once: nothing sleeps between the two, and one processor is in the kernel at a time.
 */
export const EPERM: i32 = 1;
export const ENOENT: i32 = 2;
export const ESRCH: i32 = 3;
export const EINTR: i32 = 4;
export const EIO: i32 = 5;
export const ENXIO: i32 = 6;
export const E2BIG: i32 = 7;
export const ENOEXEC: i32 = 8;
export const EBADF: i32 = 9;
export const ECHILD: i32 = 10;
export const EAGAIN: i32 = 11;
export const ENOMEM: i32 = 12;
export const EACCES: i32 = 13;
export const EFAULT: i32 = 14;
export const ENOTBLK: i32 = 15;
export const EBUSY: i32 = 16;
export const EEXIST: i32 = 17;
export const EXDEV: i32 = 18;
export const ENODEV: i32 = 19;
export const ENOTDIR: i32 = 20;
export const EISDIR: i32 = 21;
export const EINVAL: i32 = 22;
export const ENFILE: i32 = 23;
export const EMFILE: i32 = 24;
export const ENOTTY: i32 = 25;
export const ETXTBSY: i32 = 26;
export const EFBIG: i32 = 27;
export const ENOSPC: i32 = 28;
export const ESPIPE: i32 = 29;
export const EROFS: i32 = 30;
export const EMLINK: i32 = 31;
export const EPIPE: i32 = 32;
export const EDOM: i32 = 33;
export const ERANGE: i32 = 34;
export const ENOMSG: i32 = 35;
export const EIDRM: i32 = 36;
export const EDEADLK: i32 = 45;
export const ENOLCK: i32 = 46;
export const ECANCELED: i32 = 47;
export const ENOTSUP: i32 = 48;
export const EDQUOT: i32 = 49;
export const ETIME: i32 = 62;
export const ENAMETOOLONG: i32 = 78;
export const EOVERFLOW: i32 = 79;
export const EBADFD: i32 = 81;
export const ENOSYS: i32 = 89;
export const ELOOP: i32 = 90;
export const ENOTEMPTY: i32 = 93;
export const ENOTSOCK: i32 = 95;
export const EDESTADDRREQ: i32 = 96;
export const EMSGSIZE: i32 = 97;
export const EPROTOTYPE: i32 = 98;
export const ENOPROTOOPT: i32 = 99;
export const EPROTONOSUPPORT: i32 = 120;
export const ESOCKTNOSUPPORT: i32 = 121;
export const EOPNOTSUPP: i32 = 122;
export const EPFNOSUPPORT: i32 = 123;
export const EAFNOSUPPORT: i32 = 124;
export const EADDRINUSE: i32 = 125;
export const EADDRNOTAVAIL: i32 = 126;
export const ECONNABORTED: i32 = 130;
export const ECONNRESET: i32 = 131;
export const ENOBUFS: i32 = 132;
export const EISCONN: i32 = 133;
export const ENOTCONN: i32 = 134;
export const ESHUTDOWN: i32 = 143;
export const ETIMEDOUT: i32 = 145;
export const ECONNREFUSED: i32 = 146;
export const EALREADY: i32 = 149;
export const EINPROGRESS: i32 = 150;

/** Why the last function that gave null did so: an errno, positive. */
export let failure: i32 = 0;

/** Every error result is made here. */
export function setError(errno: i32): i32 {
  return -errno;
}

/** For functions that return null. */
export function setFailure(errno: i32): void {
  failure = -setError(errno);
}
