// SPDX-License-Identifier: MIT
/** @fileoverview shutdown(8): shut down the system, or change its state */
/** @manual
 * DESCRIPTION
 * Asks for confirmation, warns whoever is on the console, waits for the grace period, and asks init(8) for another run level: single-user
 * mode unless -i says otherwise.
 *
 * OPTIONS
 *   -g seconds   the grace period; 60 unless said
 *   -i level     0 halt, 5 switch off, 6 reset, s single-user mode
 *   -y           do not ask
 *
 * EXAMPLES
 *   shutdown -y -g0 -i5
 *
 * SEE ALSO
 * init(8), reboot(8), poweroff(8)
 */
import * as calls from '../../lib/calls';
import { flush, openFile, O_WRONLY, out, Reader, say } from '../../lib/io';
import { sleepFor } from '../../lib/process';
import { send, writeText } from '../../lib/smf/door';
import { parseNumber } from '../../lib/text';

export const USAGE: string = 'shutdown [-y] [-g grace] [-i level] [message]';

const INIT_PIPE: string = '/etc/svc/volatile/initpipe';
const SECOND: u64 = 1000000000;

export function main(args: string[]): i32 {
  let grace: i64 = 60;
  let level = 's';
  let asks = true;
  let i = 1;
  for (; i < args.length && args[i].startsWith('-'); i++) {
    const letter = args[i].substring(0, 2);
    let value = args[i].substring(2);
    if ((letter == '-g' || letter == '-i') && !value.length && i + 1 < args.length) value = args[++i];
    if (letter == '-g') grace = parseNumber(value);
    else if (letter == '-i') level = value;
    else if (args[i] == '-y') asks = false;
    else grace = -1;
  }
  if (grace < 0 || level.length != 1 || !'056sS'.includes(level)) {
    say('Usage: ' + USAGE + '\n');
    return 2;
  }
  if (calls.getuid() != 0) {
    say('shutdown: Only root can run shutdown\n');
    return 1;
  }
  if (asks) {
    out('Do you want to continue? (y or n):   ');
    flush();
    const answer = new Reader(0).line();
    if (answer == null || !answer.toLowerCase().startsWith('y')) {
      say('Shutdown aborted\n');
      return 1;
    }
  }
  const message = args.slice(i).join(' ');
  tell('\nThe system will be shut down in ' + grace.toString() + ' seconds' + (message.length ? ': ' + message : '') + '\n');
  sleepFor(<u64>grace * SECOND);
  const error = send(INIT_PIPE, level);
  if (error >= 0) return 0;
  say('shutdown: cannot reach process 1\n');
  return 1;
}

function tell(text: string): void {
  const descriptor = openFile('/dev/console', O_WRONLY);
  if (descriptor < 0) return;
  writeText(descriptor, text);
  calls.close(descriptor);
}
