// SPDX-License-Identifier: MIT
/**
 * @fileoverview /dev/dump: what is dumped in a panic, and where (kernel/dump/crash.ts). Its requests are those of illumos's <sys/dumpadm.h>, for the
 * privileged of the global zone only.
 */
import { Device, makeDevice } from '../fs/dev/device';
import { addDevice } from '../fs/dev/devices';
import { Walk } from '../fs/lookup';
import { S_IFBLK, S_IFCHR } from '../fs/vnode';
import { GLOBAL_ZONE } from '../kernel/process/credentials';
import {
  dumpContent,
  dumpEstimate,
  dumpTarget,
  dumpUuid,
  LEAST_TARGET,
  liveDump,
  setDumpContent,
  setDumpTarget,
  setDumpUuid,
} from '../kernel/dump/crash';
import { nameRoots } from '../kernel/dump/roots';
import { EALREADY, EINVAL, EFAULT, ENODEV, ENOSPC, ENOTBLK, ENXIO, EPERM, failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { copyOut, fetchText, put64, storeText } from '../kernel/memory/user';

const MAJOR: u32 = 75;
const DIOCGETDUMPSIZE: i32 = 0xdd10;
const DIOCGETCONF: i32 = 0xdd11;
const DIOCSETCONF: i32 = 0xdd12;
const DIOCGETDEV: i32 = 0xdd13;
const DIOCSETDEV: i32 = 0xdd14;
const DIOCTRYDEV: i32 = 0xdd15;
const DIOCDUMP: i32 = 0xdd16;
const DIOCSETUUID: i32 = 0xdd17;
const DIOCGETUUID: i32 = 0xdd18;
const DIOCRMDEV: i32 = 0xdd19;
/** Beside the content: the device is for dumps alone. */
const DUMP_EXCL: i32 = 1;
const UUID_LENGTH: i32 = 36;
const PATH_MAX: usize = 1024;
const text: usize = memory.data(1024, 8);

/** Held. */
let device: Device | null = null;

class DumpDevice extends Device {
  constructor() {
    super(S_IFCHR | 0o640, 3, makeDevice(MAJOR, 0));
  }

  ioctl(request: i32, argument: u64): i64 {
    const credentials = currentProcess().credentials;
    if (credentials.zoneid != GLOBAL_ZONE || !credentials.isPrivileged) return setError(EPERM);
    switch (request) {
      case DIOCGETDUMPSIZE:
        return put64(argument, dumpEstimate());
      case DIOCGETCONF:
        return dumpContent() | (device ? DUMP_EXCL : 0);
      case DIOCSETCONF:
        return argument <= <u64>i32.MAX_VALUE && setDumpContent(<i32>argument) ? 0 : setError(EINVAL);
      case DIOCGETDEV: {
        const target = dumpTarget();
        return target ? tell(target.path, argument) : setError(ENODEV);
      }
      case DIOCSETDEV:
      case DIOCTRYDEV:
        return setDevice(argument, request == DIOCTRYDEV);
      case DIOCDUMP:
        return dumpTarget() ? liveDump() : setError(ENODEV);
      case DIOCSETUUID:
        return setUuid(argument);
      case DIOCGETUUID:
        return tell(dumpUuid(), argument);
      case DIOCRMDEV:
        removeDevice();
        return 0;
    }
    return setError(ENXIO);
  }
}

function tell(what: string, to: u64): i64 {
  storeText(text, what);
  store<u8>(text + <usize>what.length, 0);
  return copyOut(to, text, what.length + 1);
}

function setUuid(from: u64): i64 {
  const uuid = fetchText(from, UUID_LENGTH + 1);
  if (!uuid) return setError(EFAULT);
  if (uuid.length != UUID_LENGTH) return setError(EINVAL);
  for (let i = 0; i < UUID_LENGTH; i++) {
    const isDash = i == 8 || i == 13 || i == 18 || i == 23;
    const unit = uuid.charCodeAt(i);
    const lower = unit | 0x20;
    const isDigit = (unit >= 0x30 && unit <= 0x39) || (lower >= 0x61 && lower <= 0x66);
    if (isDash ? unit != 0x2d : !isDigit) return setError(EINVAL);
  }
  if (dumpUuid().length) return setError(EALREADY);
  setDumpUuid(uuid);
  return 0;
}

/** `isTrial`: only whether it could be. The device that it is already stays as it is. */
function setDevice(from: u64, isTrial: bool): i64 {
  const path = fetchText(from);
  if (!path) return setError(EFAULT);
  if (<usize>path.length >= PATH_MAX) return setError(EINVAL);
  const process = currentProcess();
  const vnode = new Walk(process.root!, process.credentials).find(process.directory!, path, true);
  if (!vnode) return -failure;
  const real = vnode.real;
  let error: i32 = real.type == S_IFBLK && real instanceof Device ? 0 : setError(ENOTBLK);
  if (!error && real != device) error = isTrial ? (real as Device).mayDump() : take(real as Device, path);
  vnode.release();
  return error;
}

function take(wanted: Device, path: string): i32 {
  const size = wanted.size;
  if (size < LEAST_TARGET) return setError(ENOSPC);
  const target = wanted.beginDump(path);
  if (!target) return -failure;
  wanted.hold();
  setDumpTarget(target);
  replace(wanted);
  return 0;
}

function removeDevice(): void {
  setDumpTarget(null);
  replace(null);
}
function replace(by: Device | null): void {
  const old = device;
  device = by;
  if (!old) return;
  old.endDump();
  old.release();
}

export function attachDump(): void {
  nameRoots();
  addDevice('dump', 'pseudo/dump@0:dump', new DumpDevice());
}
