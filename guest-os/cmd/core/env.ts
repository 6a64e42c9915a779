// SPDX-License-Identifier: MIT
/** @fileoverview env(1): run a command in a changed environment */
/** @manual
 * DESCRIPTION
 * Without a command it prints the environment that one would have.
 *
 * OPTIONS
 *   -i   begins with nothing
 *   -u name   without this variable
 *   -0   lines end with a zero byte
 *
 * EXIT STATUS
 *   that of the command; 126 if it cannot be run, 127 if it is not found
 */
import { out } from '../../lib/io';
import { Options } from '../../lib/options';
import { environment, runPath } from '../../lib/process';

export const USAGE: string = 'env [-i] [-u name] [name=value ...] [utility [argument ...]]';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'iu:0', ['ignore-environment=i', 'unset=u', 'null=0']);
  let variables = environment();
  let end = '\n';
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'i') variables = [];
    else if (option == '0') end = '\0';
    else variables = without(variables, options.argument);
  }
  if (options.failed) return 125;
  const operands = options.operands();
  if (operands.length && operands[0] == '-') {
    variables = [];
    operands.shift();
  }
  let at = 0;
  for (; at < operands.length && operands[at].indexOf('=') > 0; at++) {
    set(variables, operands[at]);
  }
  if (at < operands.length) return runPath('env', operands.slice(at), variables);
  for (let i = 0; i < variables.length; i++) out(variables[i] + end);
  return 0;
}

/** In the place of an earlier value, or behind all. */
function set(variables: string[], assignment: string): void {
  const name = assignment.substring(0, assignment.indexOf('=') + 1);
  for (let i = 0; i < variables.length; i++) {
    if (!variables[i].startsWith(name)) continue;
    variables[i] = assignment;
    return;
  }
  variables.push(assignment);
}

function without(variables: string[], name: string): string[] {
  const kept: string[] = [];
  for (let i = 0; i < variables.length; i++) if (!variables[i].startsWith(name + '=')) kept.push(variables[i]);
  return kept;
}
