// SPDX-License-Identifier: MIT
/** @fileoverview illumos: see ../paths.ts. */
import { family } from './call';

export const SYS_stat: u64 = 18;
export const SYS_lstat: u64 = 88;
export const SYS_fstat: u64 = 28;
export const SYS_fstatat: u64 = 66;
export const SYS_link: u64 = 9;
export const SYS_unlink: u64 = 10;
export const SYS_unlinkat: u64 = 65;
export const SYS_rename: u64 = 134;
export const SYS_renameat: u64 = 64;
export const SYS_symlink: u64 = 89;
export const SYS_readlink: u64 = 90;
export const SYS_mkdir: u64 = 80;
export const SYS_mkdirat: u64 = 102;
export const SYS_rmdir: u64 = 79;
export const SYS_mknod: u64 = 14;
export const SYS_chmod: u64 = 15;
export const SYS_fchmod: u64 = 93;
export const SYS_chown: u64 = 16;
export const SYS_lchown: u64 = 130;
export const SYS_access: u64 = 33;
export const SYS_utimensat: u64 = family(110, 1);
export const SYS_chdir: u64 = 12;
export const SYS_fchdir: u64 = 120;
export const SYS_getcwd: u64 = 229;
export const SYS_getdents: u64 = 81;

export const UTIME_NOW: i64 = -1;
export const UTIME_OMIT: i64 = -2;
export const AT_FDCWD: i32 = <i32>0xffd19553;
export const AT_REMOVEDIR: i32 = 1;
export const AT_SYMLINK_NOFOLLOW: i32 = 0x1000;

/** struct stat */
export const STAT_dev: usize = 0;
export const STAT_ino: usize = 8;
export const STAT_mode: usize = 16;
export const STAT_nlink: usize = 20;
export const STAT_uid: usize = 24;
export const STAT_gid: usize = 28;
export const STAT_size: usize = 40;
export const STAT_atim: usize = 48;
export const STAT_mtim: usize = 64;
export const STAT_ctim: usize = 80;
export const STAT_blocks: usize = 104;
/** struct dirent64, as getdents64 gives it */
export const DIRENT_name: usize = 18;
