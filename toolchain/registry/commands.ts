// SPDX-License-Identifier: MIT
/**
 * @fileoverview The commands, from one file each: what it says of itself becomes its place in a program, its names in the boot archive and
 * its manual page.
 *
 * A folder of guest-os/cmd without a `main.ts` is a multi-call program: each file is a command, which the name that the program is called
 * by chooses. Its `main.ts` exists only for the compiler. A folder with a `main.ts`, or a single file, is a program and command of its own.
 * Files that begin with a capital or `_` are shared parts; `svc_startd.ts` is the command `svc.startd`; `test_.ts` is the command `test`, the underscore keeps it apart from words of the
 * language.
 *
 * The record of a command, as guest-os/cmd/core/cat.ts has it:
 * - `@fileoverview NAME(SECTION): SUMMARY`, up to the first empty line. Section 8 belongs to /usr/sbin, others to /usr/bin;
 *   `@path /sbin/NAME` on a line of its own gives one more name.
 * - `export const USAGE: string`, one synopsis a line, for the page and for the program's own complaint;
 * - a comment that begins with `@manual`: the page's text from DESCRIPTION on. Lines in capitals are headings, paragraphs are filled to the
 *   terminal, indented lines stay as they are.
 * - `export function main(args: string[]): i32`, whose result is the exit status.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Command {
  readonly name: string;
  readonly section: string;
  readonly summary: string;
  /** One synopsis each. */
  readonly usage: readonly string[];
  /** Text from DESCRIPTION on. */
  readonly manual: string;
  /** Further absolute names. */
  readonly paths: readonly string[];
  /** The executable that it is part of. */
  readonly program: string;
  /** The module's file without its ending. */
  readonly module: string;
}

const FOLDER = 'guest-os/cmd';

/** The command that a file is, by its name. */
export const commandName = (file: string): string =>
  file === 'bracket.ts' ? '[' : file.replace(/_?\.ts$/, '').replaceAll('_', '.');

/** What a file says of its command. Throws where it says nothing; `usage` may be missing. */
export function parseCommand(file: string, name: string, program: string, text: string): Command {
  const record = /@fileoverview (\S+)\((\w+)\): ([\s\S]*?)\s*(?:\*\/|\n \*\n|\n \* @)/.exec(text);
  if (!record || record[1] !== name) throw new Error(`${file}: no "@fileoverview ${name}(SECTION): …" in its comment`);
  const usage = /export const USAGE: string =\s*((?:'(?:[^'\\\n]|\\.)*'[\s+]*)+);/.exec(text);
  const literals = usage ? [...usage[1].matchAll(/'((?:[^'\\\n]|\\.)*)'/g)].map((match) => match[1]) : [];
  const lines = literals
    .join('')
    .replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter))
    .split('\n');
  const manual = /\/\*\* ?@manual\n([\s\S]*?)\n? *\*\//.exec(text);
  return {
    name,
    section: record[2],
    summary: record[3].replace(/\s*\n \* ?/g, ' ').replace(/\.$/, ''),
    usage: lines.filter((line) => line !== ''),
    manual: manual ? manual[1].replace(/^ \* ?/gm, '') : '',
    paths: [...text.matchAll(/^ \* @path (\/\S+)$/gm)].map((match) => match[1]),
    program,
    module: file.replace(/^.*\/|\.ts$/g, ''),
  };
}

const read = (root: string, file: string): string => readFileSync(join(root, file), 'utf8');

/** Names of the multi-call programs of a tree. */
export function multiCallPrograms(root: string): string[] {
  const folder = join(root, FOLDER);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !existsSync(join(folder, entry.name, 'main.ts')))
    .map(({ name }) => name)
    .sort();
}

export function commandsOf(root: string, program: string): Command[] {
  return readdirSync(join(root, FOLDER, program))
    .filter((file) => /^[a-z][\w-]*\.ts$/.test(file))
    .sort()
    .map((file) => {
      const path = `${FOLDER}/${program}/${file}`;
      return parseCommand(path, commandName(file), program, read(root, path));
    });
}

/** Every command of a tree that has a record. */
export function readCommands(root: string): Command[] {
  const folder = join(root, FOLDER);
  if (!existsSync(folder)) return [];
  const multi = multiCallPrograms(root).flatMap((program) => commandsOf(root, program));
  const single = readdirSync(folder, { withFileTypes: true }).flatMap((entry): Command[] => {
    const name = entry.name.replace(/\.ts$/, '');
    const path = entry.isDirectory() ? `${FOLDER}/${name}/main.ts` : `${FOLDER}/${entry.name}`;
    if (!path.endsWith('.ts') || !existsSync(join(root, path))) return [];
    const text = read(root, path);
    return text.includes(`@fileoverview ${name}(`) ? [parseCommand(path, name, name, text)] : [];
  });
  const commands = [...multi, ...single].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const [index, command] of commands.entries()) {
    const before = commands[index - 1];
    if (before?.name === command.name) throw new Error(`${command.name} is in both ${before.program} and ${command.program}`);
  }
  return commands;
}

/** Absolute names of a command without the leading slash. */
export function commandPaths(command: Command): string[] {
  const usual = `usr/${command.section.startsWith('8') ? 'sbin' : 'bin'}/${command.name}`;
  return [...new Set([usual, ...command.paths.map((path) => path.slice(1))])];
}

/** `main.ts` of a multi-call program. */
export function multiCallMain(commands: readonly Command[]): string {
  return [
    '// Generated from the files of this folder.',
    "import { start } from '../../lib/program';",
    "export { signalArrived } from '../../lib/process';",
    ...commands.map(({ module }, index) => `import { main as main${index} } from './${module}';`),
    '/** Runs a command; -1: there is none of that name. */',
    'function run(name: string, args: string[]): i32 {',
    ...commands.map(({ name }, index) => `  if (name == '${name}') return main${index}(args);`),
    '  return -1;',
    '}',
    'export function main(): i32 { return start(run); }',
    '',
  ].join('\n');
}

/** The page as man(1) reads it: headings at the margin, text below. */
export function manualPage(command: Command): string {
  const { name, section, summary, usage, manual } = command;
  const synopsis = usage.length ? ['', 'SYNOPSIS', ...usage.map((line) => `  ${line}`)] : [];
  return [`${name}(${section})`, '', 'NAME', `${name} - ${summary}`, ...synopsis, ...(manual ? ['', manual] : []), ''].join('\n');
}

/** Where man(1) looks for a page. */
export const manualPath = ({ name, section }: Command): string => `usr/share/man/man${section}/${name}.${section}`;

/** A line for each page, for man -k, apropos and help. */
export function manualIndex(commands: readonly Command[]): string {
  return commands.map(({ name, section, summary }) => `${name}(${section}) - ${summary}\n`).join('');
}
