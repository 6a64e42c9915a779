// SPDX-License-Identifier: MIT
/** @fileoverview The place that zpool(8) runs in as a program: files and disks by stat(2), mounting by mount(2) with what /etc/mnttab says. */
import * as calls from '../../lib/calls';
import { errorText } from '../../lib/errors';
import { entriesOf, S_IFBLK, S_IFCHR, status } from '../../lib/files';
import { flush, out, say } from '../../lib/io';
import { allMounts } from '../../lib/mounts';
import { sleepFor } from '../../lib/process';
import { pathOf } from '../../lib/text';
import { currentTime } from '../../lib/time';
import { Channel } from '../../../zfs/cmd/channel';
import { Console, KIND_DIRECTORY, KIND_DISK, KIND_FILE, KIND_NONE } from '../../../zfs/cmd/console';
import { NvList } from '../../../zfs/port/nvlist';

const MS_OPTIONSTR: i32 = 0x100;
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

  mountAll(pool: string): bool {
    const output = new NvList();
    this.channel.call('dataset_list', new NvList(), output);
    const datasets = output.lists('datasets');
    datasets.sort((a, b) => (a.text('name') < b.text('name') ? -1 : 1));
    let good = true;
    for (let i = 0; i < datasets.length; i++) {
      const name = datasets[i].text('name');
      if (datasets[i].number('snapshot') || datasets[i].number('volume')) continue;
      if (name == pool || name.startsWith(pool + '/')) good = this.mountOne(name, '/' + name) && good;
    }
    return good;
  }
  private mountOne(name: string, place: string): bool {
    makeDirectories(place);
    const error = calls.mount(pathOf(name), pathOf(place), MS_OPTIONSTR, pathOf('zfs'), pathOf(''), 1);
    // What is no file system is not mounted.
    if (error >= 0 || error == -5) return true;
    say("cannot mount '" + place + "': " + errorText(-error) + '\n');
    return false;
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

function makeDirectories(path: string): void {
  for (let end = path.indexOf('/', 1); ; end = path.indexOf('/', end + 1)) {
    const part = end < 0 ? path : path.substring(0, end);
    if (!status(part, true)) calls.mkdir(pathOf(part), 0o755);
    if (end < 0) return;
  }
}
