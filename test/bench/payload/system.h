// SPDX-License-Identifier: MIT
/* Linux system calls of both architectures that the programs make. */
#ifndef SYSTEM_H
#define SYSTEM_H
#ifdef __x86_64__
enum { SYS_read = 0, SYS_write = 1, SYS_mmap = 9, SYS_munmap = 11, SYS_pipe = 22, SYS_fork = 57, SYS_exit = 60, SYS_wait4 = 61, SYS_reboot = 169, SYS_getppid = 110 };
#else
/* mmap2 takes its offset in pages; there is none here. */
enum { SYS_exit = 1, SYS_fork = 2, SYS_read = 3, SYS_write = 4, SYS_pipe = 42, SYS_getppid = 64, SYS_reboot = 88, SYS_munmap = 91, SYS_wait4 = 114, SYS_mmap = 192 };
#endif
enum { PROT_READ_WRITE = 3, MAP_PRIVATE_ANONYMOUS = 0x22 };
#endif
