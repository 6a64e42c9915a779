// SPDX-License-Identifier: MIT
/** @fileoverview The channel of commands that run in one module with ZFS. */
import { Channel } from '../cmd/channel';
import { perform } from '../ioctl/requests';
import { NvList } from '../port/nvlist';

export class DirectChannel extends Channel {
  call(request: string, input: NvList, output: NvList): i32 {
    return perform(request, input, output);
  }
}
