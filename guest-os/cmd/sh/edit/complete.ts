// SPDX-License-Identifier: MIT
/** @fileoverview Completion of the word before the cursor: commands, variables, users, service names, files. */
import { users } from '../../../lib/accounts';
import { namesIn, sortNames, status } from '../../../lib/files';
import { ask } from '../../../lib/smf/door';
import { readRepository, Repository } from '../../../lib/smf/repository';
import * as calls from '../../../lib/calls';
import { pathOf } from '../../../lib/text';
import { commandNames } from '../builtins/builtins';
import { aliases, functions } from '../state';
import { get, names as variableNames } from '../variables/variables';

export class Completion {
  /** Full words that are possible, sorted; and how each is shown. */
  readonly names: string[] = [];
  private readonly labels: string[] = [];
  constructor(
    /** What is there already, and in which quotes. */
    private readonly word: string,
    private readonly quote: string,
  ) {}

  add(name: string, label: string): void {
    if (this.names.includes(name)) return;
    this.names.push(name);
    this.labels.push(label);
  }
  label(i: i32): string {
    return this.labels[i];
  }

  /** What can be added without a choice: all of the one, or what all have in common. */
  insertion(): string {
    let common = this.names[0];
    for (let i = 1; i < this.names.length; i++) {
      const name = this.names[i];
      let length = 0;
      while (length < min(common.length, name.length) && common.charCodeAt(length) == name.charCodeAt(length)) length++;
      common = common.substring(0, length);
    }
    let text = common.substring(this.word.length);
    if (!this.quote.length) text = escape(text);
    if (this.names.length > 1 || common.endsWith('/')) return text;
    return text + this.quote + ' ';
  }
}

function escape(text: string): string {
  let result = '';
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    result += ' \t\\\'"$`&|;<>()*?[#~!'.includes(c) ? '\\' + c : c;
  }
  return result;
}

/** Words before the one at the end, and that word without its quotes. */
class Words {
  readonly before: string[] = [];
  word: string = '';
  quote: string = '';
  constructor(text: string) {
    let begun = false;
    for (let i = 0; i < text.length; i++) {
      const c = text.charAt(i);
      if (this.quote.length) {
        if (c == this.quote) this.quote = '';
        else this.word += c;
        continue;
      }
      if (c == '\\' && i + 1 < text.length) this.word += text.charAt(++i);
      else if (c == "'" || c == '"') this.quote = c;
      else if (' \t|&;()<>`'.includes(c)) {
        if (begun) this.before.push(this.word);
        // A new command begins, or a file is named.
        if ('|&;(`'.includes(c)) this.before.length = 0;
        if (c == '<' || c == '>') this.before.push(c);
        this.word = '';
        begun = false;
        continue;
      } else this.word += c;
      begun = true;
    }
  }
}

const LEADING: string[] = ['if', 'then', 'else', 'elif', 'while', 'until', 'do', '!', '{', 'exec', 'command', 'time'];
const SERVICES: string[] = ['svcs', 'svcadm', 'svcprop', 'svccfg'];

export function complete(text: string): Completion {
  const words = new Words(text);
  const word = words.word;
  const completion = new Completion(word, words.quote);
  const before = words.before;
  let first = 0;
  while (first < before.length && (LEADING.includes(before[first]) || before[first].includes('='))) first++;
  const dollar = word.lastIndexOf('$');
  if (dollar >= 0 && !words.quote.includes("'")) variables(word, dollar, completion);
  else if (word.startsWith('~') && !word.includes('/')) homes(word, completion);
  else if (first == before.length && !word.includes('/')) commands(word, completion);
  else {
    if (first < before.length && SERVICES.includes(before[first])) services(word, completion);
    const command = first < before.length ? before[first] : '';
    if (command == 'man' || command == 'type' || command == 'which') commands(word, completion);
    if (!completion.names.length) files(word, command == 'cd' || command == 'rmdir', completion);
  }
  return completion;
}

function variables(word: string, dollar: i32, completion: Completion): void {
  const braces = word.charAt(dollar + 1) == '{';
  const start = word.substring(dollar + (braces ? 2 : 1));
  const all = variableNames();
  sortNames(all);
  for (let i = 0; i < all.length; i++)
    if (all[i].startsWith(start))
      completion.add(word.substring(0, dollar) + (braces ? '${' : '$') + all[i] + (braces ? '}' : ''), all[i]);
}

function homes(word: string, completion: Completion): void {
  const all = users();
  for (let i = 0; i < all.length; i++)
    if (('~' + all[i].name).startsWith(word)) completion.add('~' + all[i].name + '/', '~' + all[i].name);
}

function commands(word: string, completion: Completion): void {
  const found = commandNames().concat(functions.keys()).concat(aliases.keys());
  const path = get('PATH').split(':');
  for (let i = 0; i < path.length; i++) {
    const list = namesIn(path[i]);
    if (!list) continue;
    for (let k = 0; k < list.length; k++)
      if (list[k].startsWith(word) && !list[k].startsWith('.') && calls.access(pathOf(path[i] + '/' + list[k]), 1) >= 0)
        found.push(list[k]);
  }
  sortNames(found);
  for (let i = 0; i < found.length; i++) if (found[i].startsWith(word)) completion.add(found[i], found[i]);
}

/** Names of instances, as short as svcs(1) takes them. */
function services(word: string, completion: Completion): void {
  if (word.startsWith('-')) return;
  const text = ask('get\n');
  if (text == null) return;
  const repository = new Repository();
  readRepository(text, repository);
  const instances = repository.instances();
  const found: string[] = [];
  for (let i = 0; i < instances.length; i++) {
    const fmri = instances[i].fmri;
    const name = instances[i].service.name;
    const short = name.substring(name.lastIndexOf('/') + 1);
    if (fmri.startsWith(word) && word.length) found.push(fmri);
    else if (name.startsWith(word) && word.includes('/')) found.push(name);
    else if (short.startsWith(word)) found.push(short);
  }
  sortNames(found);
  for (let i = 0; i < found.length; i++) completion.add(found[i], found[i]);
}

function files(word: string, onlyDirectories: bool, completion: Completion): void {
  const slash = word.lastIndexOf('/');
  const directory = word.substring(0, slash + 1);
  const start = word.substring(slash + 1);
  let place = directory.length ? directory : '.';
  if (place.startsWith('~/')) place = get('HOME') + place.substring(1);
  const list = namesIn(place);
  if (!list) return;
  sortNames(list);
  for (let i = 0; i < list.length; i++) {
    const name = list[i];
    if (!name.startsWith(start) || name == '.' || name == '..' || (name.startsWith('.') && !start.length)) continue;
    const file = status(place + '/' + name, true);
    const isDirectory = file != null && file.isDirectory;
    if (onlyDirectories && !isDirectory) continue;
    completion.add(directory + name + (isDirectory ? '/' : ''), name + (isDirectory ? '/' : ''));
  }
}
