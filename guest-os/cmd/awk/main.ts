// SPDX-License-Identifier: MIT
/**
 * @fileoverview awk(1): pattern scanning and processing language
 * @path /usr/bin/nawk
 */
/** @manual
 * DESCRIPTION
 * Reads files, or standard input, record by record, and for each does the actions of the program whose patterns apply. A program is a list of
 *
 *   pattern { statements }     function name(parameters) { statements }
 *
 * A pattern is BEGIN, END, an expression such as /regular expression/ or $1 > 3, a range of two, or nothing. $1 $2 … are the fields of the record,
 * $0 is all of it. Text is bytes.
 *
 * OPTIONS
 *   -F text          separates fields: a blank stands for any white space, one character for itself, more are a regular expression
 *   -f file          the program; several are joined
 *   -v name=value    assigns before BEGIN
 *
 * VARIABLES
 *   NF NR FNR FILENAME      fields of the record, records so far, those of this file, the file
 *   FS OFS RS ORS SUBSEP    what separates fields and records of input and output, and subscripts; RS empty: paragraphs
 *   CONVFMT OFMT            how numbers become text, and how print writes them
 *   RSTART RLENGTH          where match() found, how long
 *   ARGC ARGV ENVIRON       the words of the command line, the environment
 *
 * STATEMENTS
 *   print, printf, with > >> | behind; if else, while, do, for (;;), for (k in a), break, continue, next, nextfile, exit, return, delete
 *
 * FUNCTIONS
 *   length substr index split sub gsub match sprintf tolower toupper
 *   sin cos atan2 exp log sqrt int rand srand
 *   system close fflush; getline [var] [< file], command | getline [var]
 *
 * EXIT STATUS
 *   what exit says, 0 otherwise, 2 after an error
 *
 * EXAMPLES
 *   ps -ef | awk '$1 == "root" { n++ } END { print n }'
 *   awk -F: '{ print $1, $NF }' /etc/passwd
 *
 * SEE ALSO
 * sed(1), grep(1)
 */
import * as calls from '../../lib/calls';
import { errorText } from '../../lib/errors';
import { flush, O_RDONLY, openFile, outputError, readAll, say } from '../../lib/io';
import { Options } from '../../lib/options';
import { arguments_, environment } from '../../lib/process';
import { sprintf } from './format';
import { assignWord, inputFailed, isAssignment } from './input';
import { ARGC, ARGV, ENVIRON, exitStatus, prepare, runProgram, setByName, setGlobal, tableOf } from './interpreter';
import { withoutEscapes } from './lexer';
import { Parser } from './parser';
import { closeAll } from './streams';
import { setFormatter, Value } from './values';
export { signalArrived } from '../../lib/process';

export const USAGE: string =
  'awk [-F fs] [-v var=value] program [file | var=value ...]\nawk [-F fs] [-v var=value] -f progfile ... [file | var=value ...]';

export function main(): i32 {
  const args = arguments_();
  const options = new Options(args, USAGE, 'F:f:v:');
  const assignments: string[] = [];
  const sources: string[] = [];
  let separator: string | null = null;
  let fromFile = false;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'F') separator = options.argument;
    else if (option == 'v') assignments.push(options.argument);
    else {
      fromFile = true;
      const text = programFile(options.argument);
      if (text == null) return 2;
      sources.push(text);
    }
  }
  if (options.failed) return 2;
  let operands = options.operands();
  if (!fromFile) {
    if (!operands.length) {
      say('usage: ' + USAGE.replaceAll('\n', '\n       ') + '\n');
      return 2;
    }
    sources.push(operands[0]);
    operands = operands.slice(1);
  }
  const program = new Parser(sources.join('\n')).parse();
  if (program.error.length) {
    say('awk: ' + program.error + '\n');
    return 2;
  }
  setFormatter((format, value) => sprintf(format, [value], '%.6g'));
  prepare(program);
  if (separator != null) setByName('FS', Value.string(separator == 't' ? '\t' : withoutEscapes(separator)));
  for (let i = 0; i < assignments.length; i++) {
    if (!isAssignment(assignments[i])) {
      say('awk: -v ' + assignments[i] + ': not an assignment\n');
      return 2;
    }
    assignWord(assignments[i]);
  }
  const words = tableOf(ARGV);
  words.map.set('0', Value.string('awk'));
  for (let i = 0; i < operands.length; i++) words.map.set((i + 1).toString(), Value.input(operands[i]));
  setGlobal(ARGC, Value.number(operands.length + 1));
  const variables = environment();
  const named = tableOf(ENVIRON);
  for (let i = 0; i < variables.length; i++) {
    const equals = variables[i].indexOf('=');
    if (equals > 0) named.map.set(variables[i].substring(0, equals), Value.input(variables[i].substring(equals + 1)));
  }
  runProgram();
  closeAll();
  flush();
  return outputError() || (inputFailed && !exitStatus) ? 2 : exitStatus;
}

function programFile(name: string): string | null {
  const descriptor = name == '-' ? 0 : openFile(name, O_RDONLY);
  if (descriptor < 0) {
    say("awk: can't open file " + name + ': ' + errorText(-descriptor) + '\n');
    return null;
  }
  const text = readAll(descriptor);
  if (descriptor) calls.close(descriptor);
  return text;
}
