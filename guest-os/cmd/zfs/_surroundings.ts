// SPDX-License-Identifier: MIT
/** @fileoverview What zfs(8), zpool(8) and zdb(8) have around them as programs: /dev/zfs, standard streams, stat(2), mount(2), /etc/mnttab. */
import * as calls from '../../lib/calls';
import { findGroup, findGroupByName, findUser, findUserByName } from '../../lib/accounts';
import { errorText } from '../../lib/errors';
import { entriesOf, S_IFBLK, S_IFCHR, status } from '../../lib/files';
import { out, outputError, flush, say, writeAll } from '../../lib/io';
import { allMounts } from '../../lib/mounts';
import { sleepFor } from '../../lib/process';
import { pathOf } from '../../lib/text';
import { currentTime } from '../../lib/time';
import { isTerminal } from '../../lib/tty';
import { GLOBAL, ownZoneId } from '../../lib/zones/kernel';
import { KIND_DIRECTORY, KIND_DISK, KIND_FILE, KIND_NONE, Surroundings } from '../../../zfs/cmd/surroundings';
import { NvList } from '../../../zfs/port/nvlist';
import { Channel } from '../../../zfs/cmd/channel';

const MS_REMOUNT: i32 = 0x20;
const MS_OVERLAY: i32 = 0x80;
const MS_OPTIONSTR: i32 = 0x100;
const MS_FORCE: i32 = 0x400;
const ENOTEMPTY: i32 = 93;

export class ProgramSurroundings extends Surroundings {
  constructor(private readonly channel: Channel) {
    super();
  }
  call(request: string, input: NvList, output: NvList): i32 {
    return this.channel.call(request, input, output);
  }
  out(text: string): void {
    out(text);
  }
  err(text: string): void {
    say(text);
  }
  errorText(errno: i32): string {
    return errorText(errno);
  }

  now(): i64 {
    return currentTime();
  }
  sleep(seconds: i32): bool {
    flush();
    sleepFor(<i64>seconds * 1000000000);
    return true;
  }
  kind(path: string): i32 {
    const found = status(path, true);
    if (!found) return KIND_NONE;
    if (found.isDirectory) return KIND_DIRECTORY;
    if (found.isRegular) return KIND_FILE;
    return found.type == S_IFBLK || found.type == S_IFCHR ? KIND_DISK : KIND_NONE;
  }
  names(directory: string): string[] {
    const names = entriesOf(directory);
    return names ? names : [];
  }

  // ---- mounting

  get mountsZoned(): bool {
    return ownZoneId() != GLOBAL;
  }

  mountedAt(dataset: string): string | null {
    const all = allMounts();
    for (let i = all.length - 1; i >= 0; i--) if (all[i].type == 'zfs' && all[i].special == dataset) return all[i].point;
    return null;
  }
  mounts(datasets: string[], points: string[]): void {
    const all = allMounts();
    for (let i = 0; i < all.length; i++) {
      if (all[i].type != 'zfs') continue;
      datasets.push(all[i].special);
      points.push(all[i].point);
    }
  }
  mount(dataset: string, path: string, options: string, overlay: bool): i32 {
    makeDirectories(path);
    const names = entriesOf(path);
    if (!overlay && names && names.length) return -ENOTEMPTY;
    return <i32>mountWith(dataset, path, options, overlay ? MS_OVERLAY : 0);
  }
  remount(dataset: string, path: string, options: string): i32 {
    return <i32>mountWith(dataset, path, options, MS_REMOUNT);
  }
  unmount(path: string, force: bool): i32 {
    return <i32>min<i64>(calls.umount2(pathOf(path), force ? MS_FORCE : 0), 0);
  }
  removeDirectory(path: string): void {
    calls.rmdir(pathOf(path));
  }

  // ---- owners

  ownerName(isGroup: bool, id: u64): string {
    if (id > <u64>u32.MAX_VALUE) return super.ownerName(isGroup, id);
    if (isGroup) {
      const group = findGroup(<u32>id);
      if (group) return group.name;
    } else {
      const user = findUser(<u32>id);
      if (user) return user.name;
    }
    return super.ownerName(isGroup, id);
  }
  ownerId(isGroup: bool, name: string): i64 {
    if (isGroup) {
      const group = findGroupByName(name);
      if (group) return <i64>group.gid;
    } else {
      const user = findUserByName(name);
      if (user) return <i64>user.uid;
    }
    return super.ownerId(isGroup, name);
  }

  // ---- streams

  write(from: usize, bytes: i32): i32 {
    flush();
    return outputError() ? <i32>outputError() : <i32>writeAll(1, from, bytes);
  }
  read(to: usize, bytes: i32): i32 {
    return <i32>calls.read(0, to, bytes);
  }
  outputIsTerminal(): bool {
    return isTerminal(1);
  }
  inputIsTerminal(): bool {
    return isTerminal(0);
  }
}

function mountWith(dataset: string, path: string, options: string, flags: i32): i64 {
  const result = calls.mount(
    pathOf(dataset),
    pathOf(path),
    MS_OPTIONSTR | flags,
    pathOf('zfs'),
    pathOf(options),
    options.length + 1,
  );
  return min<i64>(result, 0);
}

function makeDirectories(path: string): void {
  for (let end = path.indexOf('/', 1); ; end = path.indexOf('/', end + 1)) {
    const part = end < 0 ? path : path.substring(0, end);
    if (!status(part, true)) calls.mkdir(pathOf(part), 0o755);
    if (end < 0) return;
  }
}
