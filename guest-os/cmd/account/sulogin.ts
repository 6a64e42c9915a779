// SPDX-License-Identifier: MIT
/**
 * @fileoverview sulogin(8): access single-user mode
 * @path /sbin/sulogin
 */
/** @manual
 * DESCRIPTION
 * svc.startd(8) starts it on the console when the system is in single-user mode. It asks for root's password, if there is one, and starts a
 * shell. When that ends, or at an end of file instead of a password, the system goes on to the milestone all.
 *
 * SEE ALSO
 * init(8), svcadm(8)
 */
import { findUserByName, passwordHash } from '../../lib/accounts';
import * as calls from '../../lib/calls';
import { verifies } from '../../lib/crypt';
import { O_RDWR, openFile, out, flush, say } from '../../lib/io';
import { defaultSignal, execute } from '../../lib/process';
import { pathOf } from '../../lib/text';
import { askSecretly, loginEnvironment } from './_session';

export const USAGE: string = '/sbin/sulogin';

export function main(args: string[]): i32 {
  calls.pgrpsys(3, 0, 0);
  for (let i = 0; i < 3; i++) calls.close(i);
  if (openFile('/dev/console', O_RDWR) != 0) return 1;
  calls.fcntl(0, 0, 1);
  calls.fcntl(0, 0, 2);
  for (let signal = 1; signal < 32; signal++) defaultSignal(signal);
  const root = findUserByName('root');
  const hash = passwordHash('root');
  if (!root) return 1;
  out('\nEntering System Maintenance Mode\n\n');
  flush();
  while (hash != null && hash.length) {
    const typed = askSecretly('Enter root password (or type control-d to go on): ');
    if (typed == null) return 0;
    if (verifies(typed, hash)) break;
    say('Login incorrect\n');
  }
  calls.chdir(pathOf('/root'));
  execute('/sbin/sh', ['-sh'], loginEnvironment(root, ''));
  return 1;
}
