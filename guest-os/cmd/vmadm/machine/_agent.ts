// SPDX-License-Identifier: MIT
/** @fileoverview The metadata agent is told which VMs there are. */
import * as calls from '../../../lib/calls';
import { Reader } from '../../../lib/io';
import { writeText } from '../../../lib/smf/door';
import { connectTo } from '../../../lib/unixSocket';

export const AGENT_DOOR: string = '/var/run/metadata.door';

/** Waits until it has done it. Without an agent nothing is done: when it starts it looks for itself. */
export function tellAgent(line: string): void {
  const socket = connectTo(AGENT_DOOR);
  if (socket < 0) return;
  writeText(socket, line + '\n');
  new Reader(socket).line();
  calls.close(socket);
}
