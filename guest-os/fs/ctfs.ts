// SPDX-License-Identifier: MIT
/**
 * @fileoverview The contract file system (contract(5)), on /system/contract: how programs make contracts and hear of them.
 *
 *     process/template        each opening is a template: CT_TSET, CT_TGET, CT_TACTIVATE, CT_TCLEAR
 *     process/latest          status of the contract that the caller made last
 *     process/bundle          events of all contracts; pbundle: of those the opener owns
 *     process/ID/ctl          CT_CABANDON, CT_CADOPT
 *     process/ID/status       CT_SSTATUS
 *     process/ID/events       events of this one
 *
 * Everything is an ioctl (<sys/ctfs.h>). CT_ERECV waits for an event; poll(2) tells whether there is one. An event's buffer gets two 32-bit words, pid
 * and status, where illumos packs a name-value list; of statuses there is the common part.
 */
import { wallTime } from '../kernel/time/clock';
import {
  abandon,
  adopt,
  Contract,
  ContractEvent,
  contractList,
  CT_PR_ALLEVENT,
  CT_PR_ALLPARAM,
  findContract,
  Listener,
  Template,
} from '../kernel/process/contract';
import { EFAULT, EINVAL, ENOENT, failure, setError, setFailure } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { Process } from '../kernel/process/process';
import { copyIn, copyOut, fetch64, fetched, put64 } from '../kernel/memory/user';
import { FileSystemType } from './mount';
import { POLL_READ, Poller } from './poll';
import { Attributes, DirectoryReader, FileSystem, newDeviceNumber, S_IFDIR, S_IFREG, Vnode } from './vnode';

const PREFIX: i32 = 0x63740000;
const CT_TACTIVATE: i32 = PREFIX | 0x7400;
const CT_TCLEAR: i32 = PREFIX | 0x7401;
const CT_TSET: i32 = PREFIX | 0x7403;
const CT_TGET: i32 = PREFIX | 0x7404;
const CT_CABANDON: i32 = PREFIX | 0x6300;
const CT_CADOPT: i32 = PREFIX | 0x6303;
const CT_SSTATUS: i32 = PREFIX | 0x7300;
const CT_ERESET: i32 = PREFIX | 0x6500;
const CT_ERECV: i32 = PREFIX | 0x6501;
const CT_ECRECV: i32 = PREFIX | 0x6502;

const CTPP_PARAMS: u32 = 2;
const CTP_EV_CRITICAL: u32 = 100;
const CTP_EV_INFO: u32 = 101;
const CTP_COOKIE: u32 = 102;
const CTE_INFO: u32 = 2;

/** ct_event_t, ct_status_t, ct_param_t for 64 bits. */
const EVENT_SIZE: usize = 48;
const STATUS_SIZE: usize = 80;
const buffer = memory.data(80, 8);

/** A directory or file of it; all are made at lookup. */
abstract class ContractVnode extends Vnode {
  constructor(
    fileSystem: FileSystem,
    type: i32,
    private readonly permissions: i32,
    private readonly inode: u64,
  ) {
    super(fileSystem, type);
  }
  attributes(): Attributes {
    const result = new Attributes();
    result.mode = this.type | this.permissions;
    result.nlink = this.isDirectory ? 2 : 1;
    result.inode = this.inode;
    result.accessed = wallTime();
    result.modified = result.accessed;
    result.changed = result.accessed;
    return result;
  }
}

/** The root: one directory, as there is one type of contracts. */
export class ContractRoot extends ContractVnode {
  constructor() {
    super(new FileSystem('ctfs', newDeviceNumber(), false), S_IFDIR, 0o555, 1);
    this.fileSystem.root = this;
    this.fileSystem.special = 'ctfs';
  }
  lookup(name: string): Vnode | null {
    return name == 'process' ? held(new Processes(this)) : super.lookup(name);
  }
  readDirectory(offset: u64, reader: DirectoryReader): i32 {
    return listNames(['process'], offset, reader);
  }
}

function held(vnode: Vnode): Vnode {
  vnode.hold();
  return vnode;
}

function listNames(names: string[], offset: u64, reader: DirectoryReader): i32 {
  let at = offset;
  if (at == 0 && !reader.entry('.', 1, ++at)) return 0;
  if (at <= 1 && !reader.entry('..', 1, (at = 2))) return 0;
  for (; at - 2 < <u64>names.length; at++) if (!reader.entry(names[<i32>(at - 2)], at + 16, at + 1)) return 0;
  return 0;
}

/** mount -F ctfs: every one shows its reader's zone's contracts. */
export class ContractType extends FileSystemType {
  constructor() {
    super('ctfs');
  }
  make(special: string, options: string, covered: Vnode): FileSystem | null {
    return new ContractRoot().fileSystem;
  }
}

class Processes extends ContractVnode {
  constructor(private readonly above: ContractRoot) {
    super(above.fileSystem, S_IFDIR, 0o555, 2);
  }
  parent(): Vnode | null {
    return held(this.above);
  }
  lookup(name: string): Vnode | null {
    if (name == 'template') return held(new TemplateFile(this.fileSystem));
    if (name == 'bundle') return held(new Endpoint(this.fileSystem, 4, null, null));
    if (name == 'pbundle') return held(new Endpoint(this.fileSystem, 5, null, currentProcess()));
    if (name == 'latest') {
      const latest = findContract(currentProcess().latestContract);
      return latest ? held(new StatusFile(this.fileSystem, latest)) : super.lookup(name);
    }
    let id = 0;
    for (let i = 0; i < min(name.length, 9); i++) id = id * 10 + name.charCodeAt(i) - 0x30;
    const contract = id.toString() == name ? findContract(id) : null;
    if (!contract || !currentProcess().credentials.sees(contract.zoneid)) return super.lookup(name);
    return held(new ContractDirectory(this, contract));
  }
  readDirectory(offset: u64, reader: DirectoryReader): i32 {
    const names = ['template', 'latest', 'bundle', 'pbundle'];
    const list = contractList();
    for (let i = 0; i < list.length; i++)
      if (currentProcess().credentials.sees(list[i].zoneid)) names.push(list[i].id.toString());
    return listNames(names, offset, reader);
  }
}

class ContractDirectory extends ContractVnode {
  constructor(
    private readonly above: Vnode,
    private readonly contract: Contract,
  ) {
    super(above.fileSystem, S_IFDIR, 0o555, (<u64>contract.id) << 4);
  }
  parent(): Vnode | null {
    return held(this.above);
  }
  lookup(name: string): Vnode | null {
    if (name == 'ctl') return held(new ControlFile(this.fileSystem, this.contract));
    if (name == 'status') return held(new StatusFile(this.fileSystem, this.contract));
    if (name == 'events') return held(new Endpoint(this.fileSystem, ((<u64>this.contract.id) << 4) + 3, this.contract, null));
    return super.lookup(name);
  }
  readDirectory(offset: u64, reader: DirectoryReader): i32 {
    return listNames(['ctl', 'status', 'events'], offset, reader);
  }
}

class TemplateFile extends ContractVnode {
  private readonly template: Template = new Template();
  constructor(fileSystem: FileSystem) {
    super(fileSystem, S_IFREG, 0o666, 3);
  }
  ioctl(request: i32, argument: u64): i64 {
    if (request == CT_TACTIVATE) {
      // What is changed afterwards does not change what has been activated.
      currentProcess().contractTemplate = this.template.copy();
      return 0;
    }
    if (request == CT_TCLEAR) {
      currentProcess().contractTemplate = null;
      return 0;
    }
    if (request != CT_TSET && request != CT_TGET) return setError(EINVAL);
    const error = copyIn(buffer, argument, 16);
    if (error) return error;
    const parameter = load<u32>(buffer);
    if (load<u32>(buffer, 4) < 8) return setError(EINVAL);
    const at = load<u64>(buffer, 8);
    if (request == CT_TGET) return this.get(parameter, at);
    return fetch64(at) ? setError(EFAULT) : this.set(parameter, fetched());
  }

  private get(parameter: u32, to: u64): i64 {
    if (parameter == CTPP_PARAMS) return put64(to, this.template.params);
    if (parameter == CTP_EV_CRITICAL) return put64(to, this.template.critical);
    if (parameter == CTP_EV_INFO) return put64(to, this.template.informative);
    return parameter == CTP_COOKIE ? put64(to, this.template.cookie) : setError(EINVAL);
  }

  private set(parameter: u32, value: u64): i64 {
    if (parameter == CTP_COOKIE) {
      this.template.cookie = value;
      return 0;
    }
    const allowed = parameter == CTPP_PARAMS ? CT_PR_ALLPARAM : CT_PR_ALLEVENT;
    if (value & ~(<u64>allowed)) return setError(EINVAL);
    if (parameter == CTPP_PARAMS) this.template.params = <u32>value;
    else if (parameter == CTP_EV_CRITICAL) this.template.critical = <u32>value;
    else if (parameter == CTP_EV_INFO) this.template.informative = <u32>value;
    else return setError(EINVAL);
    return 0;
  }
}

class ControlFile extends ContractVnode {
  constructor(
    fileSystem: FileSystem,
    private readonly contract: Contract,
  ) {
    super(fileSystem, S_IFREG, 0o222, ((<u64>contract.id) << 4) + 1);
  }
  ioctl(request: i32, argument: u64): i64 {
    if (request == CT_CABANDON) return abandon(this.contract);
    return request == CT_CADOPT ? adopt(this.contract) : setError(EINVAL);
  }
}

class StatusFile extends ContractVnode {
  constructor(
    fileSystem: FileSystem,
    private readonly contract: Contract,
  ) {
    super(fileSystem, S_IFREG, 0o444, ((<u64>contract.id) << 4) + 2);
  }
  ioctl(request: i32, argument: u64): i64 {
    if (request != CT_SSTATUS) return setError(EINVAL);
    const error = copyIn(buffer, argument, STATUS_SIZE);
    if (error) return error;
    // CTD_COMMON
    if (load<u32>(buffer, 40)) return setError(EINVAL);
    const contract = this.contract;
    const owner = contract.owner;
    memory.fill(buffer, 0, STATUS_SIZE);
    store<u32>(buffer, contract.id);
    store<u32>(buffer, contract.zoneid, 4);
    store<u32>(buffer, owner ? owner.pid : 0, 12);
    store<u32>(buffer, contract.state, 16);
    store<u32>(buffer, contract.terms.critical, 56);
    store<u32>(buffer, contract.terms.informative, 60);
    store<u64>(buffer, contract.terms.cookie, 64);
    return copyOut(argument, buffer, STATUS_SIZE);
  }
}

/** A listener: each opening has its own place among the events. */
class Endpoint extends ContractVnode {
  private listener: Listener | null = null;
  private openings: i32 = 0;
  constructor(
    fileSystem: FileSystem,
    inode: u64,
    private readonly contract: Contract | null,
    private readonly owner: Process | null,
  ) {
    super(fileSystem, S_IFREG, 0o444, inode);
  }
  opened(readers: i32, writers: i32): i32 {
    const listener = this.listener;
    this.openings += readers;
    if (!listener) this.listener = new Listener(this.contract, this.owner);
    else if (!this.openings) {
      listener.close();
      this.listener = null;
    }
    return 0;
  }
  poll(events: i32, poller: Poller | null): i32 {
    const listener = this.listener;
    if (!listener) return 0;
    if (poller) poller.watch(listener.arrived);
    return listener.isOver || listener.next(false) ? events & POLL_READ : 0;
  }
  ioctl(request: i32, argument: u64): i64 {
    const listener = this.listener;
    if (!listener) return setError(EINVAL);
    if (request == CT_ERESET) {
      listener.last = 0;
      return 0;
    }
    if (request != CT_ERECV && request != CT_ECRECV) return setError(EINVAL);
    let error = copyIn(buffer, argument, EVENT_SIZE);
    if (error) return error;
    const room = load<u32>(buffer, 28);
    const to = load<u64>(buffer, 40);
    const event = awaitEvent(listener, request == CT_ECRECV);
    if (!event) return setError(failure);
    memory.fill(buffer, 0, EVENT_SIZE);
    store<u32>(buffer, event.contract.id);
    store<u64>(buffer, event.id, 8);
    store<u32>(buffer, event.isCritical ? 0 : CTE_INFO, 20);
    store<u32>(buffer, event.type, 24);
    store<u32>(buffer, 8, 28);
    store<u64>(buffer, to, 40);
    error = copyOut(argument, buffer, EVENT_SIZE);
    if (error || room < 8) return error;
    store<u32>(buffer, event.pid);
    store<u32>(buffer, event.status, 4);
    error = copyOut(to, buffer, 8);
    if (!error) listener.last = event.id;
    return error;
  }
}

/** The next event; null: an error. */
function awaitEvent(listener: Listener, criticalOnly: bool): ContractEvent | null {
  while (true) {
    const event = listener.next(criticalOnly);
    if (event) return event;
    // The last event of a contract that is no more has been read.
    if (listener.isOver) {
      setFailure(ENOENT);
      return null;
    }
    const error = listener.arrived.wait();
    if (!error) continue;
    setFailure(-error);
    return null;
  }
}
