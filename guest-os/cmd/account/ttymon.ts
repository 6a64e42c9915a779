// SPDX-License-Identifier: MIT
/**
 * @fileoverview ttymon(8): port monitor for terminals
 * @path /usr/lib/saf/ttymon
 */
/** @manual
 * DESCRIPTION
 * Opens a terminal, writes /etc/issue and a prompt, reads a user's name, and becomes login(1). The service system/console-login runs it.
 *
 * OPTIONS
 *   -g          once, on one terminal: the only way it works
 *   -d device   the terminal
 *   -l label    what the prompt calls it; ttya where the console is that port
 *   -p prompt   instead of "HOST LABEL login: "
 *
 * FILES
 *   /etc/issue   written before the prompt
 *
 * SEE ALSO
 * login(1), svcs(1)
 */
import * as calls from '../../lib/calls';
import { errorText } from '../../lib/errors';
import { status } from '../../lib/files';
import { flush, O_RDONLY, O_RDWR, openFile, out, readAll, Reader, say } from '../../lib/io';
import { defaultSignal, environment, execute } from '../../lib/process';
import { zeroTerminated } from '../../lib/text';
import { Login, LOGIN_PROCESS, recordLogin } from '../../lib/utmpx';

export const USAGE: string = '/usr/lib/saf/ttymon -g [-d device] [-l label] [-p prompt]';

const LOGIN: string = '/usr/bin/login';
const names = memory.data(1285);

export function main(args: string[]): i32 {
  let device = '/dev/console';
  let label = '';
  let prompt = '';
  for (let i = 1; i < args.length; i++) {
    const next = i + 1 < args.length ? args[i + 1] : '';
    if (args[i] == '-g') continue;
    if (args[i] == '-d' && next.length) device = next;
    else if (args[i] == '-l' && next.length) label = next;
    else if (args[i] == '-p') prompt = next;
    else {
      say('usage: ' + USAGE + '\n');
      return 2;
    }
    i++;
  }
  // A session of its own, whose terminal this becomes.
  calls.pgrpsys(3, 0, 0);
  for (let i = 0; i < 3; i++) calls.close(i);
  if (openFile(device, O_RDWR) != 0) return 1;
  calls.fcntl(0, 0, 1);
  calls.fcntl(0, 0, 2);
  for (let signal = 1; signal < 32; signal++) defaultSignal(signal);
  noteWaiting(device);
  if (!label.length) label = lineLabel(device);
  if (!prompt.length) prompt = hostName() + ' ' + label + ' login: ';
  showIssue();
  const reader = new Reader(0);
  while (true) {
    out(prompt);
    flush();
    const line = reader.line();
    // An interrupt or an end of file: asked again, by whoever comes next.
    if (line == null) return 0;
    const name = line.trim();
    if (!name.length) continue;
    if (name.startsWith('-')) continue;
    const error = execute(LOGIN, ['login', '-d', device, '-l', label, name], environment());
    say('ttymon: ' + LOGIN + ': ' + errorText(-error) + '\n');
    return 1;
  }
}

export function lineName(device: string): string {
  return device.startsWith('/dev/') ? device.substring(5) : device;
}

/** The console is called ttya where it is that port. */
function lineLabel(device: string): string {
  const own = status(device, true);
  const port = status('/dev/ttya', true);
  return device == '/dev/console' && own && port && own.rdev == port.rdev ? 'ttya' : lineName(device);
}

function noteWaiting(device: string): void {
  const login = new Login();
  login.user = 'LOGIN';
  login.line = lineName(device);
  login.id = login.line.substring(0, 2);
  login.type = LOGIN_PROCESS;
  login.pid = <i32>calls.getpid();
  recordLogin(login);
}

function showIssue(): void {
  const descriptor = openFile('/etc/issue', O_RDONLY);
  if (descriptor < 0) return;
  out(readAll(descriptor));
  calls.close(descriptor);
}

export function hostName(): string {
  return calls.uname(names) < 0 ? '' : zeroTerminated(names + 257);
}
