// SPDX-License-Identifier: MIT
/** @fileoverview zonecfg(8): set up zone configuration */
/** @manual
 * DESCRIPTION
 * Reads subcommands from its arguments, where ; separates them, from a file, or from a terminal. What they change is written by commit, or at the end.
 *
 * SUBCOMMANDS
 *   create [-b]                         a new configuration; without -b of the brand joyent-minimal
 *   set property=value                  zonepath, brand, autoboot, bootargs, limitpriv, fs-allowed, ip-type (kept for when there is IP), hostid
 *                                       (hexadecimal digits; otherwise the global zone's), scheduling-class (FSS, as without), cpu-shares,
 *                                       max-lwps, max-processes, max-msg-ids, max-sem-ids, max-shm-ids, max-shm-memory; within a resource its own
 *   clear property                      as it is in a new configuration
 *   add kind                            begins a resource: fs has dir, special, type, options; net has physical, mac-addr, global-nic, vlan-id
 *                                       and further properties by any name; dataset has name; attr has name, type, value; rctl has name, priv,
 *                                       limit, action, or add value (priv=privileged,limit=number,action=none|deny); capped-memory has
 *                                       physical, swap, locked (512m, 2g) and capped-cpu ncpus (0.5), which are kept as rctl.
 *                                       An rctl that the kernel does not enforce (zone.max-lofi, zone.cpu-baseline, zone.cpu-burst-time)
 *                                       is refused
 *   select kind property=value          goes on with one
 *   end, cancel                         ends a resource, or drops it
 *   remove kind property=value          takes a resource away
 *   info [kind | property]              shows what is set
 *   export                              shows subcommands that make this configuration
 *   verify, commit                      looks whether it is whole, and writes it
 *   revert                              forgets what has not been written
 *   delete [-F]                         takes the configuration away
 *   help [subcommand]                   says what there is
 *   exit
 *
 * SEE ALSO
 * zoneadm(8), zones(7)
 */
import * as calls from '../../lib/calls';
import { flush, O_RDONLY, openFile, out, Reader, say } from '../../lib/io';
import { misused } from '../../lib/options';
import { isTerminal } from '../../lib/tty';
import { GLOBAL, ownZoneId } from '../../lib/zones/kernel';
import { Editor } from './_editor';

export const USAGE: string = 'zonecfg -z zonename [-f file | subcommand [; subcommand ...]]\nzonecfg help [subcommand]';

export function main(args: string[]): i32 {
  if (args.length > 1 && args[1] == 'help') return new Editor('global').perform(args.slice(1).join(' ')) ? 0 : 1;
  if (args.length < 3 || args[1] != '-z') {
    return misused(USAGE, 2);
  }
  if (ownZoneId() != GLOBAL) {
    say('zonecfg: can only be run from the global zone.\n');
    return 1;
  }
  const editor = new Editor(args[2]);
  if (args.length == 5 && args[3] == '-f') return fromFile(editor, args[4]);
  if (args.length > 3) {
    const lines = args.slice(3).join(' ').split(';');
    for (let i = 0; i < lines.length && !editor.ended; i++) if (!editor.perform(lines[i])) return 1;
    return editor.finish() ? 0 : 1;
  }
  return fromInput(editor);
}

function fromFile(editor: Editor, path: string): i32 {
  const descriptor = openFile(path, O_RDONLY);
  if (descriptor < 0) {
    say('zonecfg: could not open file ' + path + '\n');
    return 1;
  }
  const reader = new Reader(descriptor);
  for (let number = 1; !editor.ended; number++) {
    const line = reader.line();
    if (line == null) break;
    if (editor.perform(line)) continue;
    say('zonecfg: ' + path + ', line ' + number.toString() + '\n');
    return 1;
  }
  calls.close(descriptor);
  return editor.finish() ? 0 : 1;
}

/** On a terminal a mistake is told, and the next line is asked for. */
function fromInput(editor: Editor): i32 {
  const asks = isTerminal(0);
  const reader = new Reader(0);
  if (asks && !editor.exists) out(editor.name + ": No such zone configured\nUse 'create' to begin configuring a new zone.\n");
  while (!editor.ended) {
    if (asks) out(editor.prompt);
    flush();
    const line = reader.line();
    if (line == null) break;
    if (!editor.perform(line) && !asks) return 1;
  }
  return editor.finish() ? 0 : 1;
}
