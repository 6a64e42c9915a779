// SPDX-License-Identifier: MIT
/** @fileoverview dispadmin(8): show the scheduling classes and the default one */
/** @manual
 * OPTIONS
 *   -l   the classes that there are
 *   -d   the default class, that of new processes; with a class, makes it the default: there is none but FSS that can be it
 *
 * SEE ALSO
 * priocntl(1)
 */
import { errorText } from '../../lib/errors';
import { out, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { classNamed, defaultClass, schedulingClasses, SchedulingClass, setDefaultClass } from '../../lib/priorities';
import { ownZoneId } from '../../lib/zones/kernel';

export const USAGE: string = 'dispadmin -l\ndispadmin -d [class]';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'ld');
  let mode = '';
  for (let option = options.next(); option != ''; option = options.next()) mode += option;
  const operands = options.operands();
  if (options.failed) return 1;
  if (mode.length != 1 || operands.length > (mode == 'd' ? 1 : 0)) return misused(USAGE);
  if (mode == 'l') {
    out('CONFIGURED CLASSES\n==================\n\n');
    const classes = schedulingClasses();
    for (let i = 0; i < classes.length; i++) show(classes[i]);
    return 0;
  }
  if (ownZoneId()) return fail('Operation not supported in non-global zones');
  if (!operands.length) return show(classNamed(defaultClass())!);
  const name = operands[0];
  if (!classNamed(name)) return fail('Invalid or unconfigured class ' + name);
  const error = setDefaultClass(name);
  return error < 0 ? fail('failed to set default class ' + name + ' in kernel: ' + errorText(-error)) : 0;
}

function show(one: SchedulingClass): i32 {
  out(one.name + '\t(' + one.title + ')\n');
  return 0;
}
function fail(what: string): i32 {
  say('dispadmin: ' + what + '\n');
  return 1;
}
