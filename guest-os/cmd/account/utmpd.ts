// SPDX-License-Identifier: MIT
/**
 * @fileoverview utmpd(8): utmpx monitoring daemon
 * @path /usr/lib/utmpd
 */
/** @manual
 * DESCRIPTION
 * Looks every minute for entries of /var/adm/utmpx whose processes have ended without saying so, and marks them as ended. The service
 * system/utmp runs it.
 *
 * SEE ALSO
 * who(1), svcs(1)
 */
import * as calls from '../../lib/calls';
import { status } from '../../lib/files';
import { say } from '../../lib/io';
import { fork, sleepFor } from '../../lib/process';
import { DEAD_PROCESS, LOGIN_PROCESS, readLogins, recordBoot, recordLogin, USER_PROCESS, UTMPX } from '../../lib/utmpx';

export const USAGE: string = '/usr/lib/utmpd';

const INTERVAL: u64 = 60000000000;

export function main(args: string[]): i32 {
  if (calls.getuid() != 0) {
    say('utmpd: You must be root to run this program\n');
    return 1;
  }
  recordBoot();
  // The method has done its work when the daemon is on its way.
  if (fork()) return 0;
  while (true) {
    const logins = readLogins(UTMPX);
    for (let i = 0; i < logins.length; i++) {
      const login = logins[i];
      if (login.type != USER_PROCESS && login.type != LOGIN_PROCESS) continue;
      if (status('/proc/' + login.pid.toString(), true)) continue;
      login.type = DEAD_PROCESS;
      login.time = 0;
      recordLogin(login);
    }
    sleepFor(INTERVAL);
  }
}
