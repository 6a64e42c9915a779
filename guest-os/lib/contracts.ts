// SPDX-License-Identifier: MIT
/** @fileoverview Process contracts for programs (libcontract(3LIB)): templates, adoption, signals to members, events. */
import * as calls from './calls';
import { O_RDONLY, O_RDWR, O_WRONLY, openFile } from './io';

const PREFIX: i32 = 0x63740000;
const CT_TACTIVATE: i32 = PREFIX | 0x7400;
const CT_TCLEAR: i32 = PREFIX | 0x7401;
const CT_TSET: i32 = PREFIX | 0x7403;
const CT_CABANDON: i32 = PREFIX | 0x6300;
const CT_CADOPT: i32 = PREFIX | 0x6303;
const CT_SSTATUS: i32 = PREFIX | 0x7300;
const CT_ERESET: i32 = PREFIX | 0x6500;
const CT_ERECV: i32 = PREFIX | 0x6501;
const CTPP_PARAMS: u32 = 2;
const CTP_EV_INFO: u32 = 101;
const CT_PR_INHERIT: u64 = 1;
export const CT_PR_EV_EMPTY: u32 = 1;
export const CT_PR_EV_EXIT: u32 = 4;
export const CT_PR_EV_SIGNAL: u32 = 0x10;

const F_SETFD: i32 = 2;
const FD_CLOEXEC: i32 = 1;

const ROOT: string = '/system/contract/process/';
const parameter = memory.data(16, 8);
const value = memory.data(8, 8);
const status = memory.data(80, 8);
const event = memory.data(48, 8);
const detail = memory.data(8, 8);
const set = memory.data(20, 8);

function setTerm(template: i32, term: u32, to: u64): void {
  store<u64>(value, to);
  store<u32>(parameter, term);
  store<u32>(parameter, 8, 4);
  store<u64>(parameter, value, 8);
  calls.ioctl(template, CT_TSET, parameter);
}

/** From now on each fork makes a contract that outlives its owner, until {@link endContracts}. A descriptor, or a negative errno. */
export function beginContracts(): i32 {
  const template = openFile(ROOT + 'template', O_RDWR);
  if (template < 0) return template;
  setTerm(template, CTP_EV_INFO, CT_PR_EV_EXIT | CT_PR_EV_SIGNAL);
  setTerm(template, CTPP_PARAMS, CT_PR_INHERIT);
  calls.ioctl(template, CT_TACTIVATE, 0);
  return template;
}
export function endContracts(template: i32): void {
  if (template < 0) return;
  calls.ioctl(template, CT_TCLEAR, 0);
  calls.close(template);
}

/** Id of the contract that the last fork, or boot of a zone, made; 0: none. */
export function latestContract(): i32 {
  const descriptor = openFile(ROOT + 'latest', O_RDONLY);
  if (descriptor < 0) return 0;
  memory.fill(status, 0, 80);
  const error = calls.ioctl(descriptor, CT_SSTATUS, status);
  calls.close(descriptor);
  return error < 0 ? 0 : load<i32>(status);
}

function control(id: i32, request: i32): i64 {
  const descriptor = openFile(ROOT + id.toString() + '/ctl', O_WRONLY);
  if (descriptor < 0) return descriptor;
  const error = calls.ioctl(descriptor, request, 0);
  calls.close(descriptor);
  return error;
}
export function abandonContract(id: i32): i64 {
  return control(id, CT_CABANDON);
}
export function adoptContract(id: i32): i64 {
  return control(id, CT_CADOPT);
}

/** A signal for all members: 0, or a negative errno (-3: it has none). */
export function signalContract(id: i32, signal: i32): i64 {
  // POP_AND of P_CTID and P_ALL.
  store<i32>(set, 1);
  store<i32>(set, 13, 4);
  store<i32>(set, id, 8);
  store<i32>(set, 7, 12);
  store<i32>(set, 0, 16);
  return calls.sigsendsys(set, signal);
}

export class ContractNews {
  contract: i32 = 0;
  type: u32 = 0;
  pid: i32 = 0;
  status: i32 = 0;
}

/** Opens the endpoint of all contracts' events; it is ready to read (poll) when there is one. */
export function openBundle(): i32 {
  return openEndpoint('bundle');
}
/** The same of one contract, and with what has happened to it already, as far as that is kept. */
export function openContractEvents(id: i32): i32 {
  const descriptor = openEndpoint(id.toString() + '/events');
  if (descriptor >= 0) calls.ioctl(descriptor, CT_ERESET, 0);
  return descriptor;
}
/** Not for what is executed: it would listen for ever. */
function openEndpoint(name: string): i32 {
  const descriptor = openFile(ROOT + name, O_RDONLY);
  if (descriptor >= 0) calls.fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  return descriptor;
}
/** Waits for the next event; null: an error. */
export function nextContractEvent(bundle: i32): ContractNews | null {
  memory.fill(event, 0, 48);
  store<u32>(event, 8, 28);
  store<u64>(event, detail, 40);
  if (calls.ioctl(bundle, CT_ERECV, event) < 0) return null;
  const news = new ContractNews();
  news.contract = load<i32>(event);
  news.type = load<u32>(event, 24);
  news.pid = load<i32>(detail);
  news.status = load<i32>(detail, 4);
  return news;
}
