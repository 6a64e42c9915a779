// SPDX-License-Identifier: MIT
/**
 * @fileoverview Where a debugger begins: the names, in the symbols of a dump and of /dev/ksyms, of the lists of processes, threads and zones, of the messages, and of
 * the offsets of fields that mdb(1) reads. Names of lists and figures are illumos's where it has them; `CLASS.FIELD` is an offset.
 *
 * Lists are arrays of the compiler's: `Array.data` is where the address of the elements is, 32-bit offsets in the window, `Array.length` their number. Texts are
 * UTF-16, `String.bytes` before them is their length in bytes.
 */
import { WINDOW } from 'machine/addresses';
import { imageEnd, kernelSpace } from 'machine/stubs';
import { messageBuffer, messageCapacity, messageLength } from 'runtime/console';
import { PANIC_PLACE } from 'runtime/panic';
import { memorySize, memoryUsed } from '../../../zfs/port/memory';
import { Credentials } from '../process/credentials';
import { freeFrames, PAGE, totalFrames } from '../memory/frames';
import { Process } from '../process/process';
import { processList } from '../process/processes';
import { Thread, current } from '../thread/thread';
import { threadList } from '../thread/threads';
import { Zone, zoneList } from '../zone/zone';
import { KERNEL_LOAD, kernelFrames } from './pages';
import { nameData, nameNumber } from './symbols';

const NAMES: StaticArray<string> = [
  'practive',
  'allthreads',
  'zone_active',
  'curthread',
  'msgbuf_count',
  'physmem',
  'freemem',
  'kernelframes',
  'zfsmem',
  'zfsmem_used',
];
const roots: usize = memory.data(80, 8);

/** Once. */
export function nameRoots(): void {
  for (let i = 0; i < NAMES.length; i++) nameData(NAMES[i], roots + ((<usize>i) << 3), 8);
  nameData('msgbuf', messageBuffer(), messageCapacity());
  nameData('panicbuf', PANIC_PLACE, 16);
  nameNumber('kernel_window', WINDOW);
  nameNumber('kernel_tables', kernelSpace());
  nameNumber('kernel_image_pages', (imageEnd() - KERNEL_LOAD) / PAGE);
  nameNumber('Array.data', 4);
  nameNumber('Array.length', 12);
  nameNumber('String.bytes', 4);
  nameNumber('Process.state', offsetof<Process>('state'));
  nameNumber('Process.parent', offsetof<Process>('parent'));
  nameNumber('Process.pid', offsetof<Process>('pid'));
  nameNumber('Process.group', offsetof<Process>('group'));
  nameNumber('Process.session', offsetof<Process>('session'));
  nameNumber('Process.credentials', offsetof<Process>('credentials'));
  nameNumber('Process.name', offsetof<Process>('name'));
  nameNumber('Process.psargs', offsetof<Process>('psargs'));
  nameNumber('Process.threads', offsetof<Process>('threads'));
  nameNumber('Credentials.uid', offsetof<Credentials>('uid'));
  nameNumber('Credentials.zoneid', offsetof<Credentials>('zoneid'));
  nameNumber('Thread.name', offsetof<Thread>('name'));
  nameNumber('Thread.state', offsetof<Thread>('state'));
  nameNumber('Thread.priority', offsetof<Thread>('priority'));
  nameNumber('Thread.process', offsetof<Thread>('process'));
  nameNumber('Thread.stackPointer', offsetof<Thread>('stackPointer'));
  nameNumber('Zone.id', offsetof<Zone>('id'));
  nameNumber('Zone.name', offsetof<Zone>('name'));
  nameNumber('Zone.status', offsetof<Zone>('status'));
  nameNumber('Zone.rootPath', offsetof<Zone>('rootPath'));
}

/** What the names stand for now. Nothing is allocated. */
export function storeRoots(): void {
  store<u64>(roots, WINDOW + changetype<usize>(processList()));
  store<u64>(roots, WINDOW + changetype<usize>(threadList()), 8);
  store<u64>(roots, WINDOW + changetype<usize>(zoneList()), 16);
  store<u64>(roots, WINDOW + changetype<usize>(current()), 24);
  store<u64>(roots, messageLength(), 32);
  store<u64>(roots, totalFrames(), 40);
  store<u64>(roots, freeFrames(), 48);
  store<u64>(roots, kernelFrames(), 56);
  store<u64>(roots, memorySize(), 64);
  store<u64>(roots, memoryUsed(), 72);
}
