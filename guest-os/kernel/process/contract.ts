// SPDX-License-Identifier: MIT
/**
 * @fileoverview Process contracts (contract(5), process(5)): groups of processes that somebody answers for, whatever they fork.
 *
 * A process with an active template makes a contract with each fork: the child is its first member, and the parent owns it. Otherwise a
 * child belongs to its parent's contract. Members leave when they end. Owners hear of what happens through events, which
 * endpoints in /system/contract read (fs/ctfs.ts): a member was forked, ended, was killed from outside, the last one has gone.
 *
 * States: OWNED; when the owner ends, INHERITED (CT_PR_INHERIT: somebody may adopt it) or ORPHAN (with CT_PR_NOORPHAN its members are killed);
 * DEAD once abandoned, or empty and not owned. A contract is forgotten when it is dead and empty.
 *
 * Events are kept while an endpoint is open, the last {@link EVENTS_KEPT} of them; an event wakes only the listeners that want it. Omitted:
 * acknowledgement of critical events, fatal events (no hardware errors, no cores), device contracts.
 */
import { PollHead } from '../../fs/poll';
import { Credentials } from './credentials';
import { ENOENT, EPERM, setError, setFailure } from '../errno';
import { currentProcess, processList } from './processes';
import { Process, ZOMBIE } from './process';
import { SIGKILL } from '../signal/signal';

export const CTS_OWNED: i32 = 0;
export const CTS_INHERITED: i32 = 1;
export const CTS_ORPHAN: i32 = 2;
export const CTS_DEAD: i32 = 3;

export const CT_PR_INHERIT: u32 = 1;
export const CT_PR_NOORPHAN: u32 = 2;
export const CT_PR_ALLPARAM: u32 = 0xf;

export const CT_PR_EV_EMPTY: u32 = 1;
export const CT_PR_EV_FORK: u32 = 2;
export const CT_PR_EV_EXIT: u32 = 4;
export const CT_PR_EV_SIGNAL: u32 = 0x10;
export const CT_PR_ALLEVENT: u32 = 0x3f;

/** Enough that a reader who is scheduled at all misses none; more would be memory for readers who do not read. */
const EVENTS_KEPT: i32 = 512;

/** The terms of contracts to be made. */
export class Template {
  informative: u32 = 0;
  critical: u32 = CT_PR_EV_EMPTY;
  params: u32 = 0;
  cookie: u64 = 0;

  copy(): Template {
    const copy = new Template();
    copy.informative = this.informative;
    copy.critical = this.critical;
    copy.params = this.params;
    copy.cookie = this.cookie;
    return copy;
  }
}

export class Contract {
  state: i32 = CTS_OWNED;
  members: i32 = 0;
  constructor(
    public readonly id: i32,
    public owner: Process | null,
    public readonly terms: Template,
    public readonly zoneid: i32,
  ) {}
}

export class ContractEvent {
  constructor(
    public readonly id: u64,
    public readonly contract: Contract,
    public readonly type: u32,
    public readonly pid: i32,
    /** As waitid tells it: the exit status, or the signal. */
    public readonly status: i32,
  ) {}
  get isCritical(): bool {
    return (this.contract.terms.critical & this.type) != 0;
  }
}

const contracts: Contract[] = [];
let lastId: i32 = 0;
const events: ContractEvent[] = [];
let lastEvent: u64 = 0;
const listeners: Listener[] = [];

export function contractList(): Contract[] {
  return contracts;
}

/** Null: ENOENT. */
export function findContract(id: i32): Contract | null {
  for (let i = 0; i < contracts.length; i++) if (contracts[i].id == id) return contracts[i];
  setFailure(ENOENT);
  return null;
}

function newContract(owner: Process | null, terms: Template, zoneid: i32): Contract {
  const contract = new Contract(++lastId, owner, terms, zoneid);
  contracts.push(contract);
  return contract;
}

/** The first process's contract has no owner but the kernel. */
export function beginContracts(init: Process): void {
  const contract = newContract(null, new Template(), init.credentials.zoneid);
  contract.state = CTS_ORPHAN;
  join(init, contract);
}

function join(process: Process, contract: Contract): void {
  process.contract = contract;
  contract.members++;
}

/** A fork: by the parent's active template, or into its own contract. */
export function joinContract(parent: Process, child: Process): void {
  const template = parent.contractTemplate;
  if (template) {
    const contract = newContract(parent, template.copy(), parent.credentials.zoneid);
    parent.latestContract = contract.id;
    join(child, contract);
    return;
  }
  const contract = parent.contract;
  if (!contract) return;
  join(child, contract);
  tell(contract, CT_PR_EV_FORK, child.pid, 0);
}

/** A process ends: it leaves its contract, and those it owns lose their owner. */
export function leaveContracts(process: Process, signal: i32, status: i32): void {
  process.contractTemplate = null;
  // From the end: forgetting one removes it.
  for (let i = contracts.length - 1; i >= 0; i--) if (contracts[i].owner == process) loseOwner(contracts[i], false);
  const contract = process.contract;
  if (!contract) return;
  process.contract = null;
  contract.members--;
  if (signal && sentFromOutside(process, contract)) tell(contract, CT_PR_EV_SIGNAL, process.pid, signal);
  tell(contract, CT_PR_EV_EXIT, process.pid, signal ? 128 + signal : status);
  if (contract.members) return;
  tell(contract, CT_PR_EV_EMPTY, process.pid, 0);
  if (contract.state != CTS_OWNED) forget(contract);
}

/** By a process of another contract, or one that has gone since. */
function sentFromOutside(process: Process, contract: Contract): bool {
  if (!process.killer) return false;
  const list = processList();
  for (let i = 0; i < list.length; i++) if (list[i].pid == process.killer) return list[i].contract != contract;
  return true;
}

function loseOwner(contract: Contract, abandoned: bool): void {
  contract.owner = null;
  if (!abandoned && contract.terms.params & CT_PR_INHERIT) {
    contract.state = CTS_INHERITED;
  } else {
    contract.state = CTS_ORPHAN;
    if (contract.terms.params & CT_PR_NOORPHAN) signalContract(contract, SIGKILL);
  }
  if (!contract.members) forget(contract);
}

function forget(contract: Contract): void {
  contract.state = CTS_DEAD;
  const at = contracts.indexOf(contract);
  if (at >= 0) contracts.splice(at, 1);
  for (let i = 0; i < listeners.length; i++) if (listeners[i].contract == contract) listeners[i].arrived.wake();
}

/** Posts to all members; how many those were. */
export function signalContract(contract: Contract, signal: i32): i32 {
  const list = processList();
  let count = 0;
  for (let i = 0; i < list.length; i++) {
    if (list[i].contract != contract || list[i].state == ZOMBIE) continue;
    if (signal) list[i].post(signal);
    count++;
  }
  return count;
}

// ---- what owners ask for

export function abandon(contract: Contract): i32 {
  if (contract.owner != currentProcess()) return setError(EPERM);
  loseOwner(contract, true);
  return 0;
}

/** An inherited contract gets the caller as its owner. */
export function adopt(contract: Contract): i32 {
  const process = currentProcess();
  if (contract.state != CTS_INHERITED || !process.credentials.isPrivileged) return setError(EPERM);
  contract.owner = process;
  contract.state = CTS_OWNED;
  return 0;
}

// ---- events

function tell(contract: Contract, type: u32, pid: i32, status: i32): void {
  if (!((contract.terms.informative | contract.terms.critical) & type)) return;
  lastEvent++;
  if (!listeners.length) return;
  const event = new ContractEvent(lastEvent, contract, type, pid, status);
  events.push(event);
  if (events.length > EVENTS_KEPT) events.shift();
  for (let i = 0; i < listeners.length; i++) if (listeners[i].wants(event)) listeners[i].arrived.wake();
}

/** An open endpoint, with its place among the events: it hears of those that come after it was opened. */
export class Listener {
  /** The last event that was read, or that there was before. */
  last: u64 = lastEvent;
  /** An event has come that it wants, or its contract is no more. */
  readonly arrived: PollHead = new PollHead();
  private readonly credentials: Credentials = currentProcess().credentials;

  /** Of one contract; or of those that an owner has; or, both null, of all. */
  constructor(
    readonly contract: Contract | null,
    private readonly owner: Process | null,
  ) {
    listeners.push(this);
  }
  close(): void {
    listeners.splice(listeners.indexOf(this), 1);
    if (!listeners.length) events.length = 0;
  }

  wants(event: ContractEvent): bool {
    const contract = this.contract;
    if (contract && event.contract != contract) return false;
    const owner = this.owner;
    if (owner && event.contract.owner != owner) return false;
    return this.credentials.sees(event.contract.zoneid);
  }

  /** The next event for it; null: there is none yet, or, if {@link isOver}, none will come. */
  next(criticalOnly: bool): ContractEvent | null {
    if (!events.length) return null;
    // Ids are consecutive while anybody listens.
    const first = events[0].id;
    for (let i = this.last < first ? 0 : <i32>(this.last + 1 - first); i < events.length; i++) {
      const event = events[i];
      if (criticalOnly && !event.isCritical) continue;
      if (this.wants(event) && currentProcess().credentials.sees(event.contract.zoneid)) return event;
    }
    return null;
  }
  get isOver(): bool {
    const contract = this.contract;
    return contract != null && contract.state == CTS_DEAD;
  }
}
