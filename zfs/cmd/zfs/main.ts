// SPDX-License-Identifier: MIT
/**
 * @fileoverview zfs(8): one class for each subcommand. It runs as a program of the guest and, in one module with ZFS, under Node (surroundings.ts);
 * outputs, messages and exit statuses are those of illumos's: 0, 1 for what could not be done, 2 for misuse.
 */
import { Surroundings } from '../surroundings';
import { CloneCommand, CreateCommand, SnapshotCommand } from './create';
import { DestroyCommand, RollbackCommand } from './destroy';
import { DiffCommand } from './diff';
import { GetCommand } from './get';
import { ListCommand } from './list';
import { MountCommand, UnmountCommand } from './mounting';
import { HoldCommand, HoldsCommand, PromoteCommand, RenameCommand } from './rename';
import { ReceiveCommand } from './receive';
import { SendCommand } from './send';
import { InheritCommand, SetCommand } from './set';
import { UserSpaceCommand } from './userspace';
import { NvList } from '../../port/nvlist';
import { poolName, Subcommand, USAGE_STATUS } from './subcommand';

let table: Subcommand[] = [];

function commands(): Subcommand[] {
  if (table.length) return table;
  table = [
    new CreateCommand(),
    new DestroyCommand(),
    new SnapshotCommand(),
    new RollbackCommand(),
    new CloneCommand(),
    new PromoteCommand(),
    new RenameCommand(),
    new ListCommand(),
    new SetCommand(),
    new GetCommand(),
    new InheritCommand(),
    new MountCommand(),
    new UnmountCommand('unmount'),
    new SendCommand(),
    new ReceiveCommand(),
    new HoldCommand(true),
    new HoldsCommand(),
    new HoldCommand(false),
    new DiffCommand(),
    new UserSpaceCommand(false),
    new UserSpaceCommand(true),
  ];
  return table;
}

function usage(): string {
  let text = "usage: zfs command args ...\nwhere 'command' is one of the following:\n\n";
  const all = commands();
  for (let i = 0; i < all.length; i++) text += (i ? '\n' : '') + all[i].usageLines();
  return text + '\nEach dataset is of the form: pool/[dataset/]*dataset[@name]\n\nFor the property list, run: zfs set|get\n';
}

/** What has been done goes to the pool's history. The last word is, or begins with, a name in the pool. */
function log(zfs: Surroundings, words: string[]): void {
  const pool = poolName(words[words.length - 1]);
  zfs.request('pool_log', new NvList().setText('pool', pool).setText('command', words.join(' ')));
}

/** Exit status; `words[0]` is zfs. */
export function zfsCommand(zfs: Surroundings, words: string[]): i32 {
  if (words.length < 2) {
    zfs.err('missing command\n' + usage());
    return USAGE_STATUS;
  }
  let name = words[1];
  if (name == '-?' || name == '--help') {
    zfs.out(usage());
    return 0;
  }
  if (name == 'umount') name = 'unmount';
  if (name == 'snap') name = 'snapshot';
  if (name == 'recv') name = 'receive';
  const all = commands();
  for (let i = 0; i < all.length; i++) {
    if (all[i].name != name) continue;
    const status = all[i].run(zfs, words);
    if (status == 0 && all[i].changes) log(zfs, words);
    return status;
  }
  zfs.err("unrecognized command '" + name + "'\n" + usage());
  return USAGE_STATUS;
}
