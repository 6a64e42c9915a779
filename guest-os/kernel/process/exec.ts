// SPDX-License-Identifier: MIT
/**
 * @fileoverview exec: from a file to a running image.
 *
 * The file is an ELF64 executable (System V ABI, chapters 4 and 5), static or with an interpreter that is mapped beside it and entered
 * first, or a script whose first line `#!INTERPRETER [ARGUMENT]` names one. Segments are mapped from the file, nothing is read before it is touched. The new address space is made beside the old one: until
 * it is complete, a failure leaves the process as it was. Then the other threads end, and arguments and environment are copied to the new stack, as the AMD64
 * supplement lays it out (section 3.4.1): argc, pointers, environment, auxiliary vector, strings.
 */
import { Elf64Header, Elf64Note, Elf64ProgramHeader } from 'layout/elf';
import { TrapFrame } from 'layout/processor';
import { USER_END, USER_STACK_TOP } from 'machine/addresses';
import { fxrstor } from 'machine/cpu';
import { address } from 'machine/mem';
import { pathOf, Walk } from '../../fs/lookup';
import { checkAccess, X_OK } from '../../fs/policy';
import { S_IFREG, Vnode } from '../../fs/vnode';
import { AddressSpace, BREAK_LIMIT } from '../memory/addressSpace';
import { PROT_EXEC, PROT_READ, PROT_WRITE, Segment } from '../memory/segment';
import { AuxiliaryVector, Brand, Program } from '../brand/brand';
import { E2BIG, EACCES, EINTR, ENOEXEC, ENOMEM, EPERM, failure, setError } from '../errno';
import { PAGE } from '../memory/frames';
import { becomeOnlyThread, returnSpace } from './life';
import { RLIMIT_DATA, RLIMIT_STACK, RLIMIT_VMEM } from '../limits/limits';
import { PRIV_PROC_EXEC } from './privilege';
import { frameOf } from './processes';
import { Process } from './process';
import { INTERRUPTS_ON, USER_CODE, USER_DATA } from '../signal/registers';
import { current } from '../thread/thread';
import { loadSpace, setThreadPointer } from '../thread/dispatcher';
import { endTrace } from './trace';
import { copyOut, put64, storeText, textOf } from '../memory/user';

const LOAD: u32 = 1;
const INTERPRETER: u32 = 3;
const NOTE: u32 = 4;
const EXECUTABLE: u16 = 2;
const POSITION_INDEPENDENT: u16 = 3;
const FLAG_EXECUTE: u32 = 1;
const FLAG_WRITE: u32 = 2;
/** Headers must lie in the file's first page. */
const HEADERS: usize = 4096;
/** What a stack has beyond arguments and environment before it grows. */
const STACK_SIZE: u64 = 0x10000;
/** Bytes of arguments and environment with their pointers. */
export const ARG_MAX: i32 = 0x40000;
/** Where position-independent programs, and where interpreters are mapped. */
const PROGRAM_BASE: u64 = 0x100000000000;
const INTERPRETER_BASE: u64 = 0x7f8000000000;
const S_ISUID: i32 = 0o4000;
const S_ISGID: i32 = 0o2000;

/** An ELF note's header, its name "Diorama" with the zero, an address. */
const NOTE_SIZE: u64 = 28;
const scratch = memory.data(1024, 8);

/** What an image asks of its process. */
class Image {
  /** The file's first page. Each call has its own: reading may wait for a disk, and others execute something meanwhile. */
  readonly page: StaticArray<u8> = new StaticArray<u8>(<i32>HEADERS);
  entry: u64 = 0;
  tables: u64 = 0;
  end: u64 = 0;
  /** Its program headers in memory, and how many. */
  headers: u64 = 0;
  headerCount: u64 = 0;
  /** Path of the interpreter it asks for, and where that was mapped. */
  interpreter: string = '';
  base: u64 = 0;

  get at(): usize {
    return changetype<usize>(this.page);
  }
}

/** Executes the file at a path. Returns only if that fails: a negative errno. On success the trap frame is the new program's. */
export function exec(process: Process, path: string, args: string[], environment: string[]): i32 {
  if (!process.credentials.has(PRIV_PROC_EXEC)) return setError(EPERM);
  const walk = new Walk(process.root!, process.credentials);
  let vnode = walk.find(process.directory!, path, true);
  if (!vnode) return setError(failure);
  let words = args;
  const name = baseName(path);
  let image = new Image();
  let error = readHeaders(process, vnode, image);
  if (!error && load<u16>(image.at) == 0x2123) {
    // "#!": the interpreter gets the script's path for the first argument.
    words = scriptArguments(image.at, path, args);
    vnode.release();
    if (!words.length) return setError(ENOEXEC);
    vnode = walk.find(process.directory!, words[0], true);
    if (!vnode) return setError(failure);
    image = new Image();
    error = readHeaders(process, vnode, image);
  }
  if (!error) error = replace(process, path, vnode, image, words, environment);
  vnode.release();
  if (error) return error;
  process.name = name.substring(0, 15);
  process.execname = absolute(process, path);
  process.psargs = words.join(' ').substring(0, 79);
  return 0;
}

/** A path from the root; the current directory's part is as it is found. */
function absolute(process: Process, path: string): string {
  if (path.startsWith('/')) return path;
  const directory = pathOf(process.directory!, process.root!);
  return (directory == null || directory == '/' ? '' : directory) + '/' + path;
}

function baseName(path: string): string {
  return path.substring(path.lastIndexOf('/') + 1);
}

/** The beginning of the file, if it may be executed. */
function readHeaders(process: Process, vnode: Vnode, image: Image): i32 {
  if (vnode.type != S_IFREG || checkAccess(vnode, X_OK, process.credentials)) return setError(EACCES);
  const count = vnode.read(0, address(image.at), HEADERS, false);
  return count < 4 ? setError(ENOEXEC) : 0;
}

/** Interpreter, its argument if there is one, the script's path, the script's arguments. Empty: no interpreter. */
function scriptArguments(headers: usize, path: string, args: string[]): string[] {
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

function replace(process: Process, path: string, vnode: Vnode, image: Image, args: string[], environment: string[]): i32 {
  let size = (args.length + environment.length) * 8;
  for (let i = 0; i < args.length; i++) size += args[i].length + 1;
  for (let i = 0; i < environment.length; i++) size += environment[i].length + 1;
  if (size > ARG_MAX) return setError(E2BIG);
  const zone = process.project.zone;
  const brand = zone.brand.executor(image.at);
  if (!brand) return setError(ENOEXEC);
  const space = AddressSpace.create(zone.memory);
  if (!space) return setError(ENOMEM);
  space.sizeLimit = process.limits.soft(RLIMIT_VMEM);
  space.dataLimit = process.limits.soft(RLIMIT_DATA);
  space.stackLimit = process.limits.soft(RLIMIT_STACK);
  let error = mapImage(space, vnode, image, PROGRAM_BASE);
  const inner = new Image();
  if (!error && image.interpreter.length) error = mapInterpreter(process, brand, space, image.interpreter, inner);
  const auxiliary = new AuxiliaryVector();
  brand.auxiliary(new Program(absolute(process, path), image.headers, image.headerCount, image.entry, inner.base), auxiliary);
  size += auxiliary.bytes;
  const stackSize = (<u64>size + STACK_SIZE + PAGE - 1) & ~(<u64>PAGE - 1);
  if (!error) error = space.map(new Segment(USER_STACK_TOP - stackSize, USER_STACK_TOP, PROT_READ | PROT_WRITE));
  if (!error && !becomeOnlyThread()) error = setError(EINTR);
  if (error) {
    space.release();
    return error;
  }
  process.exiter = null;
  space.breakStart = (image.end + PAGE - 1) & ~(<u64>PAGE - 1);
  space.breakEnd = space.breakStart;

  const old = process.space;
  if (old) process.brand.threadLeaves(process, current());
  process.space = space;
  loadSpace(process);
  const stack = buildStack(args, environment, auxiliary);
  if (!stack) {
    process.space = old;
    loadSpace(process);
    space.release();
    return setError(ENOMEM);
  }
  if (old) old.release();
  returnSpace(process);
  becomeNew(process, vnode, image);
  process.brand = brand;
  current().brandData = null;
  process.argumentsAt = stack;
  process.argumentCount = args.length;
  process.environmentAt = stack + ((<u64>args.length + 2) << 3);
  const frame = frameOf(current());
  memory.fill(frame.pointer, 0, TrapFrame.SIZE);
  frame.rip = inner.entry ? inner.entry : image.entry;
  frame.cs = USER_CODE;
  frame.ss = USER_DATA;
  frame.rflags = INTERRUPTS_ON;
  frame.rsp = stack;
  return 0;
}

/** What a process loses, and what it gets, with a new program. */
function becomeNew(process: Process, vnode: Vnode, image: Image): void {
  process.tables = image.tables;
  process.executed = true;
  for (let i = 0; i < process.files.length; i++) if (process.files[i] && process.closeOnExec[i]) process.close(i);
  process.resetDispositions();
  const timers = process.timers;
  if (timers) timers.cancelPosix();
  const thread = current();
  thread.lwpid = 1;
  process.lastLwp = 1;
  process.endedLwps.length = 0;
  thread.altFlags = 2;
  thread.hasOldMask = false;
  setThreadPointer(0);
  thread.resetFpu();
  fxrstor(address(changetype<usize>(thread.fpu)));
  const before = process.executable;
  vnode.hold();
  process.executable = vnode;
  if (before) before.release();
  const attributes = vnode.attributes();
  const credentials = process.credentials.copy();
  if (attributes.mode & S_ISUID) credentials.euid = attributes.uid;
  if (attributes.mode & S_ISGID) credentials.egid = attributes.gid;
  process.executedAs = credentials.euid;
  process.executedSetId = (attributes.mode & (S_ISUID | S_ISGID)) != 0;
  // Who traced must not go on to where it has not its rights.
  if (process.trace && attributes.mode & (S_ISUID | S_ISGID)) endTrace(process);
  process.credentials = credentials.afterExec();
}

function mapInterpreter(process: Process, brand: Brand, space: AddressSpace, path: string, image: Image): i32 {
  const where = brand.interpreter(path);
  const vnode = new Walk(process.root!, process.credentials).find(process.directory!, where, true);
  if (!vnode) return setError(failure);
  let error = readHeaders(process, vnode, image);
  if (!error && brand.executor(image.at) != brand) error = setError(ENOEXEC);
  if (!error) error = mapImage(space, vnode, image, INTERPRETER_BASE);
  vnode.release();
  return error || !image.interpreter.length ? error : setError(ENOEXEC);
}

function mapImage(space: AddressSpace, vnode: Vnode, image: Image, base: u64): i32 {
  const headers = image.at;
  const header = changetype<Elf64Header>(headers);
  if (header.type == POSITION_INDEPENDENT) image.base = base;
  else if (header.type != EXECUTABLE) return setError(ENOEXEC);
  if (<usize>header.phentsize != Elf64ProgramHeader.SIZE || header.phoff > HEADERS) return setError(ENOEXEC);
  if (<u64>header.phnum * Elf64ProgramHeader.SIZE > HEADERS - header.phoff) return setError(ENOEXEC);
  const fileSize = vnode.attributes().size;
  image.entry = header.entry + image.base;
  image.headerCount = header.phnum;
  const phoff = header.phoff;
  for (let i: usize = 0; i < <usize>image.headerCount; i++) {
    const segment = changetype<Elf64ProgramHeader>(headers + <usize>phoff + i * Elf64ProgramHeader.SIZE);
    if (segment.offset > fileSize || segment.filesz > fileSize - segment.offset) return setError(ENOEXEC);
    if (segment.type == INTERPRETER && !interpreterIn(vnode, segment, image)) return setError(ENOEXEC);
    if (segment.type == NOTE && !image.tables) image.tables = tablesIn(vnode, segment);
    if (segment.type != LOAD || !segment.memsz) continue;
    if (segment.vaddr >= USER_END) return setError(ENOEXEC);
    const error = mapSegment(space, vnode, segment, image.base);
    if (error) return error;
    if (phoff >= segment.offset && phoff - segment.offset < segment.filesz)
      image.headers = image.base + segment.vaddr + (phoff - segment.offset);
    const end = segment.vaddr + segment.memsz;
    if (end <= BREAK_LIMIT) image.end = max(image.end, end);
  }
  return space.first ? 0 : setError(ENOEXEC);
}

function interpreterIn(vnode: Vnode, segment: Elf64ProgramHeader, image: Image): bool {
  if (segment.filesz < 2 || segment.filesz > 1023) return false;
  const path = new StaticArray<u8>(<i32>segment.filesz);
  const at = changetype<usize>(path);
  if (vnode.read(segment.offset, address(at), segment.filesz, false) < <i64>segment.filesz) return false;
  image.interpreter = textOf(at, <i32>segment.filesz - 1);
  return true;
}

function mapSegment(space: AddressSpace, vnode: Vnode, segment: Elf64ProgramHeader, base: u64): i32 {
  const mask = <u64>PAGE - 1;
  const from = segment.vaddr + base;
  if (segment.memsz < segment.filesz || from < PAGE || from >= USER_END) return setError(ENOEXEC);
  if (segment.memsz > USER_END - from || (from ^ segment.offset) & mask) return setError(ENOEXEC);
  const start = from & ~mask;
  const end = (from + segment.memsz + mask) & ~mask;
  let prot = PROT_READ;
  if (segment.flags & FLAG_WRITE) prot |= PROT_WRITE;
  if (segment.flags & FLAG_EXECUTE) prot |= PROT_EXEC;
  if (space.lastOverlap(start, end)) return setError(ENOEXEC);
  const mapping = new Segment(start, end, prot);
  mapping.zeroFilled = true;
  const offset = segment.offset & ~mask;
  const fileEnd = segment.filesz ? from + segment.filesz : 0;
  const error = space.map(mapping);
  if (error) return error;
  if (fileEnd) {
    vnode.hold();
    mapping.vnode = vnode;
    mapping.offset = offset;
    mapping.fileEnd = fileEnd;
  }
  return 0;
}

/** The descriptor of the note that our images carry: name "Diorama", type 1 (layout/image). 0: another one's image. */
function tablesIn(vnode: Vnode, segment: Elf64ProgramHeader): u64 {
  if (segment.filesz < NOTE_SIZE) return 0;
  const bytes = new StaticArray<u8>(<i32>NOTE_SIZE);
  const at = changetype<usize>(bytes);
  if (vnode.read(segment.offset, address(at), NOTE_SIZE, false) < <i64>NOTE_SIZE) return 0;
  const note = changetype<Elf64Note>(at);
  // "Diorama\0" as one little-endian word.
  if (note.namesz != 8 || note.descsz != 8 || note.type != 1 || load<u64>(at + Elf64Note.SIZE) != 0x00616d61726f6944) return 0;
  return load<u64>(at + Elf64Note.SIZE + 8);
}

/** The stack pointer that the program begins with, 0 if memory ran out. The new space is loaded. */
function buildStack(args: string[], environment: string[], auxiliary: AuxiliaryVector): u64 {
  let strings = USER_STACK_TOP - auxiliary.bytes;
  for (let i = 0; i < args.length; i++) strings -= <u64>args[i].length + 1;
  for (let i = 0; i < environment.length; i++) strings -= <u64>environment[i].length + 1;
  // argc, both lists with their nulls, the pairs of the auxiliary vector and the one that ends it.
  const pairs = auxiliary.types.length;
  const words = 1 + args.length + 1 + environment.length + 1 + 2 * (pairs + 1);
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
  // The texts follow the environment's.
  for (let i = 0; i < pairs; i++) {
    const text = auxiliary.texts[i];
    failed |= put64(at, auxiliary.types[i]) | put64(at + 8, text == null ? auxiliary.values[i] : strings);
    at += 16;
    if (text == null) continue;
    failed |= putString(strings, text);
    strings += <u64>text.length + 1;
  }
  failed |= put64(at, 0) | put64(at + 8, 0);
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
