// SPDX-License-Identifier: MIT
/**
 * @fileoverview Lists of access for commands: reading and setting them by acl(2), and as text. Text is one entry after the other with commas between, each WHO:PERMISSIONS
 * [:INHERITANCE]:TYPE; permissions and inheritance are words with slashes between, or letters (acl(7) of illumos; forms of text as its libsec has them).
 */
import {
  Ace,
  ACE_ALLOW,
  ACE_APPEND_DATA,
  ACE_ALL_PERMISSIONS,
  ACE_DELETE,
  ACE_DELETE_CHILD,
  ACE_DIRECTORY_INHERIT,
  ACE_EVERYONE,
  ACE_EXECUTE,
  ACE_FAILED_ACCESS,
  ACE_FILE_INHERIT,
  ACE_GROUP,
  ACE_INHERIT_ONLY,
  ACE_INHERITED,
  ACE_NO_PROPAGATE,
  ACE_OWNER,
  ACE_OWNING_GROUP,
  ACE_READ_ACL,
  ACE_READ_ATTRIBUTES,
  ACE_READ_DATA,
  ACE_READ_NAMED_ATTRS,
  ACE_SUCCESSFUL_ACCESS,
  ACE_SYNCHRONIZE,
  ACE_WRITE_ACL,
  ACE_WRITE_ATTRIBUTES,
  ACE_WRITE_DATA,
  ACE_WRITE_NAMED_ATTRS,
  ACE_WRITE_OWNER,
  isTrivial,
  MOST_ACES,
} from '../fs/acl';
import * as calls from './calls';
import { pathOf } from './text';
import { groupName, groupNumber, userName, userNumber } from './users';

const ACE_GETACL: i32 = 4;
const ACE_SETACL: i32 = 5;
const ENTRY: usize = 12;

/** Why {@link readAcl} gave null: a negative errno. */
export let aclError: i64 = 0;

/** A file's list; null: see {@link aclError}. */
export function readAcl(path: string): Ace[] | null {
  const buffer = new StaticArray<u8>(MOST_ACES * <i32>ENTRY);
  const at = changetype<usize>(buffer);
  const count = calls.acl(pathOf(path), ACE_GETACL, MOST_ACES, at);
  aclError = count;
  if (count < 0) return null;
  const aces: Ace[] = [];
  for (let i: usize = 0; i < <usize>count; i++) {
    const entry = at + i * ENTRY;
    aces.push(new Ace(load<u16>(entry, 10), load<u16>(entry, 8), load<u32>(entry, 4), load<u32>(entry)));
  }
  return aces;
}

/** 0, or a negative errno. */
export function writeAcl(path: string, aces: Ace[]): i64 {
  const buffer = new StaticArray<u8>(aces.length * <i32>ENTRY);
  const at = changetype<usize>(buffer);
  for (let i = 0; i < aces.length; i++) {
    const entry = at + <usize>i * ENTRY;
    store<u32>(entry, aces[i].who);
    store<u32>(entry, aces[i].mask, 4);
    store<u16>(entry, <u16>aces[i].flags, 8);
    store<u16>(entry, <u16>aces[i].type, 10);
  }
  return calls.acl(pathOf(path), ACE_SETACL, aces.length, at);
}

/** Does a file's list say more than its mode? */
export function hasAcl(path: string): bool {
  const aces = readAcl(path);
  return aces != null && !isTrivial(aces);
}

// ---- as text

/** Permissions in the order of their letters. */
const LETTERS: string = 'rwxpdDaARWcCos';
const MASKS: u32[] = [
  ACE_READ_DATA,
  ACE_WRITE_DATA,
  ACE_EXECUTE,
  ACE_APPEND_DATA,
  ACE_DELETE,
  ACE_DELETE_CHILD,
  ACE_READ_ATTRIBUTES,
  ACE_WRITE_ATTRIBUTES,
  ACE_READ_NAMED_ATTRS,
  ACE_WRITE_NAMED_ATTRS,
  ACE_READ_ACL,
  ACE_WRITE_ACL,
  ACE_WRITE_OWNER,
  ACE_SYNCHRONIZE,
];
const FLAG_LETTERS: string = 'fdinSFI';
const FLAGS: u32[] = [
  ACE_FILE_INHERIT,
  ACE_DIRECTORY_INHERIT,
  ACE_INHERIT_ONLY,
  ACE_NO_PROPAGATE,
  ACE_SUCCESSFUL_ACCESS,
  ACE_FAILED_ACCESS,
  ACE_INHERITED,
];
/** Words, in the order in which they are shown. */
const WORDS: string[] = [
  'read_data',
  'write_data',
  'append_data',
  'read_xattr',
  'write_xattr',
  'execute',
  'delete_child',
  'read_attributes',
  'write_attributes',
  'delete',
  'read_acl',
  'write_acl',
  'write_owner',
  'synchronize',
];
const WORD_MASKS: u32[] = [
  ACE_READ_DATA,
  ACE_WRITE_DATA,
  ACE_APPEND_DATA,
  ACE_READ_NAMED_ATTRS,
  ACE_WRITE_NAMED_ATTRS,
  ACE_EXECUTE,
  ACE_DELETE_CHILD,
  ACE_READ_ATTRIBUTES,
  ACE_WRITE_ATTRIBUTES,
  ACE_DELETE,
  ACE_READ_ACL,
  ACE_WRITE_ACL,
  ACE_WRITE_OWNER,
  ACE_SYNCHRONIZE,
];
/** What the first three are called of directories, in front of what they are called of files. */
const DIRECTORY_WORDS: string[] = ['list_directory', 'add_file', 'add_subdirectory'];
const FLAG_WORDS: string[] = [
  'file_inherit',
  'dir_inherit',
  'no_propagate',
  'inherit_only',
  'successful_access',
  'failed_access',
  'inherited',
];
const FLAG_WORD_MASKS: u32[] = [
  ACE_FILE_INHERIT,
  ACE_DIRECTORY_INHERIT,
  ACE_NO_PROPAGATE,
  ACE_INHERIT_ONLY,
  ACE_SUCCESSFUL_ACCESS,
  ACE_FAILED_ACCESS,
  ACE_INHERITED,
];
const TYPES: string[] = ['allow', 'deny', 'audit', 'alarm'];
/** Words for several permissions. */
const SETS: string[] = ['full_set', 'modify_set', 'read_set', 'write_set'];
const SET_MASKS: u32[] = [
  ACE_ALL_PERMISSIONS,
  ACE_ALL_PERMISSIONS & ~(ACE_WRITE_ACL | ACE_WRITE_OWNER),
  ACE_READ_DATA | ACE_READ_ACL | ACE_READ_ATTRIBUTES | ACE_READ_NAMED_ATTRS,
  ACE_WRITE_DATA | ACE_APPEND_DATA | ACE_WRITE_ATTRIBUTES | ACE_WRITE_NAMED_ATTRS,
];

/** With a colon behind it. */
function whoText(ace: Ace): string {
  const about = ace.about;
  if (about == ACE_OWNER) return 'owner@:';
  if (about == ACE_OWNING_GROUP) return 'group@:';
  if (about == ACE_EVERYONE) return 'everyone@:';
  return about == ACE_GROUP ? 'group:' + groupName(ace.who) + ':' : 'user:' + userName(ace.who) + ':';
}

function lettersOf(value: u32, masks: u32[], letters: string): string {
  let text = '';
  for (let i = 0; i < masks.length; i++) text += value & masks[i] ? letters.charAt(i) : '-';
  return text;
}
function wordsOf(value: u32, masks: u32[], words: string[], directory: bool): string {
  let text = '';
  for (let i = 0; i < masks.length; i++) {
    if (!(value & masks[i])) continue;
    if (text.length) text += '/';
    if (directory && i < DIRECTORY_WORDS.length) text += DIRECTORY_WORDS[i] + '/';
    text += words[i];
  }
  return text;
}

/** An entry as ls -V has it. */
export function compactAce(ace: Ace): string {
  const rights = lettersOf(ace.mask, MASKS, LETTERS) + ':' + lettersOf(ace.flags, FLAGS, FLAG_LETTERS);
  return '    ' + whoText(ace).padStart(20, ' ') + rights + ':' + TYPES[ace.type & 3];
}

/** The lines of an entry as ls -v has them, for a terminal so wide. */
export function verboseAce(ace: Ace, number: i32, isDirectory: bool, columns: i32): string[] {
  const inherited = wordsOf(ace.flags, FLAG_WORD_MASKS, FLAG_WORDS, false);
  // What only files get is called by their words.
  const forDirectory = isDirectory && ace.flags != ACE_FILE_INHERIT;
  let text = whoText(ace) + wordsOf(ace.mask, WORD_MASKS, WORDS, forDirectory) + ':';
  if (inherited.length) text += inherited + ':';
  text += TYPES[ace.type & 3];
  const lines: string[] = [];
  let front = '     ' + number.toString() + ':';
  let room = columns - 5 - 4;
  // Lines end before a slash or colon.
  while (text.length > room) {
    let split = room - 1;
    while (split > 0 && text.charAt(split) != '/' && text.charAt(split) != ':') split--;
    if (!split) break;
    lines.push(front + text.substring(0, split));
    text = text.substring(split);
    front = '         ';
    room = columns - 5 - 8;
  }
  lines.push(front + text);
  return lines;
}

// ---- from text

/** Why {@link parseAcl} gave null. */
export let parseError: string = '';
function wrong(why: string): Ace | null {
  parseError = why;
  return null;
}

/** A list; null: see {@link parseError}. */
export function parseAcl(text: string): Ace[] | null {
  const words = text.split(',');
  const aces: Ace[] = [];
  for (let i = 0; i < words.length; i++) {
    const ace = parseAce(words[i]);
    if (!ace) return null;
    aces.push(ace);
  }
  return aces;
}

function parseAce(text: string): Ace | null {
  const parts = text.split(':');
  let at = 1;
  let flags: u32 = 0;
  let who: i64 = <i64>u32.MAX_VALUE;
  if (parts[0] == 'owner@') flags = ACE_OWNER;
  else if (parts[0] == 'group@') flags = ACE_OWNING_GROUP;
  else if (parts[0] == 'everyone@') flags = ACE_EVERYONE;
  else if (parts[0] == 'user' || parts[0] == 'group') {
    const isGroup = parts[0] == 'group';
    if (parts.length < 2) return wrong("Missing user/group name in entry type '" + parts[0] + "'");
    flags = isGroup ? ACE_GROUP : 0;
    who = isGroup ? groupNumber(parts[1]) : userNumber(parts[1]);
    if (who < 0) return wrong('Invalid ' + parts[0] + ' ' + parts[1] + ' specified');
    at = 2;
  } else return wrong("Unrecognized entry type '" + parts[0] + "' specified");
  if (parts.length - at < 2 || parts.length - at > 3) return wrong("Missing fields in ACL specification '" + text + "'");
  const mask = parseRights(parts[at]);
  if (mask < 0) return wrong("Invalid permission(s) '" + parts[at] + "' specified");
  if (parts.length - at == 3) {
    const inherited = parseWords(parts[at + 1], FLAG_WORDS, FLAG_WORD_MASKS, FLAGS, FLAG_LETTERS);
    if (inherited < 0) return wrong("Invalid inheritance flags '" + parts[at + 1] + "' specified");
    flags |= <u32>inherited;
  }
  const type = TYPES.indexOf(parts[parts.length - 1]);
  if (type < ACE_ALLOW) return wrong("Invalid access type '" + parts[parts.length - 1] + "' specified");
  return new Ace(type, flags, <u32>mask, <u32>who);
}

function parseRights(text: string): i64 {
  let known: u32 = 0;
  let rest = '';
  const words = text.split('/');
  for (let i = 0; i < words.length; i++) {
    const set = SETS.indexOf(words[i]);
    const directory = DIRECTORY_WORDS.indexOf(words[i]);
    if (set >= 0) known |= SET_MASKS[set];
    else if (directory >= 0) known |= WORD_MASKS[directory];
    else rest += (rest.length ? '/' : '') + words[i];
  }
  if (!rest.length) return known;
  const others = parseWords(rest, WORDS, WORD_MASKS, MASKS, LETTERS);
  return others < 0 ? others : others | <i64>known;
}

/** Words with slashes between, or letters, also with dashes for those that are missing; -1: neither. */
function parseWords(text: string, words: string[], masks: u32[], letterMasks: u32[], letters: string): i64 {
  let value: i64 = 0;
  const parts = text.split('/');
  let all = true;
  for (let i = 0; i < parts.length && all; i++) {
    const at = words.indexOf(parts[i]);
    if (at < 0) all = false;
    else value |= masks[at];
  }
  if (all) return value;
  value = 0;
  for (let i = 0; i < text.length; i++) {
    if (text.charAt(i) == '-') continue;
    const at = letters.indexOf(text.charAt(i));
    if (at < 0) return -1;
    value |= letterMasks[at];
  }
  return value;
}
