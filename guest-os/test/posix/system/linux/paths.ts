// SPDX-License-Identifier: MIT
/** @fileoverview Linux: see ../paths.ts. */
export const SYS_stat: u64 = 4;
export const SYS_lstat: u64 = 6;
export const SYS_fstat: u64 = 5;
export const SYS_fstatat: u64 = 262;
export const SYS_link: u64 = 86;
export const SYS_unlink: u64 = 87;
export const SYS_unlinkat: u64 = 263;
export const SYS_rename: u64 = 82;
export const SYS_renameat: u64 = 264;
export const SYS_symlink: u64 = 88;
export const SYS_readlink: u64 = 89;
export const SYS_mkdir: u64 = 83;
export const SYS_mkdirat: u64 = 258;
export const SYS_rmdir: u64 = 84;
export const SYS_mknod: u64 = 133;
export const SYS_chmod: u64 = 90;
export const SYS_fchmod: u64 = 91;
export const SYS_chown: u64 = 92;
export const SYS_lchown: u64 = 94;
export const SYS_access: u64 = 21;
export const SYS_utimensat: u64 = 280;
export const SYS_chdir: u64 = 80;
export const SYS_fchdir: u64 = 81;
export const SYS_getcwd: u64 = 79;
export const SYS_getdents: u64 = 217;

export const UTIME_NOW: i64 = 0x3fffffff;
export const UTIME_OMIT: i64 = 0x3ffffffe;
export const AT_FDCWD: i32 = -100;
export const AT_REMOVEDIR: i32 = 0x200;
export const AT_SYMLINK_NOFOLLOW: i32 = 0x100;

/** struct stat */
export const STAT_dev: usize = 0;
export const STAT_ino: usize = 8;
export const STAT_nlink: usize = 16;
export const STAT_mode: usize = 24;
export const STAT_uid: usize = 28;
export const STAT_gid: usize = 32;
export const STAT_size: usize = 48;
export const STAT_blocks: usize = 64;
export const STAT_atim: usize = 72;
export const STAT_mtim: usize = 88;
export const STAT_ctim: usize = 104;
/** struct dirent64, as getdents64 gives it */
export const DIRENT_name: usize = 19;
