// SPDX-License-Identifier: MIT
/**
 * @fileoverview sh(1): the command language
 *
 * @path /usr/bin/bash
 *
 * Interactive where standard input is a terminal and nothing else is said. A login shell, whose name begins with a dash, reads /etc/profile and
 * ~/.profile first; an interactive one the file that ENV names.
 */
/** @manual
 * DESCRIPTION
 * Runs commands as POSIX describes the shell's language: from a text (-c), a file, standard input, or a terminal. Beyond it there are local
 * variables in functions, source for ., and read -p.
 *
 * OPTIONS
 *   -a  assigned variables are exported      -n  commands are read, not run
 *   -C  > does not overwrite files           -u  unset parameters are errors
 *   -e  a command that fails ends the shell  -v  lines are shown as they are read
 *   -f  no patterns of files                 -x  commands are shown as they are run
 *   -i  interactive                          -l  a login shell
 *   -c text   runs the text; further arguments are $0, $1 ...
 *   -o name   an option by its name; set -o lists them
 *
 * KEYS
 *   ^A ^E, Home End        begin, end of the line        ^B ^F, arrows   a character
 *   ESC b, ESC f           a word                        ^P ^N, arrows   earlier and later lines
 *   ^K ^U ^W, ESC d        delete to the end, to the begin, a word; ^Y puts it back
 *   ^D, Del, Backspace     delete a character; ^D on an empty line ends the shell
 *   ^R                     search earlier lines; ^G gives up
 *   Tab                    complete a command, variable, user, service or file; Tab again lists them
 *   ESC .                  the last word of the line before
 *   ^L                     clear the screen
 *   set +o emacs           leaves the line to the terminal
 *
 * HISTORY
 *   !!  !N  !-N  !text  !?text?  !$  ^old^new       earlier lines, or parts of them; history lists them
 *
 * PROMPT
 * PS1 may have \u user, \h \H host, \w \W directory, \$ # for root, \! number of the line, \j jobs, \t \A time, \d date, \s shell, \n newline,
 * \e escape, \[ \] around what takes no room; and expansions.
 *
 * FILES
 *   /etc/profile, ~/.profile   read by login shells
 *   $ENV                       read by interactive shells
 *   ~/.sh_history              HISTFILE: lines that were typed, HISTSIZE of them
 *
 * EXIT STATUS
 * That of the last command; 127 where one is not found, 126 where it cannot be run, 128 and the number of the signal that ended it.
 *
 * SEE ALSO
 * test(1), printf(1), man(1)
 */
import * as calls from '../../lib/calls';
import { errorText } from '../../lib/errors';
import { currentDirectory } from '../../lib/files';
import { trimIdleHeap } from '../../lib/idleHeap';
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
  takeArrived,
} from '../../lib/process';
import { isTerminal } from '../../lib/tty';
import { parseNumber, textOf } from '../../lib/text';
import { runFile } from './builtins/control';
import { logicalDirectory } from './builtins/cd';
import { Editor } from './edit/edit';
import { run } from './run/execute';
import { runText } from './run/text';
import { expandText } from './expand/expand';
import { expandHistory, loadHistory, missing, remember } from './edit/history';
import { reportJobs, setForeground } from './run/jobs';
import { takeOptions } from './builtins/options';
import { Parser } from './syntax/parser';
import { hostName, promptText } from './edit/prompt';
import { state } from './state';
import { startClock } from './variables/dynamic';
import { exportVariable, get, has, importEnvironment, setArray, setVariable } from './variables/variables';
import { runExitTrap, runTraps } from './run/traps';
export { signalArrived } from '../../lib/process';

export const USAGE: string = 'sh [-aCefilnuvx] [-o option] [-c text [name [argument ...]] | file [argument ...]]';

const chunk = memory.data(1024, 8);
const PATH: string = '/usr/bin:/usr/sbin';
/** What it was called as: sh or bash. */
let shell: string = 'sh';

export function main(): i32 {
  const args = arguments_();
  state.pid = <i32>calls.getpid();
  state.login = args.length > 0 && args[0].startsWith('-');
  const called = args.length ? args[0] : 'sh';
  shell = called.endsWith('bash') ? 'bash' : 'sh';
  state.bash = shell == 'bash';
  state.name = called.startsWith('-') ? called : shell;
  startClock();
  importEnvironment();
  if (!has('PATH')) setVariable('PATH', PATH);
  if (!has('PS4')) setVariable('PS4', '+ ');
  setVariable('OPTIND', '1');
  setVariable('IFS', ' \t\n');
  if (state.bash) ownVariables();
  setVariable('PWD', has('PWD') ? logicalDirectory() : currentDirectory());
  let text: string | null = null;
  let i = 1;
  let wantsText = false;
  let interactive = false;
  let fromInput = false;
  for (; i < args.length && args[i].length > 1 && (args[i].startsWith('-') || args[i].startsWith('+')); i++) {
    if (args[i] == '--') {
      i++;
      break;
    }
    let rest = args[i].substring(0, 1);
    for (let k = 1; k < args[i].length; k++) {
      const letter = args[i].charAt(k);
      if (letter == 'c') wantsText = true;
      else if (letter == 'i') interactive = true;
      else if (letter == 'l') state.login = true;
      else if (letter == 's') fromInput = true;
      else rest += letter;
    }
    if (rest.length < 2) continue;
    const list = [rest];
    if (rest.endsWith('o') && i + 1 < args.length) list.push(args[++i]);
    if (takeOptions(list, 0) < 0) return 2;
  }
  if (wantsText) {
    if (i >= args.length) {
      say(shell + ': -c requires an argument\n');
      return 2;
    }
    text = args[i++];
  } else if (i < args.length && !fromInput) {
    const descriptor = openFile(args[i], O_RDONLY);
    if (descriptor < 0) {
      say(shell + ': ' + args[i] + ': ' + errorText(-descriptor) + '\n');
      return 127;
    }
    state.fromFile = true;
    text = readAll(descriptor);
    calls.close(descriptor);
  }
  if (i < args.length && !fromInput) state.name = args[i++];
  state.parameters = args.slice(i);
  if (state.login) {
    readProfile('/etc/profile');
    if (!state.bash || !(readProfile(get('HOME') + '/.bash_profile') || readProfile(get('HOME') + '/.bash_login')))
      readProfile(get('HOME') + '/.profile');
  }
  if (state.bash && text != null && has('BASH_ENV')) readProfile(expandText(get('BASH_ENV')));
  if (text == null && (interactive || isTerminal(0)) && !state.exiting) interact();
  else if (!state.exiting) runText(text == null ? readAll(0) : text);
  runExitTrap();
  flush();
  return state.status & 0xff;
}

/** False: there is no such file. */
function readProfile(path: string): bool {
  const descriptor = openFile(path, O_RDONLY);
  if (descriptor < 0) return false;
  runFile(descriptor);
  state.failed = state.recovers = false;
  return true;
}

/** What bash sets for scripts to look at. Its language is that of bash 4, without coprocesses. */
function ownVariables(): void {
  setArray('BASH_VERSINFO', ['4', '0', '0', '1', 'diorama', 'x86_64-pc-solaris2.11']);
  setVariable('BASH_VERSION', '4.0.0(1)-diorama');
  setVariable('BASH', '/usr/bin/bash');
  setVariable('HOSTTYPE', 'x86_64');
  setVariable('OSTYPE', 'solaris2.11');
  setVariable('MACHTYPE', 'x86_64-pc-solaris2.11');
  if (!has('HOSTNAME')) setVariable('HOSTNAME', hostName());
  const level = max(parseNumber(get('SHLVL')), 0) + 1;
  setVariable('SHLVL', level.toString());
  exportVariable('SHLVL');
}

function interact(): void {
  state.interactive = true;
  state.prompts = true;
  state.set('m', true);
  onSignal(SIGINT);
  ignoreSignal(SIGQUIT);
  ignoreSignal(SIGTERM);
  onSignal(SIGTSTP);
  ignoreSignal(SIGTTIN);
  ignoreSignal(SIGTTOU);
  calls.pgrpsys(5, 0, 0);
  setForeground(<i32>calls.getpid());
  if (!has('PS1')) setVariable('PS1', '[\\u@\\h \\w]\\$ ');
  if (!has('PS2')) setVariable('PS2', '> ');
  if (state.bash) {
    if (!state.login) readProfile(get('HOME') + '/.bashrc');
  } else if (has('ENV')) readProfile(expandText(get('ENV')));
  loadHistory();
  const editor = new Editor();
  let typed = '';
  while (!state.exiting) {
    reportJobs();
    // It may wait for long.
    trimIdleHeap();
    const line = nextLine(editor, promptText(typed.length ? get('PS2') : get('PS1')));
    if (line == null) {
      if (runTraps() || editor.interrupted) {
        if (!editor.interrupted) say('\n');
        editor.interrupted = false;
        typed = '';
        state.status = 130;
        continue;
      }
      if (stoppedJobsHoldBack()) continue;
      out(state.login ? 'logout\n' : 'exit\n');
      break;
    }
    warned = false;
    typed += line;
    if (runLines(typed)) typed = '';
  }
}

/** Runs what is complete; false: more lines are needed. */
function runLines(typed: string): bool {
  const parser = new Parser(typed, 0);
  let remembered = false;
  while (true) {
    const command = parser.next();
    if (!command) {
      if (parser.incomplete) return false;
      if (!remembered) remember(typed.trimEnd());
      if (parser.error.length) {
        say(state.prefix + parser.error + '\n');
        state.status = 2;
      }
      return true;
    }
    if (!remembered) remember(typed.trimEnd());
    remembered = true;
    run(command);
    flush();
    if (state.exiting) return true;
    const interrupted = state.interrupted;
    state.interrupted = false;
    state.failed = state.recovers = false;
    state.breaking = 0;
    state.continuing = false;
    state.returning = false;
    state.loops = 0;
    state.callDepth = 0;
    state.conditionDepth = 0;
    if (interrupted) return true;
  }
}

let warned = false;

/** The first attempt to leave jobs that are stopped is only an advice. */
function stoppedJobsHoldBack(): bool {
  if (warned || !reportJobs()) return false;
  warned = true;
  say('There are stopped jobs.\n');
  return true;
}

/** A line with its newline; null: end of file, or an interrupt. */
function nextLine(editor: Editor, prompt: string): string | null {
  takeArrived(SIGTSTP);
  const edits = state.editing && get('TERM') != 'dumb' && isTerminal(0) && isTerminal(1);
  if (!edits) {
    out(prompt.replaceAll('\x01', '').replaceAll('\x02', ''));
    flush();
  }
  const line = edits ? editor.read(prompt) : readTerminal();
  if (line == null || editor.interrupted) return null;
  const expanded = edits ? expandHistory(line) : line;
  if (edits && missing.length) {
    say(state.prefix + missing + ': event not found\n');
    return '\n';
  }
  if (edits && expanded != line) out(expanded + '\n');
  return edits ? expanded + '\n' : expanded;
}

function readTerminal(): string | null {
  let line = '';
  while (true) {
    const count = calls.read(0, chunk, 1024);
    if (count == -4 && takeArrived(SIGTSTP)) continue;
    if (count <= 0) return null;
    line += textOf(chunk, <i32>count);
    if (line.endsWith('\n')) return line;
  }
}
