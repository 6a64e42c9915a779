// SPDX-License-Identifier: MIT
/** @fileoverview Logs of services: /var/svc/log/SERVICE:INSTANCE.log, where the restarter and methods write. */
import * as calls from '../../lib/calls';
import { Moment, two } from '../../lib/dates';
import { O_APPEND, O_CREAT, O_WRONLY, openFile } from '../../lib/io';
import { writeText } from '../../lib/smf/door';
import { Instance, logPath } from '../../lib/smf/repository';

export function openLog(path: string): i32 {
  return openFile(path, O_WRONLY | O_CREAT | O_APPEND, 0o644);
}

function stamp(): string {
  const moment = new Moment(<u64>calls.time());
  const day = moment.day < 10 ? ' ' + moment.day.toString() : two(moment.day);
  return moment.monthName + ' ' + day + ' ' + moment.clock + ':' + moment.seconds;
}

function append(path: string, line: string): void {
  const descriptor = openLog(path);
  if (descriptor < 0) return;
  writeText(descriptor, line);
  calls.close(descriptor);
}

/** `[ Nov 26 11:10:26 … ]` */
export function log(instance: Instance, text: string): void {
  append(logPath(instance), '[ ' + stamp() + ' ' + text + ' ]\n');
}

/** What concerns no single service. */
export function logGeneral(text: string): void {
  append('/var/svc/log/svc.startd.log', stamp() + '/' + calls.getpid().toString() + ': ' + text + '\n');
}
