// SPDX-License-Identifier: MIT
/** @fileoverview zpool history: the commands that changed a pool; with -i what the system did too, with -l by whom and where. */
import { formatDate } from '../../../guest-os/lib/dates';
import { NvList } from '../../port/nvlist';
import { Arguments } from '../arguments';
import { reasonOf } from '../text';
import { Subcommand } from './subcommand';

/** What the system notes, by its number. */
const EVENTS: string[] = [
  'invalid event',
  'pool create',
  'vdev add',
  'pool remove',
  'pool destroy',
  'pool export',
  'pool import',
  'vdev attach',
  'vdev replace',
  'vdev detach',
  'vdev online',
  'vdev offline',
  'pool upgrade',
  'pool clear',
  'pool scrub',
  'pool property set',
  'create',
  'clone',
  'destroy',
  'destroy_begin_sync',
  'inherit',
  'property set',
  'quota set',
  'permission update',
  'permission remove',
  'permission who remove',
  'promote',
  'receive',
  'rename',
  'reservation set',
  'replay_inc_sync',
  'replay_full_sync',
  'rollback',
  'snapshot',
  'filesystem version upgrade',
  'refquota set',
  'refreservation set',
  'pool scrub done',
  'user hold',
  'user release',
  'pool split',
];

export class HistoryOf extends Subcommand {
  constructor() {
    super('history', 'history [-il] [<pool>] ...');
  }
  run(words: string[]): i32 {
    const options = new Arguments(words, 'il');
    let internal = false;
    let long = false;
    for (let option = options.next(); option != ''; option = options.next()) {
      if (option == 'i') internal = true;
      else long = true;
    }
    if (this.isWrong(options)) return 2;
    const pools = this.pools(options.operands());
    for (let i = 0; i < pools.length; i++) {
      const output = new NvList();
      const error = this.request('pool_history', new NvList().setText('pool', pools[i].text('name')), output);
      if (error < 0) return this.fail("cannot show history for '" + pools[i].text('name') + "'", reasonOf(error));
      this.out("History for '" + pools[i].text('name') + "':\n");
      const records = output.lists('records');
      for (let j = 0; j < records.length; j++) this.show(records[j], internal, long);
      this.out('\n');
    }
    return this.missing ? 1 : 0;
  }

  private show(record: NvList, internal: bool, long: bool): void {
    let text = record.text('history command');
    if (!record.has('history command')) {
      if (!internal) return;
      const event = record.number('history internal event');
      const name = event < <u64>EVENTS.length ? EVENTS[<i32>event] : EVENTS[0];
      text = '[internal ' + name + ' txg:' + record.number('history txg').toString() + '] ' + record.text('history internal str');
    }
    const time = formatDate('%Y-%m-%d.%H:%M:%S', record.number('history time'));
    let line = time + ' ' + text;
    if (long && record.has('history who')) {
      const who = record.number('history who');
      line += ' [user ' + who.toString() + (who ? '' : ' (root)');
      line += ' on ' + record.text('history hostname');
      if (record.has('history zone')) line += ':' + record.text('history zone');
      line += ']';
    } else if (long && record.has('history hostname')) {
      line += ' [on ' + record.text('history hostname') + ']';
    }
    this.out(line + '\n');
  }
}
