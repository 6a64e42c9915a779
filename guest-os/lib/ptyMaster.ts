// SPDX-License-Identifier: MIT
/** @fileoverview Pseudo terminals for programs: posix_openpt(3C), grantpt, unlockpt, ptsname, and which zone the slave is shown to. */
import * as calls from './calls';
import { statusOf } from './files';
import { O_RDWR, openFile } from './io';

const UNLKPT: i32 = 0x5002;
const ZONEPT: i32 = 0x5004;
const number = memory.data(8, 8);

/** A new pair's master, whose slave can be opened in a zone; below 0: a negative errno. */
export function openMaster(zone: i32): i32 {
  const master = openFile('/dev/ptmx', O_RDWR);
  if (master < 0) return master;
  store<i32>(number, zone);
  let error = calls.ioctl(master, ZONEPT, number);
  if (error >= 0) error = calls.ioctl(master, UNLKPT, 0);
  if (error >= 0) return master;
  calls.close(master);
  return <i32>error;
}

/** `pts/N`, below /dev. */
export function slaveName(master: i32): string {
  const about = statusOf(master);
  return about ? 'pts/' + (<u32>about.rdev).toString() : '';
}
