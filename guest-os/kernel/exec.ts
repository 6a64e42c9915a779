// SPDX-License-Identifier: MIT
/**
 * @fileoverview exec: from a file to a running image.
 *
 * The file is a static ELF64 executable (System V ABI, chapters 4 and 5), or a script whose first line `#!INTERPRETER [ARGUMENT]` names
 * one. Segments are mapped from the file, nothing is read before it is touched. The new address space is made beside the old one: until
 * it is complete, a failure leaves the process as it was. Then arguments and environment are copied to the new stack, as the AMD64
 * supplement lays it out (section 3.4.1): argc, pointers, environment, auxiliary vector, strings.
 */
import { Elf64Header, Elf64Note, Elf64ProgramHeader } from 'layout/elf';
import { TrapFrame } from 'layout/processor';
import { USER_END, USER_STACK_TOP } from 'machine/addresses';
import { address } from 'machine/mem';
import { Walk } from '../fs/lookup';
import { S_IFREG, Vnode } from '../fs/vnode';
import { AddressSpace, BREAK_LIMIT, PROT_EXEC, PROT_READ, PROT_WRITE, Segment } from './addressSpace';
import { E2BIG, EACCES, ENOEXEC, ENOMEM, failure, setError } from './errno';
import { PAGE } from './frames';
import { frameOf, OPEN_MAX, Process } from './process';
import { SIG_DFL, SIG_IGN, NSIG } from './signal';
import { loadSpace } from './thread';
import { copyOut, put64, storeText, textOf } from './user';

const LOAD: u32 = 1;
const INTERPRETER: u32 = 3;
const NOTE: u32 = 4;
const EXECUTABLE: u16 = 2;
const X86_64: u16 = 62;
const ELF_MAGIC: u32 = 0x464c457f;
const FLAG_EXECUTE: u32 = 1;
const FLAG_WRITE: u32 = 2;
/** Headers must lie in the file's first page. */
const HEADERS: usize = 4096;
const STACK_SIZE: u64 = 0x100000;
/** Bytes of arguments and environment with their pointers; a quarter of the stack. */
export const ARG_MAX: i32 = 0x40000;
const AT_PAGESZ: u64 = 6;
const USER_CODE: u64 = 0x2b;
const USER_DATA: u64 = 0x23;
const USER_FLAGS: u64 = 0x202;

/** An ELF note's header, its name "Diorama" with the zero, an address. */
const NOTE_SIZE: u64 = 28;
const headers = memory.data(4096, 16);
const scratch = memory.data(1024, 8);

/** What an image asks of its process. */
class Image {
  entry: u64 = 0;
  tables: u64 = 0;
  end: u64 = 0;
}

/** Executes the file at a path. Returns only if that fails: a negative errno. On success the trap frame is the new program's. */
export function exec(process: Process, path: string, args: string[], environment: string[]): i32 {
  const walk = new Walk(process.root!, process.credentials);
  let vnode = walk.find(process.directory!, path, true);
  if (!vnode) return setError(failure);
  let words = args;
  let name = baseName(path);
  let error = readHeaders(process, vnode);
  if (!error && load<u16>(headers) == 0x2123) {
    // "#!": the interpreter gets the script's path for the first argument.
    words = scriptArguments(path, args);
    vnode.release();
    if (!words.length) return setError(ENOEXEC);
    vnode = walk.find(process.directory!, words[0], true);
    if (!vnode) return setError(failure);
    error = readHeaders(process, vnode);
  }
  if (!error) error = replace(process, vnode, words, environment);
  vnode.release();
  if (error) return error;
  process.name = name.substring(0, 15);
  process.psargs = words.join(' ').substring(0, 79);
  return 0;
}

function baseName(path: string): string {
  return path.substring(path.lastIndexOf('/') + 1);
}

/** The beginning of the file, if it may be executed. */
function readHeaders(process: Process, vnode: Vnode): i32 {
  const attributes = vnode.attributes();
  if (vnode.type != S_IFREG) return setError(EACCES);
  if (!process.credentials.permits(attributes.mode, attributes.uid, attributes.gid, 1)) return setError(EACCES);
  memory.fill(headers, 0, HEADERS);
  const count = vnode.read(0, address(headers), HEADERS, false);
  return count < 4 ? setError(ENOEXEC) : 0;
}

/** Interpreter, its argument if there is one, the script's path, the script's arguments. Empty: no interpreter. */
function scriptArguments(path: string, args: string[]): string[] {
  let end: i32 = 2;
  while (end < 1024 && load<u8>(headers + end) != 0x0a && load<u8>(headers + end)) end++;
  const line = textOf(headers + 2, end - 2).trim();
  const words: string[] = [];
  if (!line.length) return words;
  const space = line.indexOf(' ');
  words.push(space < 0 ? line : line.substring(0, space));
  if (space > 0) words.push(line.substring(space + 1).trim());
  words.push(path);
  for (let i = 1; i < args.length; i++) words.push(args[i]);
  return words;
}

function replace(process: Process, vnode: Vnode, args: string[], environment: string[]): i32 {
  let size = (args.length + environment.length) * 8;
  for (let i = 0; i < args.length; i++) size += args[i].length + 1;
  for (let i = 0; i < environment.length; i++) size += environment[i].length + 1;
  if (size > ARG_MAX) return setError(E2BIG);
  const space = AddressSpace.create();
  if (!space) return setError(ENOMEM);
  const image = new Image();
  const error = mapImage(space, vnode, image);
  if (error) {
    space.destroy();
    return error;
  }
  space.breakStart = (image.end + PAGE - 1) & ~(<u64>PAGE - 1);
  space.breakEnd = space.breakStart;
  space.add(new Segment(USER_STACK_TOP - STACK_SIZE, USER_STACK_TOP, PROT_READ | PROT_WRITE));

  const old = process.space;
  process.space = space;
  loadSpace(process);
  const stack = buildStack(args, environment);
  if (!stack) {
    process.space = old;
    loadSpace(process);
    space.destroy();
    return setError(ENOMEM);
  }
  if (old) old.destroy();
  process.tables = image.tables;
  for (let i = 0; i < OPEN_MAX; i++) if (process.files[i] && process.closeOnExec[i]) process.close(i);
  for (let i = 0; i < NSIG; i++) {
    const disposition = process.dispositions[i];
    if (disposition.handler != SIG_IGN) disposition.handler = SIG_DFL;
    disposition.mask = 0;
    disposition.flags = 0;
  }
  const frame = frameOf(process.thread!);
  memory.fill(frame.pointer, 0, TrapFrame.SIZE);
  frame.rip = image.entry;
  frame.cs = USER_CODE;
  frame.ss = USER_DATA;
  frame.rflags = USER_FLAGS;
  frame.rsp = stack;
  return 0;
}

function mapImage(space: AddressSpace, vnode: Vnode, image: Image): i32 {
  const header = changetype<Elf64Header>(headers);
  if (load<u32>(headers) != ELF_MAGIC || header.type != EXECUTABLE || header.machine != X86_64) return setError(ENOEXEC);
  if (<usize>header.phentsize != Elf64ProgramHeader.SIZE || header.phoff > HEADERS) return setError(ENOEXEC);
  if (<u64>header.phnum * Elf64ProgramHeader.SIZE > HEADERS - header.phoff) return setError(ENOEXEC);
  const fileSize = vnode.attributes().size;
  image.entry = header.entry;
  for (let i: usize = 0; i < header.phnum; i++) {
    const segment = changetype<Elf64ProgramHeader>(headers + <usize>header.phoff + i * Elf64ProgramHeader.SIZE);
    if (segment.type == INTERPRETER) return setError(ENOEXEC);
    if (segment.offset > fileSize || segment.filesz > fileSize - segment.offset) return setError(ENOEXEC);
    if (segment.type == NOTE && !image.tables) image.tables = tablesIn(vnode, segment);
    if (segment.type != LOAD || !segment.memsz) continue;
    if (!mapSegment(space, vnode, segment)) return setError(ENOEXEC);
    const end = segment.vaddr + segment.memsz;
    if (end <= BREAK_LIMIT) image.end = max(image.end, end);
  }
  return image.end ? 0 : setError(ENOEXEC);
}

function mapSegment(space: AddressSpace, vnode: Vnode, segment: Elf64ProgramHeader): bool {
  const mask = <u64>PAGE - 1;
  if (segment.memsz < segment.filesz || segment.vaddr < PAGE || segment.vaddr >= USER_END) return false;
  if (segment.memsz > USER_END - segment.vaddr || (segment.vaddr ^ segment.offset) & mask) return false;
  const start = segment.vaddr & ~mask;
  const end = (segment.vaddr + segment.memsz + mask) & ~mask;
  let prot = PROT_READ;
  if (segment.flags & FLAG_WRITE) prot |= PROT_WRITE;
  if (segment.flags & FLAG_EXECUTE) prot |= PROT_EXEC;
  let at: Segment | null = space.first;
  while (at) {
    if (at.start < end && at.end > start) return false;
    at = at.next;
  }
  const mapping = new Segment(start, end, prot);
  if (segment.filesz) {
    vnode.hold();
    mapping.vnode = vnode;
    mapping.offset = segment.offset & ~mask;
    mapping.fileEnd = segment.vaddr + segment.filesz;
  }
  space.add(mapping);
  return true;
}

/** The descriptor of the note that our images carry: name "Diorama", type 1 (layout/image). 0: another one's image. */
function tablesIn(vnode: Vnode, segment: Elf64ProgramHeader): u64 {
  if (segment.filesz < NOTE_SIZE) return 0;
  if (vnode.read(segment.offset, address(scratch), NOTE_SIZE, false) < <i64>NOTE_SIZE) return 0;
  const note = changetype<Elf64Note>(scratch);
  // "Diorama\0" as one little-endian word.
  if (note.namesz != 8 || note.descsz != 8 || note.type != 1 || load<u64>(scratch + Elf64Note.SIZE) != 0x00616d61726f6944)
    return 0;
  return load<u64>(scratch + Elf64Note.SIZE + 8);
}

/** The stack pointer that the program begins with, 0 if memory ran out. The new space is loaded. */
function buildStack(args: string[], environment: string[]): u64 {
  let strings = USER_STACK_TOP;
  for (let i = 0; i < args.length; i++) strings -= <u64>args[i].length + 1;
  for (let i = 0; i < environment.length; i++) strings -= <u64>environment[i].length + 1;
  // argc, both lists with their nulls, two pairs of the auxiliary vector.
  const words = 1 + args.length + 1 + environment.length + 1 + 4;
  const stack = (strings - ((<u64>words) << 3)) & ~15;
  let at = stack;
  let failed = put64(at, args.length);
  at += 8;
  for (let list = 0; list < 2; list++) {
    const texts = list ? environment : args;
    for (let i = 0; i < texts.length; i++) {
      failed |= put64(at, strings) | putString(strings, texts[i]);
      strings += <u64>texts[i].length + 1;
      at += 8;
    }
    failed |= put64(at, 0);
    at += 8;
  }
  failed |= put64(at, AT_PAGESZ) | put64(at + 8, PAGE) | put64(at + 16, 0) | put64(at + 24, 0);
  return failed ? 0 : stack;
}

function putString(to: u64, text: string): i32 {
  for (let done = 0; done < text.length; done += 1024) {
    const part = text.substring(done, done + 1024);
    storeText(scratch, part);
    const error = copyOut(to + done, scratch, part.length);
    if (error) return error;
  }
  store<u8>(scratch, 0);
  return copyOut(to + text.length, scratch, 1);
}
