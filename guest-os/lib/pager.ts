// SPDX-License-Identifier: MIT
/** @fileoverview Shows a text to whoever reads it: through $PAGER or less where there is one, else a screen at a time. */
import * as calls from './calls';
import { flush, O_RDWR, openFile, out } from './io';
import { environment, execute, fork, waitFor } from './process';
import { writeText } from './smf/door';
import { pathOf } from './text';
import { columns, isTerminal, rows, Settings } from './tty';

const ends = memory.data(8, 8);
const byte = memory.data(8);

function pagerCommand(): string {
  const list = environment();
  for (let i = 0; i < list.length; i++) if (list[i].startsWith('PAGER=') && list[i].length > 6) return list[i].substring(6);
  return calls.access(pathOf('/usr/bin/less'), 1) >= 0 ? '/usr/bin/less' : '';
}

export function page(text: string): void {
  if (!isTerminal(1)) {
    out(text);
    return;
  }
  const command = pagerCommand();
  if (command.length && calls.pipe(ends, 0) >= 0) {
    pipeTo(command, text);
    return;
  }
  byScreens(text);
}

function pipeTo(command: string, text: string): void {
  flush();
  const reader = load<i32>(ends);
  const writer = load<i32>(ends, 4);
  const pid = fork();
  if (!pid) {
    calls.close(writer);
    calls.fcntl(reader, 9, 0);
    calls.close(reader);
    execute('/sbin/sh', ['sh', '-c', command], environment());
    calls.exit(1);
  }
  calls.close(reader);
  writeText(writer, text);
  calls.close(writer);
  if (pid > 0) while (waitFor(pid).pid == -4) {}
}

/** Space another screen, Enter another line, q no more. */
function byScreens(text: string): void {
  const lines = text.split('\n');
  if (lines.length && !lines[lines.length - 1].length) lines.pop();
  const keys = openFile('/dev/tty', O_RDWR);
  let settings: Settings | null = null;
  if (keys >= 0) settings = Settings.of(keys);
  let room = rows(1) - 1;
  const width = columns(1);
  for (let i = 0; i < lines.length; i++) {
    room -= max((lines[i].length + width - 1) / width, 1);
    if (room < 0 && settings) {
      out('--More--(' + ((i * 100) / lines.length).toString() + '%)');
      flush();
      settings.raw(true).apply(keys);
      const count = calls.read(keys, byte, 1);
      settings.apply(keys);
      out('\r\x1b[K');
      const key = count == 1 ? load<u8>(byte) : 0x71;
      if (key == 0x71 || key == 0x51) break;
      room = key == 0x0d || key == 0x0a ? 0 : rows(1) - 2;
    }
    out(lines[i] + '\n');
  }
  flush();
  if (keys >= 0) calls.close(keys);
}
