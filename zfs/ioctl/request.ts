// SPDX-License-Identifier: MIT
/** @fileoverview One request of the interface to commands; see requests.ts. */
import { EPERM, setError } from '../../guest-os/kernel/errno';
import { NvList } from '../port/nvlist';
import { caller } from '../dsl/caller';

/** The one request of /dev/zfs (ioctl(2)): its argument is the address of a {@link ZfsCommand}. */
export const ZFS_PERFORM: i32 = 0x5a00;

/** Addresses and numbers of bytes in the caller's memory. */
@unmanaged
export class ZfsCommand {
  name: u64;
  nameBytes: u64;
  /** A packed list; without bytes: an empty one. */
  input: u64;
  inputBytes: u64;
  output: u64;
  room: u64;
  /** Of the answer; more than `room` with ENOMEM. */
  outputBytes: u64;
}

export abstract class Request {
  constructor(public readonly name: string) {}
  /** Does it only ask? Anyone may; changes are for the privileged. */
  get isQuery(): bool {
    return false;
  }
  /**
   * May the caller make it, with this input? 0, or -errno. Unless a request says otherwise, zones may not; what says otherwise shows them nothing
   * that is not theirs (dsl/caller.ts).
   */
  permit(input: NvList): i32 {
    return caller.isGlobal && (this.isQuery || caller.isPrivileged) ? 0 : setError(EPERM);
  }
  abstract run(input: NvList, output: NvList): i32;
}
