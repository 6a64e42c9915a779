// SPDX-License-Identifier: MIT
/** @fileoverview getopts (POSIX.1-2017, XCU): options of the positional parameters, one with each call. */
import { say } from '../../../lib/io';
import { parseNumber } from '../../../lib/text';
import { state } from '../state';
import { get, setVariable, unsetVariable } from '../variables/variables';

/** Letter within a word of several, and the OPTIND that this belongs to. */
let within: i32 = 1;
let lastIndex: i64 = 1;

export function getopts(args: string[]): i32 {
  if (args.length < 3) {
    say(state.prefix + 'getopts: usage: getopts optstring name [arg ...]\n');
    return 2;
  }
  const silent = args[1].startsWith(':');
  const known = silent ? args[1].substring(1) : args[1];
  const name = args[2];
  const list = args.length > 3 ? args.slice(3) : state.parameters;
  let index = max<i64>(parseNumber(get('OPTIND')), 1);
  if (index != lastIndex) within = 1;
  const word = index <= list.length ? list[<i32>index - 1] : '';
  if (within == 1 && (!word.startsWith('-') || word.length < 2 || word == '--')) {
    if (word == '--') index++;
    return finish(name, '?', index, 1);
  }
  const letter = word.charAt(within++);
  const at = letter == ':' ? -1 : known.indexOf(letter);
  const ends = within >= word.length;
  unsetVariable('OPTARG');
  if (at < 0) {
    if (ends) index++;
    if (silent) setVariable('OPTARG', letter);
    else say('Illegal option -' + letter + '\n');
    return finish(name, '?', index, 0, !ends);
  }
  if (known.charAt(at + 1) != ':') {
    if (ends) index++;
    return finish(name, letter, index, 0, !ends);
  }
  index++;
  if (!ends) setVariable('OPTARG', word.substring(within));
  else if (index <= list.length) {
    setVariable('OPTARG', list[<i32>index - 1]);
    index++;
  } else {
    if (silent) setVariable('OPTARG', letter);
    else say('No arg for -' + letter + ' option\n');
    return finish(name, silent ? ':' : '?', index, 0);
  }
  return finish(name, letter, index, 0);
}

function finish(name: string, value: string, index: i64, status: i32, continues: bool = false): i32 {
  if (!continues) within = 1;
  lastIndex = index;
  setVariable('OPTIND', index.toString());
  setVariable(name, value);
  return status;
}
