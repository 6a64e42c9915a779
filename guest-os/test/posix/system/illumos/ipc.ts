// SPDX-License-Identifier: MIT
/** @fileoverview illumos: see ../ipc.ts. */
import { family } from './call';

export const SYS_shmget: u64 = family(52, 3);
export const SYS_shmat: u64 = family(52, 0);
export const SYS_shmctl: u64 = family(52, 1);
export const SYS_shmdt: u64 = family(52, 2);
export const SYS_semget: u64 = family(53, 1);
export const SYS_semop: u64 = family(53, 2);
export const SYS_semctl: u64 = family(53, 0);
export const SYS_semtimedop: u64 = family(53, 4);
export const SYS_msgget: u64 = family(49, 0);
export const SYS_msgsnd: u64 = family(49, 3);
export const SYS_msgrcv: u64 = family(49, 2);
export const SYS_msgctl: u64 = family(49, 1);

export const IPC_RMID: i32 = 10;
export const IPC_SET: i32 = 11;
export const IPC_STAT: i32 = 12;
export const GETPID: i32 = 4;
export const GETVAL: i32 = 5;
export const GETALL: i32 = 6;
export const GETNCNT: i32 = 3;
export const GETZCNT: i32 = 7;
export const SETVAL: i32 = 8;
export const SETALL: i32 = 9;
/** Where in a struct ipc_perm, shmid_ds, semid_ds and msqid_ds: mode and ids of 32 bits, ulongs, numbers of semaphores of 16 bits. */
export const PERM_UID: usize = 0;
export const PERM_CUID: usize = 8;
export const PERM_MODE: usize = 16;
export const SHM_SEGSZ: usize = 32;
export const SHM_LPID: usize = 52;
export const SHM_CPID: usize = 56;
export const SHM_NATTCH: usize = 64;
export const SHM_ATIME: usize = 80;
export const SEM_NSEMS: usize = 40;
export const MSG_QNUM: usize = 56;
export const MSG_QBYTES: usize = 64;
export const MSG_LSPID: usize = 72;
export const MSG_LRPID: usize = 76;
