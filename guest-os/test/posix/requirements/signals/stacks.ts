// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about alternate stacks for handlers. */
import { child, exitOf, handle, handlerStack, raise, requirement, whenSignalled } from '../../harness';
import * as sys from '../../system/system';

let shared: i32 = 0;
const stack = memory.data(32768, 16);

requirement('sigaltstack: handlers with SA_ONSTACK run there', () => {
  sys.sigaltstack(stack, 32768, 0);
  handle(sys.SIGUSR1, sys.SA_ONSTACK);
  raise(sys.SIGUSR1);
  return handlerStack >= <u64>stack && handlerStack < <u64>stack + 32768;
});
requirement('sigaltstack: handlers without SA_ONSTACK do not', () => {
  sys.sigaltstack(stack, 32768, 0);
  handle(sys.SIGUSR1);
  raise(sys.SIGUSR1);
  return handlerStack < <u64>stack || handlerStack >= <u64>stack + 32768;
});
requirement('sigaltstack: the old one is given', () => {
  sys.sigaltstack(stack, 32768, 0);
  return sys.sigaltstack(0, 0, sys.SS_DISABLE) == 0 && sys.oldStack == <u64>stack;
});
requirement('sigaltstack: disabled at first', () => sys.sigaltstackQuery() == 0 && (sys.oldStackFlags & sys.SS_DISABLE) != 0);
requirement('sigaltstack: ENOMEM for one that is too small', () => sys.sigaltstack(stack, 100, 0) == -sys.ENOMEM);
requirement('sigaltstack: EINVAL for unknown flags', () => sys.sigaltstack(stack, 32768, 0x100) == -sys.EINVAL);
requirement('sigaltstack: SS_ONSTACK while a handler runs there, and EPERM to change it', () => {
  sys.sigaltstack(stack, 32768, 0);
  handle(sys.SIGUSR1, sys.SA_ONSTACK);
  whenSignalled((signal) => {
    sys.sigaltstackQuery();
    shared = (sys.oldStackFlags & sys.SS_ONSTACK) != 0 && sys.sigaltstack(0, 0, sys.SS_DISABLE) == -sys.EPERM ? 1 : 0;
  });
  raise(sys.SIGUSR1);
  return shared == 1;
});
requirement(
  'sigaltstack: a stack overflow can be handled there',
  () =>
    exitOf(
      child(() => {
        sys.sigaltstack(stack, 32768, 0);
        handle(sys.SIGSEGV, sys.SA_ONSTACK);
        whenSignalled((signal) => sys.exit(0));
        return overflow(1);
      }),
    ) == 0,
);
function overflow(n: i32): i32 {
  return n + overflow(n + 1) * overflow(n + 2);
}
