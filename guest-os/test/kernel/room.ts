// SPDX-License-Identifier: MIT
/** @fileoverview The kernel's heap, filled by events of ports: more are refused, and as soon as a port has been closed there is room again, for a process too. */
import * as calls from '../../lib/calls';
import { out } from '../../lib/io';
import { fork, waitFor } from '../../lib/process';
import { check, report } from '../check';

const PORT_CREATE: i32 = 0;
const PORT_SEND: i32 = 3;
/** More than that no port holds. */
const MOST: i32 = 65536;
const EAGAIN: i64 = -11;
const ENOMEM: i64 = -12;
const ENFILE: i64 = -23;

export function testRoom(): i32 {
  const child = fork();
  if (!child) calls.exit(fill());
  check('it is filled and emptied', waitFor(child).status, 0);
  const status = report();
  if (!status) out('room: as it should be\n');
  return status;
}

function create(): i64 {
  return calls.portfs(PORT_CREATE, 0, 0, 0, 0, 0);
}
/** 0, or that of a child which is there. */
function forkOne(): i64 {
  const pid = fork();
  if (!pid) calls.exit(0);
  return pid < 0 ? pid : waitFor(pid).status;
}

function fill(): i32 {
  let port: i64 = 0;
  for (let sent = MOST; sent == MOST; ) {
    port = create();
    if (port < 0) return 100;
    let error: i64 = 0;
    for (sent = 0; sent < MOST && !error; sent++) error = calls.portfs(PORT_SEND, port, 1, 0, 0, 0);
    if (error) {
      check('no more events', error, EAGAIN);
      sent = 0;
    }
  }
  check('nor ports', create(), ENFILE);
  check('nor a process', forkOne(), ENOMEM);
  calls.close(<i32>port);
  check('a port, when one has gone', min<i64>(create(), 0), 0);
  check('and a process', forkOne(), 0);
  return report();
}
