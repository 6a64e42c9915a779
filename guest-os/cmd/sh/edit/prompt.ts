// SPDX-License-Identifier: MIT
/** @fileoverview Prompts: backslash sequences, then expansions. */
import { findUser } from '../../../lib/accounts';
import * as calls from '../../../lib/calls';
import { Moment, two } from '../../../lib/dates';
import { zeroTerminated } from '../../../lib/text';
import { logicalDirectory } from '../builtins/cd';
import { expandDocument } from '../expand/expand';
import { historyLines } from './history';
import { jobList } from '../run/jobs';
import { state } from '../state';
import { get } from '../variables/variables';

const names = memory.data(1285);

export function promptText(format: string): string {
  let text = '';
  for (let i = 0; i < format.length; i++) {
    const c = format.charAt(i);
    if (c != '\\' || i + 1 == format.length) {
      text += c;
      continue;
    }
    const letter = format.charAt(++i);
    if (letter >= '0' && letter <= '7') {
      let value = 0;
      let digits = 0;
      while (digits < 3 && i < format.length && format.charAt(i) >= '0' && format.charAt(i) <= '7') {
        value = value * 8 + format.charCodeAt(i++) - 0x30;
        digits++;
      }
      i--;
      text += String.fromCharCode(value & 0xff);
    } else text += sequence(letter);
  }
  if (!text.includes('$') && !text.includes('`')) return text;
  // `\$` has become its character: only what the variable itself has is expanded.
  const status = state.status;
  const expanded = expandDocument(text.replaceAll('$ ', '\\$ '));
  state.status = status;
  state.failed = false;
  return expanded;
}

function sequence(letter: string): string {
  const root = calls.getuid() == 0;
  const moment = new Moment(<u64>calls.time());
  if (letter == 'u') return userName();
  if (letter == 'h') return hostName().split('.')[0];
  if (letter == 'H') return hostName();
  if (letter == 'w') return directory();
  if (letter == 'W') {
    const path = directory();
    return path.length > 1 ? path.substring(path.lastIndexOf('/') + 1) : path;
  }
  if (letter == '$') return root ? '#' : '$';
  if (letter == 'n') return '\n';
  if (letter == 'a') return '\x07';
  if (letter == 'e') return '\x1b';
  if (letter == '[') return '\x01';
  if (letter == ']') return '\x02';
  if (letter == 's') return state.bash ? 'bash' : 'sh';
  if (letter == 't') return moment.clock + ':' + moment.seconds;
  if (letter == 'A') return moment.clock;
  if (letter == 'd') return moment.dayName + ' ' + moment.monthName + ' ' + two(moment.day);
  if (letter == '!' || letter == '#') return (historyLines().length + 1).toString();
  if (letter == 'j') return jobList().length.toString();
  return letter == '\\' ? '\\' : '\\' + letter;
}

function userName(): string {
  const user = findUser(<u32>calls.getuid());
  return user ? user.name : get('LOGNAME');
}

export function hostName(): string {
  return calls.uname(names) < 0 ? '' : zeroTerminated(names + 257);
}

function directory(): string {
  const path = logicalDirectory();
  const home = get('HOME');
  if (home.length > 1 && path == home) return '~';
  return home.length > 1 && path.startsWith(home + '/') ? '~' + path.substring(home.length) : path;
}
