// SPDX-License-Identifier: MIT
/**
 * @fileoverview sh(1): the command language
 *
 * `sh [-ex] [-c TEXT [NAME ARG…] | FILE ARG…]`. Interactive where standard input is a terminal and nothing else is said.
 */
import * as calls from '../../lib/calls';
import { errorText } from '../../lib/errors';
import { currentDirectory } from '../../lib/files';
import { flush, O_RDONLY, openFile, out, readAll, say } from '../../lib/io';
import {
  arguments_,
  ignoreSignal,
  onSignal,
  SIGINT,
  SIGQUIT,
  SIGTERM,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  takeSignal,
} from '../../lib/process';
import { textOf, zeroTerminated } from '../../lib/text';
import { takeExitTrap } from './builtins';
import { run, runText } from './execute';
import { reportJobs, setForeground } from './jobs';
import { Parser } from './parser';
import { get, has, importEnvironment, setVariable, state } from './state';
export { signalArrived } from '../../lib/process';

const TCGETS: i32 = 0x540d;
const chunk = memory.data(1024, 8);
const names = memory.data(1285);

export function main(): i32 {
  const args = arguments_();
  state.pid = <i32>calls.getpid();
  importEnvironment();
  setVariable('PWD', currentDirectory());
  let i = 1;
  let text: string | null = null;
  for (; i < args.length && args[i].length > 1 && args[i].charCodeAt(0) == 0x2d; i++) {
    if (args[i] == '-c') {
      if (++i >= args.length) {
        say('sh: -c requires an argument\n');
        return 2;
      }
      text = args[i];
    } else if (args[i] == '-e') state.exitOnError = true;
    else if (args[i] == '-x') state.trace = true;
    else {
      say('sh: ' + args[i] + ': unknown option\n');
      return 2;
    }
  }
  if (text == null && i < args.length) {
    const descriptor = openFile(args[i], O_RDONLY);
    if (descriptor < 0) {
      say('sh: ' + args[i] + ': ' + errorText(-descriptor) + '\n');
      return 127;
    }
    text = readAll(descriptor);
    calls.close(descriptor);
  }
  if (i < args.length) state.name = args[i++];
  state.parameters = args.slice(i);
  if (text == null && calls.ioctl(0, TCGETS, chunk) >= 0) interact();
  else runText(text == null ? readAll(0) : text);
  const action = takeExitTrap();
  if (action.length) {
    const status = state.status;
    state.exiting = false;
    runText(action);
    if (!state.exiting) state.status = status;
  }
  flush();
  return state.status & 0xff;
}

function interact(): void {
  state.interactive = true;
  state.name = 'sh';
  onSignal(SIGINT);
  ignoreSignal(SIGQUIT);
  ignoreSignal(SIGTERM);
  ignoreSignal(SIGTSTP);
  ignoreSignal(SIGTTIN);
  ignoreSignal(SIGTTOU);
  calls.pgrpsys(5, 0, 0);
  setForeground(<i32>calls.getpid());
  if (!has('PS1')) setVariable('PS1', '[\\u@\\h \\w]\\$ ');
  if (!has('PS2')) setVariable('PS2', '> ');
  let typed = '';
  while (!state.exiting) {
    reportJobs();
    out(typed.length ? get('PS2') : prompt());
    flush();
    const line = readTerminal();
    if (line == null) {
      if (takeSignal() == SIGINT) {
        say('\n');
        typed = '';
        state.status = 130;
        continue;
      }
      out('\n');
      break;
    }
    typed += line;
    const parser = new Parser(typed, 0);
    while (true) {
      const command = parser.next();
      if (!command) {
        if (!parser.incomplete) typed = '';
        if (parser.error.length) {
          say('sh: ' + parser.error + '\n');
          state.status = 2;
        }
        break;
      }
      run(command);
      flush();
      if (state.exiting) return;
      state.interrupted = false;
      state.failed = false;
      state.breaking = 0;
      state.returning = false;
      typed = '';
    }
  }
}

/** A line with its newline; null: end of file, or a signal. */
function readTerminal(): string | null {
  let line = '';
  while (true) {
    const count = calls.read(0, chunk, 1024);
    if (count <= 0) return null;
    line += textOf(chunk, <i32>count);
    if (line.endsWith('\n')) return line;
  }
}

/** PS1: \u user, \h host, \w directory with ~ for home, \$ # for root. */
function prompt(): string {
  const format = get('PS1');
  let text = '';
  for (let i = 0; i < format.length; i++) {
    const c = format.charAt(i);
    if (c != '\\' || i + 1 == format.length) {
      text += c;
      continue;
    }
    const letter = format.charAt(++i);
    if (letter == 'u') text += calls.getuid() == 0 ? 'root' : get('LOGNAME');
    else if (letter == 'h') text += hostName();
    else if (letter == 'w') text += directory();
    else if (letter == '$') text += calls.getuid() == 0 ? '#' : '$';
    else text += letter;
  }
  return text;
}

function hostName(): string {
  return calls.uname(names) < 0 ? '' : zeroTerminated(names + 257);
}

function directory(): string {
  const path = currentDirectory();
  const home = get('HOME');
  if (home.length > 1 && path == home) return '~';
  return home.length > 1 && path.startsWith(home + '/') ? '~' + path.substring(home.length) : path;
}
