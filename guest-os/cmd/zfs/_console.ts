// SPDX-License-Identifier: MIT
/** @fileoverview The place that zpool(8) runs in as a program: files and disks by stat(2), mounting by mount(2) with what /etc/mnttab says. */
import * as calls from '../../lib/calls';
import { entriesOf, S_IFBLK, S_IFCHR, status } from '../../lib/files';
import { flush, out, say } from '../../lib/io';
import { allMounts } from '../../lib/mounts';
import { sleepFor } from '../../lib/process';
import { pathOf } from '../../lib/text';
import { currentTime } from '../../lib/time';
import { Channel } from '../../../zfs/cmd/channel';
import { Console, KIND_DIRECTORY, KIND_DISK, KIND_FILE, KIND_NONE } from '../../../zfs/cmd/console';
import { mountAll } from '../../../zfs/cmd/zfs/mounting';
import { ProgramSurroundings } from './_surroundings';

const MS_FORCE: i32 = 0x400;

export class ProgramConsole extends Console {
  constructor(private readonly channel: Channel) {
    super();
  }
  out(text: string): void {
    out(text);
  }
  say(text: string): void {
    say(text);
  }
  now(): i64 {
    return currentTime();
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

  mountPoint(dataset: string): string {
    const mounts = allMounts();
    for (let i = 0; i < mounts.length; i++) if (mounts[i].special == dataset && mounts[i].type == 'zfs') return mounts[i].point;
    return '';
  }
  mountAll(pool: string): bool {
    return mountAll(new ProgramSurroundings(this.channel), pool, '', false);
  }

  unmountAll(pool: string, force: bool): string {
    const mounts = allMounts();
    for (let i = mounts.length - 1; i >= 0; i--) {
      const mount = mounts[i];
      const ours = mount.type == 'zfs' && (mount.special == pool || mount.special.startsWith(pool + '/'));
      if (ours && calls.umount2(pathOf(mount.point), force ? MS_FORCE : 0) < 0) return mount.point;
    }
    return '';
  }

  sleep(seconds: i32): bool {
    flush();
    sleepFor(<i64>seconds * 1000000000);
    return true;
  }
}
