// SPDX-License-Identifier: MIT
/**
 * @fileoverview zpool(8), apart from where it runs: `runZpool` is its main. A subcommand is one class, and one line in {@link subcommands}. What
 * users know is illumos's command: its columns, its messages, its exit statuses (1: it could not be done, 2: misuse).
 */
import { Surroundings } from '../surroundings';
import { Create, Destroy } from './create';
import { Add, Attach, Clear, Detach, Scrub, Switch } from './device';
import { HistoryOf } from './history';
import { Export, Import } from './import';
import { IoStat } from './iostat';
import { ListPools } from './list';
import { GetProperty, SetProperty } from './property';
import { Status } from './status';
import { Context, MISUSED, Subcommand } from './subcommand';

function subcommands(): Subcommand[] {
  return [
    new Create(),
    new Destroy(),
    new ListPools(),
    new Status(),
    new IoStat(),
    new Import(),
    new Export(),
    new HistoryOf(),
    new Scrub(),
    new Clear(),
    new Add(),
    new Attach(false),
    new Attach(true),
    new Detach(),
    new Switch(false),
    new Switch(true),
    new GetProperty(),
    new SetProperty(),
  ];
}

/** `words`: what follows `zpool`. */
export function runZpool(place: Surroundings, words: string[]): i32 {
  const all = subcommands();
  if (!words.length) return complain(place, all, 'missing command\n', MISUSED);
  if (words[0] == '-?' || words[0] == 'help') {
    usage(all, place, false);
    return 0;
  }
  for (let i = 0; i < all.length; i++) {
    if (all[i].name == words[0]) return all[i].start(new Context(place, 'zpool ' + words.join(' ')), words.slice(1));
  }
  return complain(place, all, "unrecognized command '" + words[0] + "'\n", MISUSED);
}

function complain(place: Surroundings, all: Subcommand[], text: string, status: i32): i32 {
  place.err(text);
  usage(all, place, true);
  return status;
}

function usage(all: Subcommand[], place: Surroundings, wrong: bool): void {
  let text = "usage: zpool command args ...\nwhere 'command' is one of the following:\n\n";
  for (let i = 0; i < all.length; i++) text += '\t' + all[i].usage.replaceAll('\n', '\n\t') + '\n';
  if (wrong) place.err(text);
  else place.out(text);
}
