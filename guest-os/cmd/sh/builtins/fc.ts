// SPDX-License-Identifier: MIT
/**
 * @fileoverview fc: lines that were typed, listed, edited and run again, or run again at once (POSIX.1-2017, XCU fc).
 *
 * Lines are named by number, by a negative number counted from the last, or by how they begin. The line with the fc itself is not one of them.
 */
import * as calls from '../../../lib/calls';
import { O_CREAT, O_EXCL, O_RDONLY, O_WRONLY, openFile, out, readAll, say } from '../../../lib/io';
import { padLeft, parseNumber, pathOf } from '../../../lib/text';
import { writeText } from '../../../lib/smf/door';
import { complain, state } from '../state';
import { runProgram } from '../run/children';
import { runText } from '../run/text';
import { historyLines, remember } from '../edit/history';
import { get, has } from '../variables/variables';

const LISTED: i32 = 16;

/** Place of a line; -1 after a complaint. `count`: lines there are. */
function find(word: string, count: i32, usual: i32): i32 {
  if (!word.length) return usual;
  const lines = historyLines();
  const negative = word.startsWith('-');
  const number = parseNumber(negative ? word.substring(1) : word);
  if (number >= 0) {
    // Out of range is the first or the last.
    const at: i64 = negative ? <i64>count - number : number - 1;
    return <i32>max<i64>(0, min<i64>(at, <i64>count - 1));
  }
  for (let i = count - 1; i >= 0; i--) if (lines[i].startsWith(word)) return i;
  complain('fc: ' + word + ': history event not found');
  return -1;
}

export function fc(args: string[]): i32 {
  let at = 1;
  let lists = false;
  let numbers = true;
  let reversed = false;
  let again = false;
  let editor = has('FCEDIT') ? get('FCEDIT') : has('EDITOR') ? get('EDITOR') : 'vi';
  for (; at < args.length && args[at].length > 1 && args[at].startsWith('-') && parseNumber(args[at].substring(1)) < 0; at++) {
    if (args[at] == '--') {
      at++;
      break;
    }
    for (let k = 1; k < args[at].length; k++) {
      const letter = args[at].charAt(k);
      if (letter == 'l') lists = true;
      else if (letter == 'n') numbers = false;
      else if (letter == 'r') reversed = true;
      else if (letter == 's') again = true;
      else if (letter == 'e' && (k + 1 < args[at].length || at + 1 < args.length)) {
        editor = k + 1 < args[at].length ? args[at].substring(k + 1) : args[++at];
        break;
      } else {
        complain('fc: usage: fc [-r] [-e editor] [first [last]] | fc -l [-nr] [first [last]] | fc -s [old=new] [first]');
        return 2;
      }
    }
  }
  const lines = historyLines();
  const own = lines.length && lines[lines.length - 1].trimStart().startsWith('fc') ? 1 : 0;
  const count = lines.length - own;
  if (!count) return complain('fc: no command found');
  if (again || editor == '-') return repeat(args, at, count, own);
  const first = find(at < args.length ? args[at] : '', count, lists ? max(count - LISTED, 0) : count - 1);
  if (first < 0) return 1;
  const last = find(at + 1 < args.length ? args[at + 1] : '', count, lists ? count - 1 : first);
  if (last < 0) return 1;
  const chosen: i32[] = [];
  for (let i = min(first, last); i <= max(first, last); i++) chosen.push(i);
  if (first > last != reversed) chosen.reverse();
  if (!lists) return edit(chosen, editor, own);
  for (let i = 0; i < chosen.length; i++)
    out((numbers ? padLeft((chosen[i] + 1).toString(), 5) : '') + '\t' + lines[chosen[i]].replaceAll('\n', '\n\t') + '\n');
  return 0;
}

/** What is run takes the place of the fc in the history. */
function rerun(text: string, own: i32): i32 {
  if (own) historyLines().pop();
  remember(text);
  say(text + '\n');
  runText(text);
  return state.status;
}

function repeat(args: string[], start: i32, count: i32, own: i32): i32 {
  let at = start;
  const equals = at < args.length ? args[at].indexOf('=') : -1;
  const change = equals > 0 ? args[at++] : '';
  const place = find(at < args.length ? args[at] : '', count, count - 1);
  if (place < 0) return 1;
  const line = historyLines()[place];
  return rerun(equals > 0 ? line.replace(change.substring(0, equals), change.substring(equals + 1)) : line, own);
}

function edit(chosen: i32[], editor: string, own: i32): i32 {
  const lines = historyLines();
  const path = '/tmp/fc' + state.pid.toString();
  calls.unlink(pathOf(path));
  const made = openFile(path, O_WRONLY | O_CREAT | O_EXCL, 0o600);
  if (made < 0) return complain('fc: cannot make a file in /tmp');
  for (let i = 0; i < chosen.length; i++) writeText(made, lines[chosen[i]] + '\n');
  calls.close(made);
  const words = editor.split(' ');
  words.push(path);
  const failed = runProgram(words);
  const descriptor = failed ? -1 : openFile(path, O_RDONLY);
  const text = descriptor < 0 ? '' : readAll(descriptor);
  if (descriptor >= 0) calls.close(descriptor);
  calls.unlink(pathOf(path));
  return failed || !text.trim().length ? 1 : rerun(text.trimEnd(), own);
}

/** history: lines that were typed, with their numbers; -c forgets them. */
export function history(args: string[]): i32 {
  const lines = historyLines();
  const count = args.length > 1 ? <i32>parseNumber(args[1]) : lines.length;
  if (args.length > 1 && args[1] == '-c') {
    lines.length = 0;
    return 0;
  }
  for (let i = max(lines.length - max(count, 0), 0); i < lines.length; i++)
    out(padLeft((i + 1).toString(), 5) + '  ' + lines[i] + '\n');
  return 0;
}
