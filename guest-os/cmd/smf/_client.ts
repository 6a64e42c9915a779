// SPDX-License-Identifier: MIT
/** @fileoverview What the commands of services share: the repository as it is, instances by pattern, times. */
import { Moment, two } from '../../lib/dates';
import { say } from '../../lib/io';
import { ask, problem } from '../../lib/smf/door';
import { Instance, matchesInstance, readRepository, Repository } from '../../lib/smf/repository';

/** Everything; null after a complaint. */
export function fetchRepository(program: string): Repository | null {
  const text = ask('get\n');
  if (text == null) {
    say(program + ': ' + problem + '\n');
    return null;
  }
  const repository = new Repository();
  readRepository(text, repository);
  return repository;
}

/** Instances that a pattern means, sorted by FMRI. */
export function instancesFor(repository: Repository, pattern: string): Instance[] {
  const all = repository.instances();
  const found: Instance[] = [];
  for (let i = 0; i < all.length; i++) if (matchesInstance(pattern, all[i])) found.push(all[i]);
  sortInstances(found);
  return found;
}

export function sortInstances(list: Instance[]): void {
  list.sort((a, b) => (a.fmri < b.fmri ? -1 : a.fmri > b.fmri ? 1 : 0));
}

/** Does a pattern contain anything that could mean several? */
export function isPattern(text: string): bool {
  return text.includes('*') || text.includes('?') || text.includes('[');
}

/** `Thu Nov 26 11:02:33 2026` */
export function longTime(seconds: u64): string {
  const moment = new Moment(seconds);
  const day = moment.day < 10 ? ' ' + moment.day.toString() : two(moment.day);
  return (
    moment.dayName + ' ' + moment.monthName + ' ' + day + ' ' + moment.clock + ':' + moment.seconds + ' ' + moment.year.toString()
  );
}

/** What an instance is called in words; nothing if it has no template. */
export function commonName(instance: Instance): string {
  return instance.get('tm_common_name', 'C');
}

/** When it came into its state, in seconds since 1970. */
export function stateTime(instance: Instance): u64 {
  return U64.parseInt('0' + instance.get('restarter', 'state_timestamp'));
}
