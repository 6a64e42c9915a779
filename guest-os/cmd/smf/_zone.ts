// SPDX-License-Identifier: MIT
/** @fileoverview -z zone of the service manager's commands: the same command, run in a zone by who is in the global one. */
import { say } from '../../lib/io';
import { environment, runPath } from '../../lib/process';
import { GLOBAL, ownZoneId, zoneId } from '../../lib/zones/kernel';

/** Takes `-z zone` out of the arguments, where it is the first option; -1: it is not there. Otherwise the command's status in the zone. */
export function runInZone(args: string[]): i32 {
  if (args.length < 2 || !args[1].startsWith('-z')) return -1;
  const apart = args[1] == '-z';
  const zone = apart ? (args.length > 2 ? args[2] : '') : args[1].substring(2);
  const name = args[0].split('/').pop();
  if (ownZoneId() != GLOBAL) return refuse(name, '-z can only be used from the global zone');
  if (!zone.length || zoneId(zone) < 0) return refuse(name, "zone '" + zone + "' is not running");
  const words = [name].concat(args.slice(apart ? 3 : 2));
  if (zone == 'global') return runPath(name, words, environment());
  let line = '';
  for (let i = 0; i < words.length; i++) line += (i ? " '" : "'") + words[i].replaceAll("'", "'\\''") + "'";
  return runPath(name, ['zlogin', zone, line], environment());
}

function refuse(name: string, what: string): i32 {
  say(name + ': ' + what + '.\n');
  return 1;
}
