// SPDX-License-Identifier: MIT
/**
 * @fileoverview init(8): process 1
 * @path /sbin/init
 *
 * Opens the console, starts a shell for root there, and again when it ends; takes in orphans.
 *
 * The shell leads a session whose terminal is the console. init itself has no terminal.
 */
import * as calls from '../lib/calls';
import { O_RDWR, openFile, say } from '../lib/io';
import { ChildNews, environment, execute, fork, sleepFor, waitFor } from '../lib/process';
import { pathOf } from '../lib/text';
import { errorText } from '../lib/errors';
export { signalArrived } from '../lib/process';

const SHELL: string = '/usr/bin/sh';
/** A shell that ends sooner than it can be used is not started again at once. */
const PAUSE: u64 = 1000000000;

export function main(): i32 {
  while (true) {
    const shell = fork();
    if (!shell) login();
    let news: ChildNews;
    do {
      news = waitFor(0);
    } while (news.pid != shell && news.pid > 0);
    if (news.status) sleepFor(PAUSE);
  }
}

/** The child: a session of its own, on the console. */
function login(): void {
  calls.pgrpsys(3, 0, 0);
  openFile('/dev/console', O_RDWR);
  calls.fcntl(0, 0, 1);
  calls.fcntl(0, 0, 2);
  calls.chdir(pathOf('/root'));
  const variables = environment();
  variables.push('HOME=/root');
  variables.push('LOGNAME=root');
  variables.push('USER=root');
  variables.push('SHELL=' + SHELL);
  variables.push('TERM=xterm');
  const error = execute(SHELL, ['-sh'], variables);
  say('init: ' + SHELL + ': ' + errorText(-error) + '\n');
  calls.exit(1);
}
